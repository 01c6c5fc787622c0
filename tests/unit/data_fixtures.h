/* SPDX-License-Identifier: MIT
 * data_fixtures.h - what the tests of data share: a folder that goes away, files in it, data sets of labels alone. */
#ifndef HO_DATA_FIXTURES_H
#define HO_DATA_FIXTURES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "unit.h"

#define UNUSED __attribute__((unused))

static char folder[4096];

static UNUSED void make_folder(void)
{
  const char *tmp = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/holdout-data-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static UNUSED void remove_tree(const char *path)
{
  DIR *dir = opendir(path);
  if (dir) {
    for (struct dirent *e; (e = readdir(dir));) {
      char below[8192];
      snprintf(below, sizeof below, "%s/%s", path, e->d_name);
      if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
        remove_tree(below);
    }
    closedir(dir);
  }
  remove(path);
}

static UNUSED void remove_folder(void)
{
  remove_tree(folder);
}

/* folder/name, good until the next call but three. */
static UNUSED const char *in_folder(const char *name)
{
  static char path[4][8192];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
  return path[turn];
}

static UNUSED void put(const char *name, const void *data, size_t size)
{
  remove(in_folder(name)); /* some file systems flush a file that is written over */
  FILE *f = fopen(in_folder(name), "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_uint_eq(fwrite(data, 1, size, f), size);
  ck_assert_int_eq(fclose(f), 0);
}

static UNUSED void put_gz(const char *name, const void *data, size_t size)
{
  gzFile f = gzopen(in_folder(name), "wb1");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(gzwrite(f, data, (unsigned)size), (int)size);
  ck_assert_int_eq(gzclose(f), Z_OK);
}

/* A data set of n labels and no pixels to speak of; label(i) gives those of the training images. */
static UNUSED void make_labels(struct ho_dataset *d, int classes, size_t n, uint16_t (*label)(size_t i))
{
  memset(d, 0, sizeof *d);
  snprintf(d->name, sizeof d->name, "toy");
  d->classes = classes;
  d->train = (struct ho_images){ .n = n,
                                 .height = 1,
                                 .width = 1,
                                 .channels = 1,
                                 .pixel = ho_alloc(n, 1, "pixels", NULL),
                                 .label = ho_alloc(n, 2, "labels", NULL) };
  for (size_t i = 0; i < n; i++)
    d->train.label[i] = label(i);
}

static UNUSED uint32_t *all_ids(size_t n)
{
  uint32_t *id = ho_alloc(n, sizeof *id, "ids", NULL);
  for (size_t i = 0; i < n; i++)
    id[i] = (uint32_t)i;
  return id;
}

#define assert_says(err, words) ck_assert_msg(strstr((err).text, words), "`%s' does not say `%s'", (err).text, words)

#endif
