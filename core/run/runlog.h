/* SPDX-License-Identifier: MIT
 * runlog.h - log.jsonl, a line per epoch, and summary.json, the results. */
#ifndef HO_RUNLOG_H
#define HO_RUNLOG_H

#include "run/state.h"

/* Adds a line to run->log for the epoch that just ended; scores NULL: it was not evaluated. */
int ho_runlog_add(struct ho_run *, const struct ho_scores *, struct ho_error *);
int ho_runlog_write(const struct ho_run *, struct ho_error *);   /* log.jsonl */
int ho_runlog_summary(const struct ho_run *, struct ho_error *); /* summary.json; the last epoch must be evaluated */

#endif
