/* SPDX-License-Identifier: MIT
 * bench_report.h - what a benchmark found, as a line of JSON or as tables for people. */
#ifndef HO_BENCH_REPORT_H
#define HO_BENCH_REPORT_H

#include <stdio.h>

#include "report/bench.h"

int ho_bench_json(FILE *, const struct ho_bench *, const struct ho_settings *, struct ho_error *);
int ho_bench_tables(FILE *, const struct ho_bench *, const struct ho_settings *, struct ho_error *);

#endif
