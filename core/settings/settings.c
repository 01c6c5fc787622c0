/* SPDX-License-Identifier: MIT
 * settings.c - settings by name, read and written as text; see settings.h. */
#include "settings/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/range.h"

enum { LONGEST = 4000 };

static void *field(const struct ho_settings *s, size_t offset)
{
  return (char *)s + offset;
}

/* A pointer at an offset; -> char ** for texts and char *** for lists. */
static char **text_field(const struct ho_settings *s, const struct ho_setting *d)
{
  return field(s, d->offset);
}

static int is_text(const struct ho_setting *d)
{
  return d->type == HO_SETTING_TEXT || d->type == HO_SETTING_CHOICE || d->type == HO_SETTING_DEVICE;
}

int ho_settings_default(struct ho_settings *s, struct ho_error *err)
{
  memset(s, 0, sizeof *s);
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if (d->value && ho_settings_set(s, d, d->value, err)) {
      ho_settings_free(s);
      return -1;
    }
  return 0;
}

void ho_settings_free(struct ho_settings *s)
{
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if (is_text(d))
      free(*text_field(s, d));
    else if (d->type == HO_SETTING_LIST) {
      char **list = *(char ***)field(s, d->offset);
      for (int i = 0; i < *(int *)field(s, d->count_offset); i++)
        free(list[i]);
      free(list);
    }
  memset(s, 0, sizeof *s);
}

/* Underscores of other programs' configurations are read as dashes. */
static int same_name(const char *name, const char *typed)
{
  for (; *name && (*name == *typed || (*name == '-' && *typed == '_')); name++)
    typed++;
  return !*name && !*typed;
}

const struct ho_setting *ho_setting_find(const char *name)
{
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if (same_name(d->name, name))
      return d;
  return NULL;
}

/* The length of one character of UTF-8, 0 when it is none: an overlong form, a surrogate, beyond U+10FFFF. */
static int utf8_length(const unsigned char *c)
{
  if (c[0] < 0x80)
    return 1;
  int length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
  unsigned long point = c[0] & (0x7f >> length);
  if (c[0] < 0xc2 || c[0] > 0xf4)
    return 0;
  for (int i = 1; i < length; i++) {
    if ((c[i] & 0xc0) != 0x80)
      return 0;
    point = point << 6 | (c[i] & 0x3f);
  }
  static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  return point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : length;
}

/* Whatever is set can be written to YAML and JSON, which are UTF-8. */
static int text_check(const char *text, struct ho_error *err)
{
  const unsigned char *c = (const unsigned char *)text;
  if (strlen(text) > LONGEST)
    return ho_error_set(err, "`%.60s...' is longer than %d bytes", text, LONGEST);
  for (int length; *c; c += length)
    if (!(length = utf8_length(c)))
      return ho_error_set(err, "byte %zu of the text is not UTF-8", (size_t)(c - (const unsigned char *)text) + 1);
  return 0;
}

static int text_set(char **at, const char *text, struct ho_error *err)
{
  char *copy = *text ? strdup(text) : NULL;
  if (*text && !copy)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory");
  free(*at);
  *at = copy;
  return 0;
}

static int list_append(struct ho_settings *s, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  char ***list = field(s, d->offset), **larger;
  int *n = field(s, d->count_offset);
  larger = realloc(*list, ((size_t)*n + 1) * sizeof *larger);
  if (larger)
    *list = larger;
  char *copy = larger ? strdup(text) : NULL;
  if (!copy)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory");
  (*list)[(*n)++] = copy;
  return 0;
}

static int ranged(const struct ho_setting *d, const char *text, double value, struct ho_error *err)
{
  struct ho_range range;
  if (ho_range_parse(d->range, &range) || !ho_range_has(&range, value))
    return ho_error_set(err, "%.60s is outside %s", text, d->range);
  return 0;
}

/* 1536, 512M, 1.5G, 8GiB: powers of 1024. */
static int bytes_parse(const char *text, long long *bytes)
{
  static const char letters[] = "KMGT";
  char number[64];
  double value, unit = 1;
  size_t length = strspn(text, "0123456789.");
  const char *suffix = text + length, *letter = *suffix ? strchr(letters, *suffix) : NULL;
  if (length == 0 || length >= sizeof number)
    return -1;
  memcpy(number, text, length);
  number[length] = 0;
  if (!*suffix || !strcmp(suffix, "B"))
    return ho_text_int(number, bytes);
  if (!letter || (suffix[1] && strcmp(suffix + 1, "B") && strcmp(suffix + 1, "iB")) || ho_text_real(number, &value))
    return -1;
  for (int i = 0; i <= letter - letters; i++)
    unit *= 1024;
  if (value * unit >= 9e18)
    return -1;
  *bytes = (long long)(value * unit);
  return 0;
}

static int integer_set(long long *at, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  long long value;
  if (d->type == HO_SETTING_BYTES ? bytes_parse(text, &value) : ho_text_int(text, &value))
    return ho_error_set(err, "`%.60s' is not %s", text,
                        d->type == HO_SETTING_BYTES ? "a size such as 512M or 8G" : "a whole number");
  if (ranged(d, text, (double)value, err))
    return -1;
  *at = value;
  return 0;
}

static int real_set(double *at, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  double value;
  if (ho_text_real(text, &value))
    return ho_error_set(err, "`%.60s' is not a number", text);
  if (ranged(d, text, value, err))
    return -1;
  *at = value;
  return 0;
}

/* cuda, cuda:1 */
static int device_set(char **at, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  char name[64];
  long long number;
  size_t length = strcspn(text, ":");
  snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : 0, text);
  int choice = ho_choice_find(d->range, name);
  if (choice < 0)
    return ho_choice_unknown(d->range, *name ? name : text, err);
  if (choice == 0 && text[length])
    return ho_error_set(err, "`%.60s': %s has no devices to choose from", text, name);
  if (text[length] && (ho_text_int(text + length + 1, &number) || number < 0 || number > 1023))
    return ho_error_set(err, "`%.60s': %s: must be followed by the number of a device, as in %s:0", text, name, name);
  return text_set(at, text, err);
}

static int time_set(double *at, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  double value;
  if (ho_text_time(text, &value))
    return ho_error_set(err, "`%.60s' is not a time such as 90s, 10m or 1h30m", text);
  if (ranged(d, text, value, err))
    return -1;
  *at = value;
  return 0;
}

static int set(struct ho_settings *s, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  void *at = field(s, d->offset);
  if (text_check(text, err))
    return -1;
  switch (d->type) {
  case HO_SETTING_INT:
  case HO_SETTING_BYTES: return integer_set(at, d, text, err);
  case HO_SETTING_REAL: return real_set(at, d, text, err);
  case HO_SETTING_TIME: return time_set(at, d, text, err);
  case HO_SETTING_BOOL:
    return ho_text_bool(text, at) ? ho_error_set(err, "`%.60s' is neither true nor false", text) : 0;
  case HO_SETTING_CHOICE:
    if (ho_choice_find(d->range, text) < 0)
      return ho_choice_unknown(d->range, text, err);
    return text_set(at, text, err);
  case HO_SETTING_DEVICE: return device_set(at, d, text, err);
  case HO_SETTING_TEXT: /* what has a default is never empty */
    return !*text && d->value ? ho_error_set(err, "must not be empty") : text_set(at, text, err);
  case HO_SETTING_LIST: break;
  }
  return *text ? list_append(s, d, text, err) : ho_error_set(err, "must not be empty");
}

int ho_settings_set(struct ho_settings *s, const struct ho_setting *d, const char *text, struct ho_error *err)
{
  return set(s, d, text, err) ? ho_error_prefix(err, "%s", d->name) : 0;
}

static void bytes_text(long long bytes, char *out, size_t size)
{
  static const char *const suffix[] = { "", "K", "M", "G", "T" };
  int i = 0;
  for (; i < 4 && bytes && bytes % 1024 == 0; i++)
    bytes /= 1024;
  snprintf(out, size, "%lld%s", bytes, suffix[i]);
}

void ho_settings_get(const struct ho_settings *s, const struct ho_setting *d, int k, char *out, size_t size)
{
  const void *at = field(s, d->offset);
  const char *text;
  char number[32];
  switch (d->type) {
  case HO_SETTING_INT: snprintf(out, size, "%lld", *(const long long *)at); return;
  case HO_SETTING_BYTES: bytes_text(*(const long long *)at, out, size); return;
  case HO_SETTING_REAL:
    ho_text_from_real(*(const double *)at, number);
    snprintf(out, size, "%s", number);
    return;
  case HO_SETTING_TIME:
    ho_text_from_time(*(const double *)at, number);
    snprintf(out, size, "%s", number);
    return;
  case HO_SETTING_BOOL: snprintf(out, size, "%s", *(const int *)at ? "true" : "false"); return;
  case HO_SETTING_CHOICE:
  case HO_SETTING_DEVICE:
  case HO_SETTING_TEXT:
    text = *(char *const *)at;
    snprintf(out, size, "%s", text ? text : "");
    return;
  case HO_SETTING_LIST:
    text = k >= 0 && k < *(int *)field(s, d->count_offset) ? (*(char **const *)at)[k] : "";
    snprintf(out, size, "%s", text);
    return;
  }
}

int ho_settings_record(const struct ho_settings *s, const struct ho_setting *d, int k, char *out, size_t size)
{
  ho_settings_get(s, d, k, out, size);
  if (d->type == HO_SETTING_DEVICE)
    out[strcspn(out, ":")] = 0;
  return !(d->flags & HO_SETTING_LATER) || strcmp(out, d->value ? d->value : "") != 0;
}
