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

#endif
