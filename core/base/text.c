/* SPDX-License-Identifier: MIT
 * text.c - strict numbers and nearest names; see text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int ho_text_int(const char *text, long long *value)
{
  char *end;
  errno = 0;
  *value = strtoll(text, &end, 10);
  return isspace((unsigned char)*text) || end == text || *end || errno ? -1 : 0;
}

int ho_text_real(const char *text, double *value)
{
  char *end;
  errno = 0;
  *value = strtod(text, &end);
  if (isspace((unsigned char)*text) || end == text || *end || isnan(*value))
    return -1;
  return errno == ERANGE && isinf(*value) ? -1 : 0;
}

int ho_text_bool(const char *text, int *value)
{
  static const char *const words[][2] = { { "false", "true" }, { "no", "yes" }, { "off", "on" }, { "0", "1" } };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    for (int v = 0; v < 2; v++)
      if (!strcasecmp(text, words[i][v])) {
        *value = v;
        return 0;
      }
  return -1;
}

static const struct {
  char letter;
  double seconds;
} time_units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
enum { TIME_UNITS = sizeof time_units / sizeof *time_units };

int ho_text_time(const char *text, double *seconds)
{
  double sum = 0, value;
  for (int next = 0; *text;) {
    char number[32];
    size_t length = strspn(text, "0123456789.");
    int last = !text[length], unit = next;
    while (unit < TIME_UNITS && time_units[unit].letter != text[length])
      unit++;
    if (length >= sizeof number || (last ? next > 0 : unit == TIME_UNITS))
      return -1;
    memcpy(number, text, length);
    number[length] = 0;
    if (ho_text_real(number, &value))
      return -1;
    sum += last ? value : value * time_units[unit].seconds;
    if (last || !text[length + 1]) {
      *seconds = sum;
      return 0;
    }
    text += length + 1;
    next = unit + 1;
  }
  return -1;
}

void ho_text_from_time(double seconds, char out[32])
{
  if (!(seconds >= 1 && seconds < 1e15 && seconds == floor(seconds))) {
    ho_text_from_real(seconds, out);
    return;
  }
  for (int i = 0, n = 0; i < TIME_UNITS; i++) {
    double count = floor(seconds / time_units[i].seconds);
    if (count > 0)
      n += snprintf(out + n, 32 - (size_t)n, "%.0f%c", count, time_units[i].letter);
    seconds -= count * time_units[i].seconds;
  }
}

void ho_text_from_real(double value, char out[32])
{
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(out, 32, "%.*g", digits, value);
    if (strtod(out, NULL) == value)
      return;
  }
}

void ho_text_from_bytes(double bytes, char out[32])
{
  static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB" };
  int i = 0;
  for (; bytes >= 1023.95 && i < 4; i++)
    bytes /= 1024;
  snprintf(out, 32, i ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
}

void ho_text_from_seconds(double seconds, char out[32])
{
  if (!(seconds >= 0 && seconds < 1e15)) {
    snprintf(out, 32, "?");
    return;
  }
  long long s = (long long)(seconds + 0.5);
  if (s >= 86400)
    snprintf(out, 32, "%lldd%02lldh", s / 86400, s / 3600 % 24);
  else if (s >= 3600)
    snprintf(out, 32, "%lldh%02lldm", s / 3600, s / 60 % 60);
  else
    snprintf(out, 32, "%lld:%02lld", s / 60, s % 60);
}

void ho_text_from_count(unsigned long long n, char out[32])
{
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%llu", n);
  for (int i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0)
      *out++ = ',';
    *out++ = digits[i];
  }
  *out = 0;
}

/* U+202A to U+202E and U+2066 to U+2069 turn the direction of the text after them. */
static int is_bidi_control(const unsigned char *c)
{
  return c[0] == 0xe2 &&
         ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) || (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

/* Bytes of the character at c that may be shown, 0: none.  Longer forms than needed are not UTF-8. */
static int character(const unsigned char *c)
{
  int n = *c < 0x80 ? 1 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0;
  for (int i = 1; i < n; i++)
    if ((c[i] & 0xc0) != 0x80)
      return 0;
  if ((n == 1 && (*c < ' ' || *c == 127)) || (*c == 0xc2 && c[1] < 0xa0) || (*c == 0xe0 && c[1] < 0xa0) ||
      (*c == 0xf0 && c[1] < 0x90) || is_bidi_control(c))
    return 0;
  return n;
}

void ho_text_clean(char *text, const char *but)
{
  for (unsigned char *c = (unsigned char *)text; *c;) {
    int n = strchr(but, *c) ? 1 : character(c);
    if (n) {
      c += n;
      continue;
    }
    int length = is_bidi_control(c) ? 3 : *c == 0xc2 && (c[1] & 0xc0) == 0x80 ? 2 : 1;
    for (int i = 0; i < length; i++)
      *c++ = '?';
  }
}

enum { LONGEST = 63 };

/* Copies a name as people may remember it: in lower case, with hyphens.  Returns its length, or 0 if it is too long. */
static size_t remembered(const char *name, char out[LONGEST + 1])
{
  size_t n = strlen(name);
  if (n > LONGEST)
    return 0;
  for (size_t i = 0; i <= n; i++)
    out[i] = name[i] == '_' ? '-' : (char)tolower((unsigned char)name[i]);
  return n;
}

/* Levenshtein's distance, a row at a time. */
static size_t distance(const char *a, const char *b)
{
  size_t row[LONGEST + 1], n = strlen(b);
  for (size_t j = 0; j <= n; j++)
    row[j] = j;
  for (size_t i = 0; a[i]; i++) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < n; j++) {
      size_t best = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (diagonal + 1 < best)
        best = diagonal + 1;
      row[j + 1] = best;
    }
  }
  return row[n];
}

/* Is `part', of at least `least' bytes, in `whole', where it begins or ends a word?  Words are joined by hyphens. */
static int has_word(const char *whole, const char *part, size_t least)
{
  size_t n = strlen(part);
  for (const char *at = whole; n >= least && (at = strstr(at, part)); at++)
    if (at == whole || at[-1] == '-' || !at[n] || at[n] == '-')
      return 1;
  return 0;
}

const char *ho_text_nearest(const char *typed, const char *const *names, size_t n)
{
  const char *best = NULL;
  char mine[LONGEST + 1], name[LONGEST + 1];
  size_t length = remembered(typed, mine), nearest = length / 3 > 2 ? length / 3 : 2;
  if (*typed && !length)
    return NULL;
  for (size_t i = 0; i < n; i++) {
    if (!remembered(names[i], name))
      continue;
    size_t d = distance(mine, name);
    if (d > 1 && (has_word(name, mine, 3) || has_word(mine, name, 4)))
      d = 1;
    if (d < nearest || (d == nearest && !best)) {
      best = names[i];
      nearest = d;
    }
  }
  return best;
}
