/* SPDX-License-Identifier: MIT
 * pictures_named.c - see pictures_named.h. */
#define _GNU_SOURCE /* strverscmp */
#include "cli/print/pictures_named.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "data/pictures.h"

enum { DEEPEST = 32 };

static int add(struct ho_picture_names *names, const char *path, struct ho_error *err)
{
  if (names->n == names->room) {
    size_t room = names->room ? 2 * names->room : 64;
    char **longer = realloc(names->path, room * sizeof *longer);
    if (!longer)
      return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %zu pictures", room);
    names->path = longer;
    names->room = room;
  }
  if (!(names->path[names->n] = strdup(path)))
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %zu pictures", names->n);
  names->n++;
  return 0;
}

static int by_version(const struct dirent **a, const struct dirent **b)
{
  int order = strverscmp((*a)->d_name, (*b)->d_name);
  return order ? order : strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

/* The folders that lead to one: a link that leads back to one of them is a circle. */
struct trail {
  const struct trail *up;
  int depth;
  dev_t device;
  ino_t inode;
};

static int is_on(const struct trail *t, const struct stat *st)
{
  for (; t; t = t->up)
    if (t->device == st->st_dev && t->inode == st->st_ino)
      return 1;
  return 0;
}

static int walk(struct ho_picture_names *names, const char *folder, const struct stat *is, const struct trail *up,
                struct ho_error *err)
{
  struct dirent **entry;
  struct stat st;
  char path[4096];
  const struct trail here = { up, up ? up->depth + 1 : 0, is->st_dev, is->st_ino };
  int bad = 0, n = scandir(folder, &entry, is_shown, by_version);
  if (n < 0)
    return ho_error_set_as(err, HO_ERROR_FILE, "%s: cannot read this folder: %s", folder, strerror(errno));
  for (int i = 0; i < n; i++) {
    bad = bad || ho_path_join(path, sizeof path, folder, entry[i]->d_name, err);
    if (!bad && ho_picture_is_named(entry[i]->d_name))
      bad = add(names, path, err);
    else if (!bad && here.depth < DEEPEST && !stat(path, &st) && S_ISDIR(st.st_mode) && !is_on(&here, &st))
      bad = walk(names, path, &st, &here, err);
    free(entry[i]);
  }
  free(entry);
  return bad ? -1 : 0;
}

int ho_picture_names_add(struct ho_picture_names *names, const char *path, struct ho_error *err)
{
  struct stat st;
  size_t before = names->n;
  if (stat(path, &st) || !S_ISDIR(st.st_mode))
    return add(names, path, err);
  if (walk(names, path, &st, NULL, err))
    return -1;
  return names->n > before ? 0 : ho_error_set(err, "%s: no picture in this folder", path);
}

void ho_picture_names_free(struct ho_picture_names *names)
{
  for (size_t i = 0; i < names->n; i++)
    free(names->path[i]);
  free(names->path);
  *names = (struct ho_picture_names){ 0 };
}
