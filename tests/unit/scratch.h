/* SPDX-License-Identifier: MIT
 * scratch.h - a folder of its own for a test that needs files, and where the built test plugins are. */
#ifndef HO_SCRATCH_H
#define HO_SCRATCH_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[512];

static inline void scratch_make(void)
{
  const char *base = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%.400s/holdout-test-XXXXXX", base && *base ? base : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(scratch));
}

/* Files and empty folders are all that tests leave there. */
static inline void scratch_remove(void)
{
  char path[1024];
  struct dirent *entry;
  DIR *folder = opendir(scratch);
  while (folder && (entry = readdir(folder))) {
    snprintf(path, sizeof path, "%s/%s", scratch, entry->d_name);
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
      remove(path);
  }
  if (folder)
    closedir(folder);
  remove(scratch);
}

/* scratch/name, in one of a few buffers used in turn. */
static inline const char *scratch_path(const char *name)
{
  static char path[4][1024];
  static unsigned turn;
  char *out = path[turn++ % 4];
  snprintf(out, sizeof path[0], "%s/%s", scratch, name);
  return out;
}

static inline const char *scratch_write(const char *name, const void *data, size_t size)
{
  const char *path = scratch_path(name);
  remove(path); /* some file systems flush a file that is written over */
  FILE *out = fopen(path, "wb");
  ck_assert_ptr_nonnull(out);
  ck_assert_uint_eq(fwrite(data, 1, size, out), size);
  ck_assert_int_eq(fclose(out), 0);
  return path;
}

/* tests/plugins/FOLDER/NAME.so in the build tree; name NULL: the folder. */
static inline const char *test_plugin(const char *folder, const char *name)
{
  static char path[4][1024];
  static unsigned turn;
  const char *build = getenv("HO_BUILDDIR");
  char *out = path[turn++ % 4];
  if (name)
    snprintf(out, sizeof path[0], "%s/tests/plugins/%s/%s.so", build ? build : ".", folder, name);
  else
    snprintf(out, sizeof path[0], "%s/tests/plugins/%s", build ? build : ".", folder);
  return out;
}

#define assert_has(text, part) ck_assert_msg(strstr(text, part), "`%s' does not say `%s'", text, part)

#endif
