/* SPDX-License-Identifier: MIT
 * progress.h - the progress of a training: a bar on a terminal, else a line per epoch, and an estimate of time and
 * memory as soon as there is one.  step and epoch are the callbacks of a run. */
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
void ho_progress_clear(struct ho_progress *); /* clears the bar */

#endif
