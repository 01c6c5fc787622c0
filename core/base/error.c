/* SPDX-License-Identifier: MIT
 * error.c - error messages and their codes; see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#undef ho_error_set
#undef ho_error_set_as
#undef ho_error_prefix
#undef ho_error_append

/* Names and paths may hold anything, and a terminal obeys control characters. */
static void clean(char *text)
{
  ho_text_clean(text, "");
}

static void set(struct ho_error *err, enum ho_error_code code, const char *format, va_list args)
{
  if (err) {
    vsnprintf(err->text, sizeof err->text, format, args);
    clean(err->text);
    err->code = code;
  }
}

int ho_error_set(struct ho_error *err, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  set(err, HO_ERROR_FAILED, format, args);
  va_end(args);
  return -1;
}

int ho_error_set_as(struct ho_error *err, enum ho_error_code code, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  set(err, code, format, args);
  va_end(args);
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
    clean(err->text);
    size_t length = strlen(err->text), room = sizeof err->text - 1 - length, rest = strlen(old.text) + 2;
    char tail[sizeof old.text + 2] = ": ";
    memcpy(tail + 2, old.text, sizeof old.text);
    memcpy(err->text + length, tail, rest < room ? rest : room);
    err->text[length + (rest < room ? rest : room)] = 0;
  }
  return -1;
}

void ho_warn(struct ho_warnings *warnings, const char *format, ...)
{
  size_t length = strlen(warnings->text);
  struct ho_error sentence;
  va_list args;
  va_start(args, format);
  vsnprintf(sentence.text, sizeof sentence.text, format, args);
  va_end(args);
  clean(sentence.text);
  size_t more = strlen(sentence.text);
  if (length + more + 2 > sizeof warnings->text)
    return;
  memcpy(warnings->text + length, sentence.text, more);
  memcpy(warnings->text + length + more, "\n", 2);
}

int ho_error_append(struct ho_error *err, const char *format, ...)
{
  if (err) {
    size_t length = strlen(err->text);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + length, sizeof err->text - length, format, args);
    va_end(args);
    clean(err->text + length);
  }
  return -1;
}
