/* SPDX-License-Identifier: MIT
 * fuzz.c - files for readers to read, and what a target insists on; see fuzz.h. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { TURNS = 4 };

static char folder[256];

static void remove_folder(void)
{
  char path[1024];
  struct dirent *entry;
  DIR *dir = opendir(folder);
  while (dir && (entry = readdir(dir))) {
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    unlink(path);
  }
  if (dir)
    closedir(dir);
  rmdir(folder);
}

const char *fuzz_folder(void)
{
  if (!*folder) {
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/holdout-fuzz-XXXXXX", base && *base ? base : "/tmp");
    fuzz_holds(mkdtemp(folder));
    atexit(remove_folder);
  }
  return folder;
}

const char *fuzz_file(const char *name, const void *data, size_t size)
{
  static char path[TURNS][512];
  static unsigned turn;
  char *out = path[turn++ % TURNS];
  snprintf(out, sizeof path[0], "%s/%s", fuzz_folder(), name);
  FILE *f = fopen(out, "wb");
  fuzz_holds(f && fwrite(data, 1, size, f) == size && !fclose(f));
  return out;
}

const char *fuzz_text(const uint8_t **data, size_t *size)
{
  static char text[TURNS][8192];
  static unsigned turn;
  char *out = text[turn++ % TURNS];
  size_t length = strnlen((const char *)*data, *size), kept = length < sizeof text[0] ? length : sizeof text[0] - 1;
  memcpy(out, *data, kept);
  out[kept] = 0;
  length += length < *size; /* and the byte 0 */
  *data += length;
  *size -= length;
  return out;
}

int fuzz_told(int failed, const struct ho_error *err)
{
  fuzz_holds(!failed || (*err->text && ho_error_is_set(err)));
  return failed;
}

void fuzz_fails(const char *file, int line, const char *what)
{
  fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
  abort();
}

void fuzz_touch(const void *bytes, size_t size)
{
  static volatile unsigned char sum;
  for (size_t i = 0; i < size; i++)
    sum = (unsigned char)(sum + ((const unsigned char *)bytes)[i]);
}
