/* SPDX-License-Identifier: MIT
 * show_tables.h - the three tables of `holdout show'. */
#ifndef HO_SHOW_TABLES_H
#define HO_SHOW_TABLES_H

#include "cli/print/table.h"
#include "report/compare.h"

struct ho_show {
  const struct ho_comparison *comparison;
  enum ho_table_format format;
  int metric, baseline; /* of differences */
};

int ho_show_runs(const struct ho_show *, struct ho_error *);
int ho_show_groups(const struct ho_show *, struct ho_error *);
int ho_show_differences(const struct ho_show *, struct ho_error *);

#endif
