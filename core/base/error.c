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
    struct ho_error old = *err;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    strncat(err->text, ": ", sizeof err->text - strlen(err->text) - 1);
    strncat(err->text, old.text, sizeof err->text - strlen(err->text) - 1);
  }
  return -1;
}
