/* SPDX-License-Identifier: MIT
 * module.h - parts of the program that need large libraries, in shared objects that are loaded when first needed.
 *
 * A module is a file modules/NAME.c.  It becomes NAME.so, in `modules' beside the program in a build tree, and in
 * $(libdir)/holdout/modules when installed, wherever the installation is moved.  It is looked for nowhere else: no path of
 * the user, no working directory.  It calls nothing of the program.  The program calls it by a table of functions, a
 * struct that both know from a header.  As that struct may change at any commit, a module that was not built together with
 * the program is refused. */
#ifndef HO_MODULE_H
#define HO_MODULE_H

#include "base/error.h"

/* The one symbol of a module: ho_module. */
struct ho_module {
  const char *build;
  const void *functions;
};

/* Made of config.h and version.h, which whoever uses it includes. */
#define HO_BUILD PACKAGE_VERSION " " HO_COMMIT

#define HO_MODULE(table) \
  extern const struct ho_module ho_module; \
  __attribute__((visibility("default"))) const struct ho_module ho_module = { HO_BUILD, &(table) }

/* Loads a module and returns its table of functions, valid until the program ends.  Later calls find it loaded.  Returns
 * NULL if the file is missing, cannot be loaded, or is of another build: the message names file and reason, and ends with
 * `remedy', which says what to install. */
const void *ho_module_load(const char *name, const char *remedy, struct ho_error *err);

/* ---- for other shared objects of the program, which have folders and symbols of their own ---- */

struct ho_module_kind {
  const char *noun;      /* for messages: "module" */
  const char *in_build;  /* the folder, seen from the program's: in a build tree, */
  const char *from_bin;  /* and as installed */
  const char *installed; /* the folder chosen by configure */
  const char *variable;  /* environment variable that names a folder to look in instead; NULL: there is none */
  const char *symbol;    /* what such a file exports */
};

struct ho_module_file {
  char path[4096];
  void *handle;
  const void *symbol;
};

/* Finds NAME.so, loads it and takes its symbol.  Returns -1 if there is none, with the message of ho_module_load. */
int ho_module_open(const struct ho_module_kind *, const char *name, const char *remedy, struct ho_module_file *,
                   struct ho_error *err);
void ho_module_close(struct ho_module_file *);

/* Returns -1, with a message that names both, if `build' is not that of the program. */
int ho_module_check_build(const struct ho_module_kind *, const struct ho_module_file *, const char *build,
                          struct ho_error *err);

#endif
