/* SPDX-License-Identifier: MIT
 * step.h - one step, and what hooks do at the ends of an epoch. */
#ifndef HO_STEP_H
#define HO_STEP_H

#include "train/state.h"

/* Forgets the mini-batches and the memory of the last step, or of the last open or epoch hook. */
void ho_step_begin(struct ho_trainer *);

/* One step: the chain's direction hook pulls the gradients it needs, its update hook changes the parameters.  Returns -1
 * with *err set if the training cannot go on. */
int ho_trainer_step(struct ho_trainer *, struct ho_error *);

/* Whether the last step was good, which a device may find out later than the host goes on (norm.h).  Whoever keeps what
 * it has made calls this first. */
int ho_trainer_settle(struct ho_trainer *, struct ho_error *);

/* The epoch hooks, before an epoch (end = 0) or after it (end = 1). */
int ho_trainer_epoch(struct ho_trainer *, int end, struct ho_error *);

#endif
