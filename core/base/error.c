/* SPDX-License-Identifier: MIT
 * error.c - messages of failure; see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ho_error_set(struct ho_error *err, const char *format, ...)
{
  if (err) {
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
  }
  return -1;
}

int ho_error_prefix(struct ho_error *err, const char *format, ...)
{
  if (err) {
    char old[sizeof err->text], prefix[sizeof err->text];
    va_list args;
    memcpy(old, err->text, sizeof old);
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    size_t length = strlen(prefix);
    memcpy(err->text, prefix, length + 1);
    snprintf(err->text + length, sizeof err->text - length, ": %s", old);
  }
  return -1;
}
