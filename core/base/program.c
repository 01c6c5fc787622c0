/* SPDX-License-Identifier: MIT
 * program.c - the folder of the running program; see program.h. */
#define _GNU_SOURCE /* memrchr */
#include "base/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int ho_program_path(const char *way, char *out, size_t size)
{
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self);
  char *slash = n > 0 && n < (ssize_t)sizeof self ? memrchr(self, '/', (size_t)n) : NULL;
  if (!slash)
    return -1;
  size_t length = (size_t)(slash - self);
  for (; !strncmp(way, "../", 3); way += 3)
    while (length && self[--length] != '/')
      ;
  return snprintf(out, size, "%.*s/%s", (int)length, self, way) < (int)size ? 0 : -1;
}
