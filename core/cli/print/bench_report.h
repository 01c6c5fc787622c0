/* SPDX-License-Identifier: MIT
 * bench_report.h - prints the result of a benchmark: one line of JSON, or tables for people.  Both return -1 if
 * memory is short. */
#ifndef HO_BENCH_REPORT_H
#define HO_BENCH_REPORT_H

#include <stdio.h>

#include "report/bench.h"

int ho_bench_json(FILE *, const struct ho_bench *, const struct ho_settings *, struct ho_error *);
int ho_bench_tables(FILE *, const struct ho_bench *, const struct ho_settings *, struct ho_error *);

#endif
