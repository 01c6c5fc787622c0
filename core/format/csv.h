/* SPDX-License-Identifier: MIT
 * csv.h - tables as text, row by row: RFC 4180, and what spreadsheets and scripts make of it.
 *
 * Fields are separated by commas, semicolons or tabs, whichever the first rows have.  A field in double quotes may
 * contain separators and line breaks, and `""' in it is a quote.  Spaces around a field do not count.  A row ends with LF,
 * CRLF or CR; the last one need not end.  A byte-order mark, lines that begin with # before the first row, and empty
 * lines are skipped. */
#ifndef HO_CSV_H
#define HO_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum { HO_CSV_FIELDS = 256 };

struct ho_csv {
  const char *path; /* for messages */
  char separator;   /* ',', ';' or '\t'; 0: the table has one column */
  size_t line;      /* of the row that was read last, from 1 */
  size_t empty;     /* empty lines before that row */
  int n;            /* its fields */
  char *field[HO_CSV_FIELDS];
  char *at, *end; /* the rest of the text */
  size_t next;    /* its line */
};

/* Begins to read text[size], which a zero byte must follow and which is changed: fields are cut out of it.  Finds the
 * separator.  Fails where the text is not UTF-8 or ASCII, as far as a zero byte or the mark of UTF-16 tell. */
int ho_csv_open(struct ho_csv *, const char *path, char *text, size_t size, struct ho_error *);

/* Reads the next row into `field'.  Returns 1; 0 at the end; -1 for a quote that does not end, text after one, and too
 * many fields; messages name the line. */
int ho_csv_next(struct ho_csv *, struct ho_error *);

/* Writes a field of a table with commas, in quotes if it has a separator, a quote or a line break,
 * or spaces around it. */
void ho_csv_write(FILE *, const char *text);

/* "commas", "semicolons" or "tabs"; NULL where there is one column. */
const char *ho_csv_separator(const struct ho_csv *);

#endif
