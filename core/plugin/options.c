/* SPDX-License-Identifier: MIT
 * options.c - checks, writes and reads the options of a plugin. */
#include "plugin/options.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/range.h"
#include "base/text.h"

static size_t size_of(enum ho_type type)
{
  switch (type) {
  case HO_INT:
  case HO_BOOL:
  case HO_CHOICE: return sizeof(int);
  case HO_REAL: return sizeof(double);
  case HO_TEXT: return sizeof(const char *);
  }
  return 0;
}

static int range_check(const struct ho_option *o, struct ho_error *err)
{
  struct ho_range range;
  int bad = 0;
  if (o->type == HO_INT || o->type == HO_REAL)
    bad = ho_range_parse(o->range, &range);
  else if (o->type == HO_CHOICE)
    bad = !o->range || ho_choice_check(o->range);
  else
    bad = o->range != NULL;
  if (!bad)
    return 0;
  if (o->type == HO_CHOICE)
    return ho_error_set(err, "option `%s': its range `%.200s' is not a list of choices such as soft|hard", o->name,
                        o->range ? o->range : "");
  if (o->type == HO_BOOL || o->type == HO_TEXT)
    return ho_error_set(err, "option `%s': an option of type bool or text has no range, but this has `%.200s'", o->name,
                        o->range);
  return ho_error_set(err, "option `%s': `%.200s' is not a range such as [0,inf) or (0,1]", o->name, o->range);
}

static int place_check(const struct ho_option *o, const struct ho_option *table, size_t self, struct ho_error *err)
{
  size_t size = size_of(o->type);
  if (o->offset > self || self - o->offset < size)
    return ho_error_set(err, "option `%s': offset %zu is outside its struct of %zu bytes", o->name, o->offset, self);
  if (o->offset % size)
    return ho_error_set(err, "option `%s': offset %zu is not aligned to its %zu bytes", o->name, o->offset, size);
  for (const struct ho_option *p = table; p < o; p++)
    if (o->offset < p->offset + size_of(p->type) && p->offset < o->offset + size)
      return ho_error_set(err, "options `%s' and `%s' share memory", p->name, o->name);
  return 0;
}

/* A value as it is stored in self. */
union value {
  int integer;
  double real;
  const char *text;
};

static int number_parse(const struct ho_option *o, const char *text, union value *v, struct ho_error *err)
{
  struct ho_range range;
  long long whole = 0;
  double real = 0;
  if (o->type == HO_INT && ho_text_int(text, &whole))
    return ho_error_set(err, "`%.200s' is not a whole number", text);
  if (o->type == HO_REAL && ho_text_real(text, &real))
    return ho_error_set(err, "`%.200s' is not a number", text);
  if (o->type == HO_INT)
    real = (double)whole;
  if (ho_range_parse(o->range, &range))
    return ho_error_set(err, "its range `%.200s' cannot be read", o->range);
  if (!ho_range_has(&range, real) || (o->type == HO_INT && (whole < INT_MIN || whole > INT_MAX)))
    return ho_error_set(err, "%.200s is outside %s", text, o->range ? o->range : "the range of an integer");
  if (o->type == HO_INT)
    v->integer = (int)whole;
  else
    v->real = real;
  return 0;
}

static int value_parse(const struct ho_option *o, const char *text, union value *v, struct ho_error *err)
{
  switch (o->type) {
  case HO_INT:
  case HO_REAL: return number_parse(o, text, v, err);
  case HO_BOOL:
    if (ho_text_bool(text, &v->integer))
      return ho_error_set(err, "`%.200s' is neither true nor false", text);
    return 0;
  case HO_CHOICE:
    v->integer = ho_choice_find(o->range, text);
    return v->integer < 0 ? ho_choice_unknown(o->range, text, err) : 0;
  case HO_TEXT: v->text = text; return 0;
  }
  return ho_error_set(err, "has the unknown type %d", (int)o->type);
}

int ho_options_check(const struct ho_option *table, int n, size_t self, struct ho_error *err)
{
  for (int i = 0; i < n; i++) {
    const struct ho_option *o = table + i;
    union value value;
    if (!o->name || !ho_name_good(o->name))
      return ho_error_set(err, "option %d has the name `%.80s': use letters, digits, - and _", i + 1,
                          o->name ? o->name : "");
    if (!size_of(o->type))
      return ho_error_set(err, "option `%s' has the unknown type %d", o->name, (int)o->type);
    for (int k = 0; k < i; k++)
      if (!strcmp(table[k].name, o->name))
        return ho_error_set(err, "option `%s' is listed twice", o->name);
    if (range_check(o, err) || place_check(o, table, self, err))
      return -1;
    if (!o->value)
      return ho_error_set(err, "option `%s' has no default", o->name);
    if (value_parse(o, o->value, &value, err))
      return ho_error_prefix(err, "option `%s': default", o->name);
  }
  return 0;
}

int ho_option_set(const struct ho_option *o, void *self, const char *text, struct ho_error *err)
{
  union value value;
  if (value_parse(o, text, &value, err))
    return ho_error_prefix(err, "%s", o->name);
  memcpy((char *)self + o->offset, &value, size_of(o->type));
  return 0;
}

void ho_option_get(const struct ho_option *o, const void *self, char *out, size_t size)
{
  union value value;
  char real[32];
  memset(&value, 0, sizeof value);
  memcpy(&value, (const char *)self + o->offset, size_of(o->type));
  switch (o->type) {
  case HO_INT: snprintf(out, size, "%d", value.integer); break;
  case HO_REAL:
    ho_text_from_real(value.real, real);
    snprintf(out, size, "%s", real);
    break;
  case HO_BOOL: snprintf(out, size, "%s", value.integer ? "true" : "false"); break;
  case HO_CHOICE:
    if (ho_choice_at(o->range, value.integer, out, size))
      snprintf(out, size, "%s", "");
    break;
  case HO_TEXT: snprintf(out, size, "%s", value.text ? value.text : ""); break;
  }
}
