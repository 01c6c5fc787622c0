/* SPDX-License-Identifier: MIT
 * table.c - columns aligned by characters of UTF-8, tabs, or bars; see table.h. */
#define _GNU_SOURCE /* vasprintf */
#include "cli/print/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

static int width(const char *text)
{
  int n = 0;
  for (; *text; text++)
    n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

static void line_text(const struct ho_table *t, const char *const *cell, const int *widest, FILE *out)
{
  for (int i = 0; i < t->columns; i++) {
    int pad = widest[i] - width(cell[i]), last = i == t->columns - 1;
    if (t->column[i].is_number)
      fprintf(out, "%*s%s", pad, "", cell[i]);
    else
      fprintf(out, "%s%*s", cell[i], last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", out);
  }
}

static void line_tsv(const struct ho_table *t, const char *const *cell, FILE *out)
{
  for (int i = 0; i < t->columns; i++)
    fprintf(out, "%s%c", cell[i], i == t->columns - 1 ? '\n' : '\t');
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

static void line(const struct ho_table *t, const char *const *cell, const int *widest, FILE *out)
{
  if (t->format == HO_TABLE_TEXT)
    line_text(t, cell, widest, out);
  else if (t->format == HO_TABLE_TSV)
    line_tsv(t, cell, out);
  else
    line_markdown(t, cell, out);
}

int ho_table_print(const struct ho_table *t, FILE *out, struct ho_error *err)
{
  int widest[HO_TABLE_COLUMNS];
  const char *heading[HO_TABLE_COLUMNS];
  if (t->failed || !t->columns || t->cells % t->columns)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory for a table of %d cells", t->cells);
  for (int i = 0; i < t->columns; i++) {
    heading[i] = t->column[i].heading;
    widest[i] = width(heading[i]);
    for (int k = i; k < t->cells; k += t->columns)
      if (width(t->cell[k]) > widest[i])
        widest[i] = width(t->cell[k]);
  }
  line(t, heading, widest, out);
  if (t->format == HO_TABLE_MARKDOWN) {
    for (int i = 0; i < t->columns; i++)
      fputs(t->column[i].is_number ? "|---:" : "|---", out);
    fputs("|\n", out);
  }
  for (int k = 0; k < t->cells; k += t->columns)
    line(t, (const char *const *)t->cell + k, widest, out);
  return 0;
}

void ho_table_free(struct ho_table *t)
{
  for (int i = 0; i < t->cells; i++)
    free(t->cell[i]);
  free(t->cell);
  *t = (struct ho_table){ 0 };
}
