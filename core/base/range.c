/* SPDX-License-Identifier: MIT
 * range.c - reading ranges and choices; see range.h. */
#include "base/range.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { WORD = 64, WORDS = 64 };

/* One end of a range, up to `stop'. */
static int bound(const char **text, char stop, double *value)
{
  char *end;
  if (isspace((unsigned char)**text))
    return -1;
  *value = strtod(*text, &end);
  if (end == *text || *end != stop || isnan(*value))
    return -1;
  *text = end + 1;
  return 0;
}

int ho_range_parse(const char *text, struct ho_range *r)
{
  if (!text) {
    *r = (struct ho_range){ -INFINITY, INFINITY, 0, 0 };
    return 0;
  }
  if (*text != '[' && *text != '(')
    return -1;
  r->low_open = *text++ == '(';
  size_t length = strlen(text);
  char last = length ? text[length - 1] : 0;
  if (last != ']' && last != ')')
    return -1;
  r->high_open = last == ')';
  if (bound(&text, ',', &r->low) || bound(&text, last, &r->high) || *text)
    return -1;
  return r->low < r->high || (r->low == r->high && !r->low_open && !r->high_open) ? 0 : -1;
}

int ho_range_has(const struct ho_range *r, double value)
{
  return (r->low_open ? value > r->low : value >= r->low) && (r->high_open ? value < r->high : value <= r->high);
}

int ho_choice_at(const char *choices, int i, char *out, size_t size)
{
  if (i < 0)
    return -1;
  for (; i > 0; i--) {
    choices = strchr(choices, '|');
    if (!choices)
      return -1;
    choices++;
  }
  size_t length = strcspn(choices, "|");
  if (length >= size)
    return -1;
  memcpy(out, choices, length);
  out[length] = 0;
  return 0;
}

int ho_choice_find(const char *choices, const char *word)
{
  char choice[WORD];
  for (int i = 0; !ho_choice_at(choices, i, choice, sizeof choice); i++)
    if (!strcmp(choice, word))
      return i;
  return -1;
}

int ho_choice_check(const char *choices)
{
  char choice[WORD];
  size_t length = 0;
  int i = 0;
  for (; i < WORDS && !ho_choice_at(choices, i, choice, sizeof choice); i++) {
    if (!ho_name_good(choice) || ho_choice_find(choices, choice) != i)
      return -1;
    length += strlen(choice) + 1;
  }
  return length == strlen(choices) + 1 ? 0 : -1; /* shorter: the loop met a word that is too long */
}

int ho_choice_unknown(const char *choices, const char *word, struct ho_error *err)
{
  char copy[WORDS][WORD], all[512] = "";
  const char *names[WORDS];
  size_t n = 0;
  for (; n < WORDS && !ho_choice_at(choices, (int)n, copy[n], WORD); n++) {
    names[n] = copy[n];
    strncat(all, n ? ", " : "", sizeof all - strlen(all) - 1);
    strncat(all, copy[n], sizeof all - strlen(all) - 1);
  }
  const char *nearest = ho_text_nearest(word, names, n);
  if (nearest)
    return ho_error_set(err, "unknown value `%.200s' (did you mean `%s'?): choose one of %s", word, nearest, all);
  return ho_error_set(err, "unknown value `%.200s': choose one of %s", word, all);
}

int ho_name_good(const char *name)
{
  size_t n = 0;
  for (; name[n]; n++)
    if (n >= WORD - 1 || !(isalnum((unsigned char)name[n]) || name[n] == '-' || name[n] == '_'))
      return 0;
  return n > 0;
}
