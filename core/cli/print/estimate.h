/* SPDX-License-Identifier: MIT
 * estimate.h - prints the time and memory that a run will take: one line, a table, or JSON. */
#ifndef HO_CLI_ESTIMATE_H
#define HO_CLI_ESTIMATE_H

#include <stdio.h>

#include "report/estimate.h"

void ho_estimate_line(FILE *, const struct ho_estimate *);
void ho_estimate_table(FILE *, const struct ho_estimate *);

/* One line.  Returns -1 if memory is short. */
int ho_estimate_json(FILE *, const struct ho_estimate *, struct ho_error *);

#endif
