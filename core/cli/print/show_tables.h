/* SPDX-License-Identifier: MIT
 * show_tables.h - the tables of `holdout show'. */
#ifndef HO_SHOW_TABLES_H
#define HO_SHOW_TABLES_H

#include "cli/print/table.h"
#include "report/compare.h"
#include "report/results.h"

struct ho_show {
  const struct ho_comparison *comparison;
  enum ho_table_format format;
  int width;            /* of the terminal, 0: none */
  int metric, baseline; /* indices, for differences; baseline -1: the first group of the same data set and noise */
};

/* The group that a group is compared with, or -1: it is the baseline itself, or of another data set or noise. */
int ho_show_baseline(const struct ho_show *, int group);

int ho_show_runs(const struct ho_show *, struct ho_error *);
int ho_show_groups(const struct ho_show *, struct ho_error *);
int ho_show_differences(const struct ho_show *, struct ho_error *);

/* Statistics of every column of numbers, for each cell of a table of results and then for each contrast.  For programs,
 * numbers have all their digits, and what is not known is NA, as in the table itself. */
int ho_show_results(const struct ho_results *, const char *const *contrast, int contrasts, enum ho_table_format,
                    int width, struct ho_error *);

#endif
