/* SPDX-License-Identifier: MIT
 * module.c - finds and loads modules; see module.h. */
#include "base/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/locale.h"
#include "base/program.h"
#include "config.h"
#include "places.h"
#include "version.h"

/* Writes the file's path: in a build tree, as installed, as configured.  If there is none, the last path is left. */
static int find(const char *name, char *file, size_t size)
{
  static const char *const ways[] = { "modules", HO_MODULE_DIR_FROM_BIN };
  char folder[4096];
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    if (!ho_program_path(ways[i], folder, sizeof folder) &&
        snprintf(file, size, "%s/%s.so", folder, name) < (int)size && !access(file, F_OK))
      return 1;
  return snprintf(file, size, "%s/%s.so", HO_MODULE_DIR, name) < (int)size && !access(file, F_OK);
}

/* dlerror's text, which may begin with the file's name, as our messages do. */
static const char *reason(const char *file)
{
  const char *why = dlerror();
  size_t length = strlen(file);
  if (!why)
    return "cannot be loaded";
  return !strncmp(why, file, length) && !strncmp(why + length, ": ", 2) ? why + length + 2 : why;
}

const void *ho_module_load(const char *name, const char *remedy, struct ho_error *err)
{
  char file[4096];
  if (!find(name, file, sizeof file)) {
    ho_error_set(err, "%.800s: this module of holdout is missing; %s", file, remedy);
    return NULL;
  }
  void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  ho_locale_plain();
  if (!handle) {
    ho_error_set(err, "%.400s: cannot load this module: %.300s; %s", file, reason(file), remedy);
    return NULL;
  }
  const struct ho_module *module = dlsym(handle, "ho_module");
  if (module && !strcmp(module->build, HO_BUILD))
    return module->functions;
  if (module)
    ho_error_set(err,
                 "%.400s: this module is of holdout %.100s, but the program is %s; build and install both together",
                 file, module->build, HO_BUILD);
  else
    ho_error_set(err, "%.400s: not a module of holdout: it has no symbol ho_module", file);
  dlclose(handle);
  return NULL;
}
