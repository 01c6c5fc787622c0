/* SPDX-License-Identifier: MIT
 * estimate.h - what a run will take, from a few of its steps: memory, disk, time. */
#ifndef HO_ESTIMATE_H
#define HO_ESTIMATE_H

#include "run/state.h"

struct ho_estimate {
  size_t parameters;
  double memory, memory_peak;  /* bytes: resident now; at most, with the evaluations to come */
  double disk;                 /* bytes of the run folder at the end */
  double step, evaluation;     /* seconds of one */
  uint64_t steps, evaluations; /* to go */
  double seconds;              /* of all that */
};

/* `step': measured seconds of a step.  Runs one batch through each network to time evaluations, which changes nothing
 * of the run. */
int ho_estimate_make(const struct ho_run *, double step, struct ho_estimate *, struct ho_error *);

/* Sets a fresh run up in memory, runs up to `steps' steps of its first epoch, estimates.  Writes nothing. */
int ho_estimate_try(const struct ho_settings *, const struct ho_plugin_path *, struct ho_device *, int steps,
                    struct ho_estimate *, struct ho_error *);

#endif
