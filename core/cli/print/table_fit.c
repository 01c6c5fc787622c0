/* SPDX-License-Identifier: MIT
 * table_fit.c - makes a table fit a terminal; see table.h. */
#include "cli/print/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

enum { NARROWEST = 20 /* terminal that is believed */, SHORTEST = 8 /* line of a text */ };

int ho_table_terminal(FILE *out)
{
  struct winsize size;
  long long columns;
  const char *text = getenv("COLUMNS");
  if (!isatty(fileno(out)))
    return 0;
  if (text && !ho_text_int(text, &columns) && columns >= NARROWEST && columns < 10000)
    return (int)columns;
  return !ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col >= NARROWEST ? size.ws_col : 80;
}

int ho_table_characters(const char *text)
{
  int n = 0;
  for (; *text; text++)
    n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

static int total(const struct ho_table *t, const struct ho_table_fit *fit)
{
  int sum = -2;
  for (int i = 0; i < t->columns; i++)
    sum += fit->hidden[i] ? 0 : fit->widest[i] + 2;
  return sum;
}

/* Names break at a blank or behind what joins their parts, numbers at a blank that no digit follows: `0.5' and
 * `+- 0.1'. */
static int may_break(const struct ho_table *t, int column, const char *text, const char *at)
{
  int numbers = t->column[column].is_number;
  return (*at == ' ' && !isdigit((unsigned char)at[1])) || (at > text && strchr(numbers ? "/" : "/:,=+-_", at[-1]));
}

size_t ho_table_piece(const struct ho_table *t, int column, const char **text, int most, int *characters)
{
  const char *from = *text, *at = from, *end = NULL;
  int n = 0, taken = 0;
  for (; *at; at++) {
    if (((unsigned char)*at & 0xc0) == 0x80)
      continue;
    if (may_break(t, column, from, at) &&
        (*at == ' ' || !end || *end != ' ')) { /* at a blank rather than within a word */
      end = at;
      taken = n;
    }
    if (n == most)
      break;
    n++;
  }
  if (!*at || !end) {
    end = at;
    taken = n;
  }
  *text = end + (*end == ' ');
  *characters = taken;
  return (size_t)(end - from);
}

/* The characters that a line of this cell needs. */
static int least_of(const struct ho_table *t, int column, const char *text)
{
  int most = 0, n = 0;
  if (!t->column[column].is_number)
    return SHORTEST;
  for (const char *at = text; *at; at++) {
    n = may_break(t, column, text, at) ? *at != ' ' : n + 1;
    most = n > most ? n : most;
  }
  return most;
}

static int narrowest(const struct ho_table *t, int column)
{
  int most = least_of(t, column, t->column[column].heading);
  for (int k = column; k < t->cells; k += t->columns) {
    int n = least_of(t, column, t->cell[k]);
    most = n > most ? n : most;
  }
  return most;
}

/* Do all cells of a column have this text, or that of the first row if it is NULL? */
static int all_are(const struct ho_table *t, int column, const char *text)
{
  for (int k = column; k < t->cells; k += t->columns)
    if (strcmp(t->cell[k], text ? text : t->cell[column]) != 0)
      return 0;
  return t->cells > 0;
}

/* Not the first column, which names the rows; numbers only where several rows share them. */
static int is_common(const struct ho_table *t, int column)
{
  return column && (!t->column[column].is_number || t->cells > t->columns) && all_are(t, column, NULL);
}

/* The widest column of those that all rows share, or that can be narrower; -1: none. */
static int widest(const struct ho_table *t, const struct ho_table_fit *fit, const int *least)
{
  int best = -1;
  for (int i = 0; i < t->columns; i++)
    if (!fit->hidden[i] && (least ? fit->widest[i] > least[i] : is_common(t, i)) &&
        (best < 0 || fit->widest[i] > fit->widest[best]))
      best = i;
  return best;
}

void ho_table_fit(const struct ho_table *t, struct ho_table_fit *fit)
{
  int i, least[HO_TABLE_COLUMNS];
  memset(fit, 0, sizeof *fit);
  for (i = 0; i < t->columns; i++) {
    fit->widest[i] = ho_table_characters(t->column[i].heading);
    for (int k = i; k < t->cells; k += t->columns)
      if (ho_table_characters(t->cell[k]) > fit->widest[i])
        fit->widest[i] = ho_table_characters(t->cell[k]);
  }
  if (!t->width)
    return;
  for (i = 1; i < t->columns && total(t, fit) > t->width; i++)
    fit->hidden[i] = t->column[i].is_number && all_are(t, i, "-");
  while (total(t, fit) > t->width && (i = widest(t, fit, NULL)) >= 0)
    fit->hidden[i] = 2;
  for (i = 0; i < t->columns; i++)
    least[i] = narrowest(t, i);
  while (total(t, fit) > t->width && (i = widest(t, fit, least)) >= 0)
    fit->widest[i]--;
}
