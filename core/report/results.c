/* SPDX-License-Identifier: MIT
 * results.c - tables of results; see results.h. */
#include "report/results.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum { FILE_LIMIT = 256 << 20, NAME = 512, TERMS = 8 };

/* ---- reading ---- */

static int is_key(const char *name)
{
  static const char *const keys[] = { "cell", "method", "x", "seed", "run" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (!strcmp(keys[i], name))
      return 1;
  return 0;
}

/* Calls `each' with every line that is not a note and not empty, and its number. */
static int lines(char *text, int (*each)(void *, char *line, int number), void *data)
{
  int number = 0;
  for (char *line = text, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next)
      *next++ = 0;
    number++;
    if (*line && *line != '#' && each(data, line, number))
      return -1;
  }
  return 0;
}

struct reading {
  struct ho_results *r;
  const char *path;
  int *line; /* of each row */
  struct ho_error *err;
};

static int split(void *data, char *line, int number)
{
  struct reading *w = data;
  struct ho_results *r = w->r;
  int first = !r->columns, n = 0;
  const char **out = r->field + (first ? 0 : (r->rows + 1) * r->columns);
  for (char *next; line; line = next, n++) {
    next = strchr(line, '\t');
    if (next)
      *next++ = 0;
    if (first || n < r->columns)
      out[n] = line;
  }
  if (first)
    r->columns = n;
  else if (n != r->columns)
    return ho_error_set(w->err, "%s, line %d: %d fields, but there are %d columns", w->path, number, n, r->columns);
  else
    w->line[r->rows++] = number;
  return 0;
}

static int column_of(const struct ho_results *r, const char *name)
{
  for (int c = 0; c < r->columns; c++)
    if (!strcmp(r->field[c], name))
      return c;
  return -1;
}

static const char *field(const struct ho_results *r, int row, int column)
{
  return r->field[(row + 1) * r->columns + column];
}

/* A column is of numbers when its first field that is not NA is one. */
static int read_column(struct reading *w, int c)
{
  struct ho_results *r = w->r;
  int known = 0;
  r->shown[c] = !is_key(r->field[c]);
  for (int i = 0; i < r->rows; i++) {
    const char *text = field(r, i, c);
    double *value = &r->value[i * r->columns + c];
    *value = NAN;
    if (!r->shown[c] || !strcmp(text, "NA"))
      continue;
    int number = !ho_text_real(text, value) && isfinite(*value);
    if (!number)
      *value = NAN;
    if (!number && known)
      return ho_error_set(w->err, "%s, line %d: `%.100s' in column `%.100s' is not a number", w->path, w->line[i], text,
                          r->field[c]);
    r->shown[c] = (unsigned char)number;
    known = 1;
  }
  return 0;
}

static int group_of(const struct ho_results *r, const char *cell)
{
  for (int g = r->groups - 1; g >= 0; g--)
    if (!strcmp(r->group[g], cell))
      return g;
  return -1;
}

static size_t count(const char *text, char c)
{
  size_t n = 0;
  for (; (text = strchr(text, c)); text++)
    n++;
  return n;
}

static int make(struct reading *w, size_t size)
{
  struct ho_results *r = w->r;
  if (strlen(r->text) != size)
    return ho_error_set(w->err, "%s contains a zero byte: it is not a text table", w->path);
  size_t rows = count(r->text, '\n') + 1, fields = count(r->text, '\t') + rows;
  if (fields > INT_MAX / 2)
    return ho_error_set(w->err, "%s has too many fields", w->path);
  if (!(r->field = ho_alloc(fields, sizeof *r->field, "a table", w->err)) ||
      !(w->line = ho_alloc(rows, sizeof *w->line, "a table", w->err)) || lines(r->text, split, w))
    return -1;
  r->cell = column_of(r, "cell");
  r->seed = column_of(r, "seed");
  if (r->cell < 0)
    return ho_error_set(w->err, "%s is not a table of results: it has no column `cell'", w->path);
  if (!(r->value = ho_alloc((size_t)r->rows * (size_t)r->columns, sizeof *r->value, "a table", w->err)) ||
      !(r->shown = ho_alloc((size_t)r->columns, sizeof *r->shown, "a table", w->err)) ||
      !(r->group = ho_alloc((size_t)r->rows, sizeof *r->group, "a table", w->err)))
    return -1;
  for (int c = 0; c < r->columns; c++)
    if (read_column(w, c))
      return -1;
  for (int i = 0; i < r->rows; i++) {
    if (*field(r, i, r->cell) == '#') /* statistics begin with the cell: the row would be a note there */
      return ho_error_set(w->err, "%s, line %d: the cell `%.100s' begins with #, as only notes may", w->path,
                          w->line[i], field(r, i, r->cell));
    if (group_of(r, field(r, i, r->cell)) < 0)
      r->group[r->groups++] = field(r, i, r->cell);
  }
  return 0;
}

int ho_results_read(struct ho_results *r, const char *path, struct ho_error *err)
{
  unsigned char *bytes;
  size_t size;
  *r = (struct ho_results){ .cell = -1, .seed = -1 };
  if (ho_file_read(path, FILE_LIMIT, &bytes, &size, err))
    return -1;
  r->text = (char *)bytes;
  struct reading w = { r, path, NULL, err };
  int bad = make(&w, size);
  ho_free(w.line);
  if (bad)
    ho_results_free(r);
  return bad;
}

void ho_results_free(struct ho_results *r)
{
  ho_free(r->text);
  ho_free(r->field);
  ho_free(r->value);
  ho_free(r->shown);
  ho_free(r->group);
  *r = (struct ho_results){ .cell = -1, .seed = -1 };
}

const char *ho_results_name(const struct ho_results *r, int column)
{
  return r->field[column];
}

/* ---- expressions ---- */

struct term {
  int sign, group; /* -1: not in the table */
};

/* The smallest (side -1) or largest (side 1) of all numbers after an @, as written; NULL if there is none. */
static const char *extreme(const struct ho_results *r, int side)
{
  const char *best = NULL;
  double best_value = 0, value;
  for (int g = 0; g < r->groups; g++) {
    const char *at = strchr(r->group[g], '@');
    if (at && !ho_text_real(at + 1, &value) && (!best || side * value > side * best_value)) {
      best = at + 1;
      best_value = value;
    }
  }
  return best;
}

static int find(const struct ho_results *r, const char *cell)
{
  char name[2 * NAME];
  const char *at = strchr(cell, '@'), *x = NULL;
  int group = group_of(r, cell);
  if (group >= 0 || !at)
    return group;
  if (!strcmp(at, "@min"))
    x = extreme(r, -1);
  else if (!strcmp(at, "@max"))
    x = extreme(r, 1);
  if (!x)
    return -1;
  snprintf(name, sizeof name, "%.*s@%s", (int)(at - cell), cell, x);
  return group_of(r, name);
}

/* `A - (B - C)' is A - B + C. */
static int parse(const struct ho_results *r, const char *text, struct term term[TERMS], struct ho_error *err)
{
  int n = 0, open = 0, outer = 1, sign = 1;
  for (const char *p = text; *p;) {
    char cell[NAME];
    if (*p == '(' && !open) {
      open = 1;
      outer = sign;
      p++;
    }
    size_t length = 0;
    while (p[length] && p[length] != '(' && p[length] != ')' && strncmp(p + length, " - ", 3))
      length++;
    if (!length || length >= sizeof cell || n == TERMS)
      return ho_error_set(err, "`%.200s' is neither a cell nor a contrast such as `A - B' or `A - B - (C - D)'", text);
    memcpy(cell, p, length);
    cell[length] = 0;
    term[n++] = (struct term){ sign, find(r, cell) };
    p += length;
    if (*p == ')' && open) {
      open = 0;
      outer = 1;
      p++;
    }
    if (!strncmp(p, " - ", 3) && p[3]) {
      sign = -outer;
      p += 3;
    } else if (*p)
      return ho_error_set(err, "`%.200s' is not a contrast: it cannot be read from `%.100s' on", text, p);
  }
  if (!n || open)
    return ho_error_set(err, "`%.200s': a contrast is empty, or a parenthesis is not closed", text);
  return n;
}

/* The row of a group that has the seed of another row; -1 if there is none. */
static int row_of(const struct ho_results *r, int group, int other)
{
  for (int i = 0; i < r->rows; i++)
    if (!strcmp(field(r, i, r->cell), r->group[group]) &&
        (i == other || (r->seed >= 0 && !strcmp(field(r, i, r->seed), field(r, other, r->seed)))))
      return i;
  return -1;
}

static double evaluate(const struct ho_results *r, const struct term *term, int terms, int row, int column)
{
  double sum = term[0].sign * r->value[row * r->columns + column];
  for (int t = 1; t < terms; t++) {
    int at = row_of(r, term[t].group, row);
    sum += at < 0 ? NAN : term[t].sign * r->value[at * r->columns + column];
  }
  return sum;
}

int ho_results_mean(const struct ho_results *r, const char *expression, int column, int *runs, struct ho_mean *out,
                    struct ho_error *err)
{
  struct term term[TERMS] = { { 1, group_of(r, expression) } };
  int terms = term[0].group >= 0 ? 1 : parse(r, expression, term, err), n = 0;
  *runs = 0;
  *out = ho_mean_of(NULL, 0);
  if (terms < 0)
    return -1;
  for (int t = 0; t < terms; t++)
    if (term[t].group < 0)
      return 0;
  if (terms > 1 && r->seed < 0)
    return ho_error_set(err, "the table has no column `seed' to pair `%.200s' by", expression);
  double *x = ho_alloc((size_t)r->rows, sizeof *x, "a mean", err);
  if (!x)
    return -1;
  for (int i = 0; i < r->rows; i++) {
    if (strcmp(field(r, i, r->cell), r->group[term[0].group]))
      continue;
    double value = evaluate(r, term, terms, i, column);
    (*runs)++;
    if (!isnan(value))
      x[n++] = value;
  }
  *out = ho_mean_of(x, n);
  ho_free(x);
  return 0;
}
