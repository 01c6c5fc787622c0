/* SPDX-License-Identifier: MIT
 * table.c - columns aligned by characters of UTF-8, tabs, commas, bars, or objects; see table.h. */
#define _GNU_SOURCE /* vasprintf */
#include "cli/print/table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "format/csv.h"

const char *const ho_table_formats[HO_TABLE_JSON + 1] = {
  [HO_TABLE_TEXT] = "text", [HO_TABLE_TSV] = "tsv",   [HO_TABLE_MARKDOWN] = "markdown",
  [HO_TABLE_CSV] = "csv",   [HO_TABLE_JSON] = "json",
};

int ho_table_format_find(const char *name)
{
  for (int i = 0; i <= HO_TABLE_JSON; i++)
    if (!strcmp(ho_table_formats[i], name))
      return i;
  return -1;
}

void ho_table_column(struct ho_table *t, const char *heading, int is_number)
{
  if (t->columns == HO_TABLE_COLUMNS) {
    t->failed = 1;
    return;
  }
  t->column[t->columns].heading = heading;
  t->column[t->columns++].is_number = is_number;
}

/* A path may hold anything. */
static void make_visible(char *text)
{
  ho_text_clean(text, "");
}

void ho_table_note(FILE *out, const char *format, ...)
{
  va_list arguments;
  char text[16384]; /* some specifications and a path */
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  make_visible(text);
  fprintf(out, "# %s\n", text);
}

void ho_table_field(FILE *out, const char *text)
{
  char clean[16384];
  snprintf(clean, sizeof clean, "%s", text);
  make_visible(clean);
  fputs(clean, out);
}

void ho_table_cell(struct ho_table *t, const char *format, ...)
{
  va_list arguments;
  if (t->cells == t->room) {
    int room = t->room ? 2 * t->room : 64;
    char **larger = realloc(t->cell, (size_t)room * sizeof *larger);
    if (!larger) {
      t->failed = 1;
      return;
    }
    t->cell = larger;
    t->room = room;
  }
  va_start(arguments, format);
  char *text = NULL;
  if (vasprintf(&text, format, arguments) < 0)
    t->failed = 1;
  else {
    make_visible(text);
    t->cell[t->cells++] = text;
  }
  va_end(arguments);
}

/* ---- for people ---- */

/* One line of a row; moves each cell to what is left of it.  Returns 0 if nothing is. */
static int line_part(const struct ho_table *t, const char **cell, const struct ho_table_fit *fit, int last, FILE *out)
{
  int blanks = 0, left = 0;
  for (int i = 0; i <= last; i++) {
    if (fit->hidden[i])
      continue;
    const char *text = cell[i];
    int n = 0, length = (int)ho_table_piece(t, i, &cell[i], fit->widest[i], &n), pad = fit->widest[i] - n;
    if (!length)
      blanks += pad;
    else {
      fprintf(out, "%*s%.*s", blanks + (t->column[i].is_number ? pad : 0), "", length, text);
      blanks = t->column[i].is_number ? 0 : pad;
    }
    blanks += 2;
    left |= *cell[i] != 0;
  }
  fputc('\n', out);
  return left;
}

static void line_text(const struct ho_table *t, const char *const *cell, const struct ho_table_fit *fit, FILE *out)
{
  const char *rest[HO_TABLE_COLUMNS];
  int last = t->columns - 1;
  while (last > 0 && fit->hidden[last])
    last--;
  memcpy(rest, cell, (size_t)t->columns * sizeof *rest);
  while (line_part(t, rest, fit, last, out))
    ;
}

/* What all rows have in common, above the table. */
static void common(const struct ho_table *t, const struct ho_table_fit *fit, FILE *out)
{
  int at = 0;
  for (int i = 0; i < t->columns; i++) {
    if (fit->hidden[i] != 2)
      continue;
    int n = ho_table_characters(t->column[i].heading) + 1 + ho_table_characters(t->cell[i]);
    fprintf(out, "%s%s %s", !at ? "" : at + 2 + n > t->width ? "\n" : "; ", t->column[i].heading, t->cell[i]);
    at = at && at + 2 + n <= t->width ? at + 2 + n : n;
  }
  fputs(at ? "\n\n" : "", out);
}

/* ---- for programs and documents ---- */

static void line_tsv(const struct ho_table *t, const char *const *cell, FILE *out)
{
  for (int i = 0; i < t->columns; i++)
    fprintf(out, "%s%c", cell[i], i == t->columns - 1 ? '\n' : '\t');
}

static int unknown(const struct ho_table *t, int column, const char *cell)
{
  return t->column[column].is_number && !strcmp(cell, "-");
}

static void line_csv(const struct ho_table *t, const char *const *cell, FILE *out)
{
  for (int i = 0; i < t->columns; i++) {
    ho_csv_write(out, unknown(t, i, cell[i]) ? "" : cell[i]);
    fputc(i == t->columns - 1 ? '\n' : ',', out);
  }
}

static void json_string(const char *text, FILE *out)
{
  fputc('"', out);
  for (const char *c = text; *c; c++)
    fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
  fputc('"', out);
}

static void json(const struct ho_table *t, FILE *out)
{
  for (int k = 0; k < t->cells; k++) {
    int i = k % t->columns;
    fputs(i ? ", " : k ? "},\n  {" : "[\n  {", out);
    json_string(t->column[i].heading, out);
    fputs(": ", out);
    if (unknown(t, i, t->cell[k]))
      fputs("null", out);
    else if (t->column[i].is_number && isdigit((unsigned char)t->cell[k][t->cell[k][0] == '-']))
      fputs(t->cell[k], out);
    else
      json_string(t->cell[k], out);
  }
  fputs(t->cells ? "}]" : "[]", out);
}

static void line_markdown(const struct ho_table *t, const char *const *cell, FILE *out)
{
  for (int i = 0; i < t->columns; i++) {
    fputs(i ? " | " : "| ", out);
    for (const char *c = cell[i]; *c; c++) {
      if (strchr("|\\`*_<", *c))
        fputc('\\', out);
      fputc(*c, out);
    }
  }
  fputs(" |\n", out);
}

static void line(const struct ho_table *t, const char *const *cell, const struct ho_table_fit *fit, FILE *out)
{
  if (t->format == HO_TABLE_TEXT)
    line_text(t, cell, fit, out);
  else if (t->format == HO_TABLE_TSV)
    line_tsv(t, cell, out);
  else if (t->format == HO_TABLE_CSV)
    line_csv(t, cell, out);
  else
    line_markdown(t, cell, out);
}

int ho_table_print(const struct ho_table *t, FILE *out, struct ho_error *err)
{
  struct ho_table_fit fit;
  const char *heading[HO_TABLE_COLUMNS];
  if (t->failed || !t->columns || t->cells % t->columns)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for a table of %d cells", t->cells);
  if (t->format == HO_TABLE_JSON) {
    json(t, out);
    return 0;
  }
  for (int i = 0; i < t->columns; i++)
    heading[i] = t->column[i].heading;
  ho_table_fit(t, &fit);
  if (t->format == HO_TABLE_TEXT)
    common(t, &fit, out);
  line(t, heading, &fit, out);
  if (t->format == HO_TABLE_MARKDOWN) {
    for (int i = 0; i < t->columns; i++)
      fputs(t->column[i].is_number ? "|---:" : "|---", out);
    fputs("|\n", out);
  }
  for (int k = 0; k < t->cells; k += t->columns)
    line(t, (const char *const *)t->cell + k, &fit, out);
  return 0;
}

void ho_table_free(struct ho_table *t)
{
  for (int i = 0; i < t->cells; i++)
    free(t->cell[i]);
  free(t->cell);
  *t = (struct ho_table){ 0 };
}
