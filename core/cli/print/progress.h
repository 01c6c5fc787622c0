/* SPDX-License-Identifier: MIT
 * progress.h - what a training shows while it runs: a bar on a terminal, a line per epoch elsewhere, and what it will
 * take once that is known. */
#ifndef HO_PROGRESS_H
#define HO_PROGRESS_H

#include "run/state.h"

struct ho_progress {
  int quiet, terminal, width;
  double start, last_drawn;
  uint64_t first_step;             /* of this process, for speed and ETA */
  double last_step, timed_seconds; /* for the estimate */
  int timed, estimated;
};

void ho_progress_start(struct ho_progress *, int quiet);
void ho_progress_step(void *progress, const struct ho_run *);
void ho_progress_epoch(void *progress, const struct ho_run *, const struct ho_scores *, double seconds);
void ho_progress_clear(struct ho_progress *); /* takes the bar off the terminal */

#endif
