/* SPDX-License-Identifier: MIT
 * rundir_find.c - finds run folders below the folders given; see rundir.h. */
#define _GNU_SOURCE /* strverscmp */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "run/rundir.h"

enum { DEEPEST = 2 };

static int has(const char *dir, const char *name)
{
  char path[4096];
  return !ho_path_join(path, sizeof path, dir, name, NULL) && !access(path, F_OK);
}

/* A run has one of these from its beginning or at its end.  A config.yaml alone may belong to anything. */
static int is_run(const char *dir)
{
  return has(dir, "labels.tsv") || has(dir, "summary.json") || has(dir, "log.jsonl") ||
         has(dir, "checkpoint.safetensors");
}

/* The runs that `holdout suspects --folds' makes of a run, in a folder beside it, are its parts: among the others they would
 * be compared as if they were trained on all samples. */
static int is_part(const char *dir, int depth)
{
  return depth == DEEPEST && strstr(dir, "-folds/fold-");
}

/* Adds a run, unless its folder is already in the list. */
static int add(struct ho_run_list *list, const char *dir, const struct stat *st, struct ho_error *err)
{
  for (int i = 0; i < list->n; i++)
    if (list->seen[i].device == st->st_dev && list->seen[i].inode == st->st_ino)
      return 0;
  size_t room = (size_t)list->n + 1;
  struct ho_run_record *run = realloc(list->run, room * sizeof *run);
  if (run)
    list->run = run;
  struct ho_rundir_seen *seen = run ? realloc(list->seen, room * sizeof *seen) : NULL;
  if (!seen)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %zu runs", room);
  list->seen = seen;
  seen[list->n] = (struct ho_rundir_seen){ st->st_dev, st->st_ino };
  return ho_rundir_read(dir, &list->run[list->n++], err);
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

static int walk(struct ho_run_list *list, const char *dir, int depth, int *found, struct ho_error *err)
{
  struct stat st;
  struct dirent **entry;
  char path[4096];
  int bad = 0;
  if (stat(dir, &st) || !S_ISDIR(st.st_mode)) /* a file beside the folders */
    return 0;
  if (is_run(dir)) {
    if (is_part(dir, depth))
      return 0;
    ++*found;
    return add(list, dir, &st, err);
  }
  if (depth == DEEPEST)
    return 0;
  int n = scandir(dir, &entry, is_shown, by_version);
  if (n < 0)
    return ho_error_set_as(err, HO_ERROR_FILE, "%s: cannot read this folder: %s", dir, strerror(errno));
  for (int i = 0; i < n; i++) {
    if (!bad)
      bad = ho_path_join(path, sizeof path, dir, entry[i]->d_name, err) || walk(list, path, depth + 1, found, err);
    free(entry[i]);
  }
  free(entry);
  return bad ? -1 : 0;
}

int ho_rundir_add(struct ho_run_list *list, const char *path, struct ho_error *err)
{
  struct stat st;
  int found = 0;
  if (stat(path, &st))
    return ho_error_set(err, "%s: %s", path, strerror(errno));
  if (!S_ISDIR(st.st_mode))
    return ho_error_set(err, "%s: not a folder", path);
  if (walk(list, path, 0, &found, err))
    return -1;
  return found ? 0 : ho_error_set(err, "%s: no run folder found, here or up to %d levels below", path, DEEPEST);
}

void ho_run_list_free(struct ho_run_list *list)
{
  for (int i = 0; i < list->n; i++)
    ho_rundir_free(&list->run[i]);
  free(list->run);
  free(list->seen);
  *list = (struct ho_run_list){ 0 };
}
