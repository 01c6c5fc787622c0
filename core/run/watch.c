/* SPDX-License-Identifier: MIT
 * watch.c - passes warnings on; see watch.h. */
#include "run/watch.h"

#include <stdarg.h>
#include <stdio.h>

void ho_watch_warn(const struct ho_run_watch *watch, const char *format, ...)
{
  struct ho_warnings warnings = { "" };
  char sentence[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  ho_warn(&warnings, "%s", sentence);
  if (watch && watch->warn)
    watch->warn(&warnings);
}
