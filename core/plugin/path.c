/* SPDX-License-Identifier: MIT
 * path.c - finds plugins in folders, by name or all of them. */
#include "plugin/path.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/program.h"
#include "base/range.h"
#include "base/text.h"
#include "places.h"

static int is_folder(const char *path)
{
  struct stat st;
  return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* Why a folder cannot be searched, or NULL if it can. */
static const char *obstacle(const char *folder)
{
  struct stat st;
  if (stat(folder, &st))
    return errno == ENOENT ? "no such folder" : strerror(errno);
  if (!S_ISDIR(st.st_mode))
    return "not a folder";
  return access(folder, R_OK | X_OK) ? strerror(errno) : NULL;
}

static int append(char ***list, int *n, const char *text, size_t length, struct ho_error *err)
{
  char **larger = realloc(*list, ((size_t)*n + 1) * sizeof *larger);
  if (larger)
    *list = larger;
  char *copy = larger ? strndup(text, length) : NULL;
  if (!copy)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for the list of plugins");
  (*list)[(*n)++] = copy;
  return 0;
}

static void free_list(char **list, int n)
{
  for (int i = 0; i < n; i++)
    free(list[i]);
  free(list);
}

static int has_plugins(const char *path)
{
  DIR *folder = opendir(path);
  struct dirent *entry;
  int found = 0;
  while (folder && !found && (entry = readdir(folder)))
    found = strlen(entry->d_name) > 3 && !strcmp(entry->d_name + strlen(entry->d_name) - 3, ".so");
  if (folder)
    closedir(folder);
  return found;
}

/* Looks from the program's own folder, so that a build tree or an installed copy can be moved: the first folder that
 * has plugins, else the first that exists, else the folder chosen by configure. */
static int default_folder(char *out, size_t size)
{
  static const char *const ways[] = { "plugins" /* in a build tree */, HO_PLUGIN_DIR_FROM_BIN };
  enum { WAYS = sizeof ways / sizeof *ways };
  for (int i = 0; i < 2 * WAYS; i++)
    if (!ho_program_path(ways[i % WAYS], out, size) && (i < WAYS ? has_plugins(out) : is_folder(out)))
      return 0;
  return snprintf(out, size, "%s", HO_PLUGIN_DIR) < (int)size ? 0 : -1;
}

int ho_plugin_path_make(struct ho_plugin_path *p, const char *const *given, int n, struct ho_error *err)
{
  char folder[4096];
  const char *listed = getenv("HOLDOUT_PLUGIN_PATH");
  *p = (struct ho_plugin_path){ 0 };
  for (int i = 0; i < n; i++) {
    const char *why = obstacle(given[i]);
    if (why) {
      ho_error_set(err, "plugin folder `%.400s': %s", given[i], why);
      goto failed;
    }
    if (append(&p->folder, &p->n, given[i], strlen(given[i]), err))
      goto failed;
  }
  /* skips empty entries, which would mean the working directory */
  for (const char *at = listed; at && *at; at += *at == ':') {
    size_t length = strcspn(at, ":");
    if (length && append(&p->folder, &p->n, at, length, err))
      goto failed;
    at += length;
  }
  if (!default_folder(folder, sizeof folder) && append(&p->folder, &p->n, folder, strlen(folder), err))
    goto failed;
  return 0;
failed:
  ho_plugin_path_free(p);
  return -1;
}

void ho_plugin_path_free(struct ho_plugin_path *p)
{
  free_list(p->folder, p->n);
  *p = (struct ho_plugin_path){ 0 };
}

/* Lists the names X of all files X.so in the path, in its order, without repeats. */
static int names_of(const struct ho_plugin_path *path, char ***name, int *n, struct ho_error *err)
{
  *name = NULL;
  *n = 0;
  for (int f = 0; f < path->n; f++) {
    DIR *folder = opendir(path->folder[f]);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
      size_t length = strlen(entry->d_name);
      if (length < 4 || strcmp(entry->d_name + length - 3, ".so") || entry->d_name[0] == '.')
        continue;
      int seen = 0;
      for (int i = 0; i < *n && !seen; i++)
        seen = strlen((*name)[i]) == length - 3 && !strncmp((*name)[i], entry->d_name, length - 3);
      if (!seen && append(name, n, entry->d_name, length - 3, err)) {
        closedir(folder);
        free_list(*name, *n);
        return -1;
      }
    }
    if (folder)
      closedir(folder);
  }
  return 0;
}

int ho_plugin_where(const struct ho_plugin_path *path, const char *name, char *file, size_t size)
{
  for (int f = 0; f < path->n; f++)
    if (snprintf(file, size, "%s/%s.so", path->folder[f], name) < (int)size && !access(file, F_OK))
      return 1;
  return 0;
}

static void unknown(const struct ho_plugin_path *path, const char *name, struct ho_error *err)
{
  char **known, where[512] = "";
  int n;
  if (names_of(path, &known, &n, err))
    return;
  const char *nearest = ho_text_nearest(name, (const char *const *)known, (size_t)n);
  for (int f = 0; f < path->n; f++) {
    strncat(where, f ? ", " : "", sizeof where - strlen(where) - 1);
    strncat(where, path->folder[f], sizeof where - strlen(where) - 1);
  }
  if (nearest)
    ho_error_set(err, "unknown optimizer `%.100s' (did you mean `%s'?): looked in %s", name, nearest, where);
  else
    ho_error_set(err, "unknown optimizer `%.100s': looked in %s; `holdout optimizers' lists those found", name, where);
  free_list(known, n);
}

struct ho_plugin *ho_plugin_find(const struct ho_plugin_path *path, const char *name, struct ho_error *err)
{
  char file[4096];
  if (!ho_name_good(name)) {
    ho_error_set(err, "`%.100s' is not a valid name of an optimizer: use letters, digits, - and _", name);
    return NULL;
  }
  if (ho_plugin_where(path, name, file, sizeof file))
    return ho_plugin_load(file, err);
  unknown(path, name, err);
  return NULL;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int ho_plugin_list(const struct ho_plugin_path *path, struct ho_plugin ***list, int *n,
                   void (*refused)(const char *message, void *arg), void *arg, struct ho_error *err)
{
  char **name, file[4096];
  int found;
  *n = 0;
  if (names_of(path, &name, &found, err))
    return -1;
  if (found)
    qsort(name, (size_t)found, sizeof *name, by_name);
  *list = ho_alloc((size_t)found + 1, sizeof **list, "the list of plugins", err);
  for (int i = 0; *list && i < found; i++) {
    struct ho_error why;
    if (!ho_plugin_where(path, name[i], file, sizeof file))
      continue;
    struct ho_plugin *p = ho_plugin_load(file, &why);
    if (p)
      (*list)[(*n)++] = p;
    else if (refused)
      refused(why.text, arg);
  }
  free_list(name, found);
  return *list ? 0 : -1;
}
