/* SPDX-License-Identifier: MIT
 * yaml.h - flat YAML: one mapping of keys to scalars, to lists of scalars or to mappings of scalars.
 *
 * What a flat file does not need is refused: deeper nesting, anchors, aliases, tags, several documents, zero bytes, and
 * scalars without a value.  Every error names file and line. */
#ifndef HO_YAML_H
#define HO_YAML_H

#include <stdio.h>

#include "base/error.h"

/* ---- reading ----
 *
 *   while ((found = ho_yaml_key(y, "a key", &key, err)) > 0)
 *     switch (ho_yaml_value(y, err)) ...   a scalar: ho_yaml_scalar; a list: ho_yaml_item until it returns 0;
 *                                          a mapping: ho_yaml_key until it returns 0, ho_yaml_value after each
 *
 * Texts are UTF-8, belong to the reader and are valid until its next call.  `what' names a text in messages. */
struct ho_yaml;

/* Reads a file of at most 1 MiB.  NULL on failure, also when its first line is not of the form key: value. */
struct ho_yaml *ho_yaml_open(const char *path, struct ho_error *);
void ho_yaml_close(struct ho_yaml *); /* accepts NULL */

enum ho_yaml_kind { HO_YAML_OTHER, HO_YAML_SCALAR, HO_YAML_LIST, HO_YAML_MAPPING };

/* The next key of the mapping that is being read, or the next item of the list.  Returns 1, 0 at the end, -1 on error. */
int ho_yaml_key(struct ho_yaml *, const char *what, const char **text, struct ho_error *);
int ho_yaml_item(struct ho_yaml *, const char *what, const char **text, struct ho_error *);

/* Moves to the value of the key just read.  Returns its kind, or -1. */
int ho_yaml_value(struct ho_yaml *, struct ho_error *);

/* The text of the current value, or NULL if it is not a scalar. */
const char *ho_yaml_scalar(struct ho_yaml *, const char *what, struct ho_error *);

/* An error at the current line; returns -1.  The other one puts file and line before a message already written. */
int ho_yaml_fail(const struct ho_yaml *, struct ho_error *, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int ho_yaml_prefix(const struct ho_yaml *, struct ho_error *);

/* ---- writing ---- */

/* A text, in quotes unless every reader of YAML 1.1 or 1.2 takes it for a text as it is.  It is valid UTF-8. */
void ho_yaml_write_text(FILE *, const char *text);

/* A real number, given as decimal text, so that YAML 1.1 reads a number: 1e-05 gets a point. */
void ho_yaml_write_real(FILE *, const char *text);

#endif
