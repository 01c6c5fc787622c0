/* SPDX-License-Identifier: MIT
 * plugin.h - loads and checks one optimizer, a shared object.
 *
 * Loading needs the symbol ho_plugin; the file is opened with RTLD_NOW | RTLD_LOCAL.  Refused, with file and reason and
 * nothing left loaded:
 *   - a file, or a folder on its path, that anyone may write to, unless $HOLDOUT_TRUST_PLUGINS is 1
 *   - what is not a shared object, or lacks the symbol
 *   - another ABI number, or a struct smaller than in the first version of this ABI
 *   - no name, or another name than the file's
 *   - a bad table of options (options.h)
 * A struct of the same ABI may be longer or shorter than the program's: what both know is copied, the rest is zero. */
#ifndef HO_PLUGIN_H
#define HO_PLUGIN_H

#include "base/error.h"
#include "holdout/optimizer.h"

struct ho_plugin {
  struct ho_optimizer hooks; /* its strings and options are copies, which belong to this struct */
  char file[4096];
  int noptions;
  void *handle; /* of dlopen */
};

/* NULL with *err set on failure.  Caller owns the result. */
struct ho_plugin *ho_plugin_load(const char *file, struct ho_error *err);
void ho_plugin_free(struct ho_plugin *); /* NULL is allowed */

/* The file that ho_plugin_load is loading, whose code may be running; else NULL. */
extern const char *ho_plugin_loading;

#endif
