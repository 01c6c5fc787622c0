/* SPDX-License-Identifier: MIT
 * module.c - finds and loads modules; see module.h. */
#include "base/module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/locale.h"
#include "base/program.h"
#include "config.h"
#include "places.h"
#include "version.h"

static const struct ho_module_kind modules = { .noun = "module",
                                               .in_build = "modules",
                                               .from_bin = HO_MODULE_DIR_FROM_BIN,
                                               .installed = HO_MODULE_DIR,
                                               .symbol = "ho_module" };

static int in_folder(const char *folder, const char *name, char *file, size_t size)
{
  return snprintf(file, size, "%s/%s.so", folder, name) < (int)size && !access(file, F_OK);
}

/* Writes the file's path: in the folder of the variable, or else in a build tree, as installed, as configured.  If there
 * is none, the last path is left. */
static int find(const struct ho_module_kind *kind, const char *name, char *file, size_t size)
{
  const char *const ways[] = { kind->in_build, kind->from_bin },
                    *given = kind->variable ? getenv(kind->variable) : NULL;
  char folder[4096];
  if (given && *given)
    return in_folder(given, name, file, size);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    if (!ho_program_path(ways[i], folder, sizeof folder) && in_folder(folder, name, file, size))
      return 1;
  return in_folder(kind->installed, name, file, size);
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

int ho_module_open(const struct ho_module_kind *kind, const char *name, const char *remedy, struct ho_module_file *f,
                   struct ho_error *err)
{
  if (!find(kind, name, f->path, sizeof f->path))
    return ho_error_set(err, "%.800s: this %s of holdout is missing; %s", f->path, kind->noun, remedy);
  f->handle = dlopen(f->path, RTLD_NOW | RTLD_LOCAL);
  ho_locale_plain();
  if (!f->handle)
    return ho_error_set(err, "%.400s: cannot load this %s: %.300s; %s", f->path, kind->noun, reason(f->path), remedy);
  if ((f->symbol = dlsym(f->handle, kind->symbol)))
    return 0;
  ho_module_close(f);
  return ho_error_set(err, "%.400s: not %s %s of holdout: it has no symbol %s", f->path,
                      strchr("aeiou", *kind->noun) ? "an" : "a", kind->noun, kind->symbol);
}

void ho_module_close(struct ho_module_file *f)
{
  dlclose(f->handle);
  f->handle = NULL;
}

int ho_module_check_build(const struct ho_module_kind *kind, const struct ho_module_file *f, const char *build,
                          struct ho_error *err)
{
  if (!strcmp(build, HO_BUILD))
    return 0;
  return ho_error_set(err,
                      "%.400s: this %s is of holdout %.100s, but the program is %s; build and install both together",
                      f->path, kind->noun, build, HO_BUILD);
}

const void *ho_module_load(const char *name, const char *remedy, struct ho_error *err)
{
  struct ho_module_file f;
  if (ho_module_open(&modules, name, remedy, &f, err))
    return NULL;
  const struct ho_module *module = f.symbol;
  if (!ho_module_check_build(&modules, &f, module->build, err))
    return module->functions;
  ho_module_close(&f);
  return NULL;
}
