/* SPDX-License-Identifier: MIT
 * table.h - one table, printed for people, for programs (TSV, CSV, JSON) or for a document (Markdown).
 *
 * A cell of numbers that is `-' is not known: an empty cell in CSV, null in JSON. */
#ifndef HO_TABLE_H
#define HO_TABLE_H

#include <stdio.h>

#include "base/error.h"

enum ho_table_format { HO_TABLE_TEXT, HO_TABLE_TSV, HO_TABLE_MARKDOWN, HO_TABLE_CSV, HO_TABLE_JSON };

extern const char *const ho_table_formats[HO_TABLE_JSON + 1]; /* their names */
int ho_table_format_find(const char *name);                   /* -1: there is none of that name */

enum { HO_TABLE_COLUMNS = 32 };

struct ho_table {
  enum ho_table_format format;
  int width; /* of a text at most, where it can be made to fit; 0: as wide as it is */
  struct {
    const char *heading;
    int is_number;
  } column[HO_TABLE_COLUMNS];
  int columns;
  char **cell; /* row after row */
  int cells, room, failed;
};

/* Add all columns first, then the cells, row by row.  A failure is reported by ho_table_print. */
void ho_table_column(struct ho_table *, const char *heading, int is_number);
void ho_table_cell(struct ho_table *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints a line `# ...' above a TSV table.  Newlines and tabs in it, as in paths, become `?'. */
void ho_table_note(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes a text, of at most 16383 bytes, as one field of a TSV file: newlines and tabs in it become `?', too. */
void ho_table_field(FILE *, const char *text);

/* In JSON an array of objects, a line each, without a newline behind it. */
int ho_table_print(const struct ho_table *, FILE *, struct ho_error *);
void ho_table_free(struct ho_table *);

/* Characters in a line of the terminal that a stream writes to: $COLUMNS or what the terminal says; 0: no terminal. */
int ho_table_terminal(FILE *);

/* ---- how a text is made to fit ---- */

struct ho_table_fit {
  int widest[HO_TABLE_COLUMNS]; /* characters of a column */
  unsigned char
      hidden[HO_TABLE_COLUMNS]; /* 1: left out, as every cell is `-'; 2: told above the table, as all cells are equal */
};
/* Leaves out columns in which nothing is known, then those whose cells are all equal, the widest first, until the rest
 * fits; then narrows the widest columns, whose cells take several lines. */
void ho_table_fit(const struct ho_table *, struct ho_table_fit *);
/* Characters of a UTF-8 text. */
int ho_table_characters(const char *);
/* What of a cell (or heading) fits into a line of `most' characters: returns its bytes, sets its characters, and moves the
 * text to what follows it. */
size_t ho_table_piece(const struct ho_table *, int column, const char **text, int most, int *characters);

#endif
