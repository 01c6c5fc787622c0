/* SPDX-License-Identifier: MIT
 * plugin.h - optimizers as shared objects: found, checked, loaded.
 *
 * Folders are searched in order: those given (--plugin-dir), $HOLDOUT_PLUGIN_PATH (colon-separated), the default folder;
 * never the working directory.  The default folder is looked for from the program's own: `plugins' beside it, as in a
 * build tree, then as it was installed, wherever that is now; else it is the one that the build was configured for.
 * NAME is looked for as NAME.so.  Loading is RTLD_NOW | RTLD_LOCAL and needs the one symbol ho_plugin.  Refused, naming
 * file and reason, with nothing left loaded: a file, a folder, or a folder above it that anyone may write to (unless $HOLDOUT_TRUST_PLUGINS is
 * 1), not a shared object, no symbol, another ABI number, a struct smaller than that of the ABI's first version, no name,
 * a name other than the file's, a bad option table.  A longer or shorter struct of the same ABI is welcome: the smaller
 * size is copied, the rest is zero. */
#ifndef HO_PLUGIN_H
#define HO_PLUGIN_H

#include "base/error.h"
#include "holdout/optimizer.h"

struct ho_plugin {
  struct ho_optimizer hooks; /* strings and option table point to copies, good after ho_plugin_free's dlclose */
  char file[4096];
  int noptions;
  void *handle;
};

struct ho_plugin_path {
  char **folder;
  int n;
};
/* given: `n' folders of --plugin-dir.  */
int ho_plugin_path_make(struct ho_plugin_path *, const char *const *given, int n, struct ho_error *);
void ho_plugin_path_free(struct ho_plugin_path *);

extern const char *ho_plugin_loading; /* the file whose code begins to run in ho_plugin_load; NULL outside of it */
struct ho_plugin *ho_plugin_load(const char *file, struct ho_error *);
struct ho_plugin *ho_plugin_find(const struct ho_plugin_path *, const char *name, struct ho_error *); /* nearest name */
/* The file of a name, good or not: 1, or 0 when there is none. */
int ho_plugin_where(const struct ho_plugin_path *, const char *name, char *file, size_t size);
void ho_plugin_free(struct ho_plugin *);

/* All plugins in the path, the first of each name, sorted by name; those refused are told through `refused' (may be
 * NULL).  The array and its elements belong to the caller: ho_plugin_free each, then ho_free the array. */
int ho_plugin_list(const struct ho_plugin_path *, struct ho_plugin ***list, int *n,
                   void (*refused)(const char *message, void *arg), void *arg, struct ho_error *);

/* ---- options ---- */

/* Checks a table: names, known types, offset within self, default within range, no name twice. */
int ho_options_check(const struct ho_option *, int n, size_t self, struct ho_error *);
/* Writes one value at self + offset; the message names option, value, range.  HO_TEXT stores `text' itself. */
int ho_option_set(const struct ho_option *, void *self, const char *text, struct ho_error *);
/* The current value at self + offset as text that ho_option_set reads back. */
void ho_option_get(const struct ho_option *, const void *self, char *out, size_t size);

#endif
