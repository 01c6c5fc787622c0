/* SPDX-License-Identifier: MIT
 * results.h - a table of results, as the experiments write them, and statistics over its seeds.
 *
 * The file has tab-separated values, a row for each run.  Lines that begin with # come first and are skipped, then a
 * line of column names.  Column `cell' names the group of runs that differ in their seed alone, METHOD or METHOD@X;
 * column `seed' the seed.  Other columns are numbers, NA where a run has none, or text. */
#ifndef HO_RESULTS_H
#define HO_RESULTS_H

#include "report/statistics.h"

#include "base/error.h"

struct ho_results {
  char *text;         /* the file; names and fields lie in it */
  const char **field; /* [columns] names, then [rows * columns] */
  double *value;      /* [rows * columns], NaN where there is no number */
  int columns, rows;
  int cell, seed;       /* columns, -1: there is none */
  unsigned char *shown; /* [columns] 1: a column of numbers, over which there are statistics */
  const char **group;   /* [groups] cells, in order of their first rows */
  int groups;
};

/* Fails when the file is no such table: no column `cell', a cell that begins with #, a row of another length,
 * or text in a column of numbers. */
int ho_results_read(struct ho_results *, const char *path, struct ho_error *);
void ho_results_free(struct ho_results *);

const char *ho_results_name(const struct ho_results *, int column);

/* Statistics of a column over seeds.  `expression' is a cell, or a contrast of cells paired by seed: `A - B',
 * `A - B - (C - D)'.  METHOD@min and METHOD@max are the cells of METHOD with the least and the largest number that any
 * method of the table has after the @.  A seed counts when every cell of the expression has a number for it.  *runs is
 * the number of rows of the first cell; 0 runs, and so no numbers, when a cell is not in the table. */
int ho_results_mean(const struct ho_results *, const char *expression, int column, int *runs, struct ho_mean *,
                    struct ho_error *);

#endif
