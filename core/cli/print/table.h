/* SPDX-License-Identifier: MIT
 * table.h - one table, printed for people, for programs (TSV) or for a document (Markdown). */
#ifndef HO_TABLE_H
#define HO_TABLE_H

#include <stdio.h>

#include "base/error.h"

enum ho_table_format { HO_TABLE_TEXT, HO_TABLE_TSV, HO_TABLE_MARKDOWN };

enum { HO_TABLE_COLUMNS = 32 };

struct ho_table {
  enum ho_table_format format;
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

int ho_table_print(const struct ho_table *, FILE *, struct ho_error *);
void ho_table_free(struct ho_table *);

#endif
