/* SPDX-License-Identifier: MIT
 * options.h - the options of a plugin: the table is checked once, then values are written into the plugin's own struct,
 * self, and read from it. */
#ifndef HO_PLUGIN_OPTIONS_H
#define HO_PLUGIN_OPTIONS_H

#include "base/error.h"
#include "holdout/optimizer.h"

/* Checks a table of n options: names, each used once; known types; ranges; defaults within range; fields that lie
 * within the `self' bytes of the struct, aligned and apart. */
int ho_options_check(const struct ho_option *, int n, size_t self, struct ho_error *err);

/* Parses text and writes it to self + offset.  For HO_TEXT that is the pointer `text' itself, which must outlive self.
 * */
int ho_option_set(const struct ho_option *, void *self, const char *text, struct ho_error *err);

/* Writes the value at self + offset as text that ho_option_set can read. */
void ho_option_get(const struct ho_option *, const void *self, char *out, size_t size);

#endif
