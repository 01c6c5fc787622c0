/* SPDX-License-Identifier: MIT
 * timing.h - timing.jsonl: whatever differs between two equal runs. */
#ifndef HO_TIMING_H
#define HO_TIMING_H

#include "run/state.h"

/* Adds a line with the program, its surroundings and its plugins.  Warns if they differ from those of the last
 * start. */
int ho_timing_start(const struct ho_run *, struct ho_error *);
/* Adds a line for the epoch that just ended; seconds: of a whole epoch. */
int ho_timing_epoch(const struct ho_run *, double seconds, struct ho_error *);

#endif
