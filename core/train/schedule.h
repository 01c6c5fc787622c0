/* SPDX-License-Identifier: MIT
 * schedule.h - the learning rate of each step.
 *
 * const   lr
 * step    lr * rate^k, k = how many of decay-epochs have passed (one number E: every E epochs)
 * exp     lr * rate^(epoch / decay-epochs), epoch counted as in floor(step / steps per epoch); the default rate
 *         makes the last epoch end at min-lr, or at lr/100 when that is 0
 * cosine  min_lr + (lr - min_lr) (1 + cos(pi t / T)) / 2, per step, over the epochs after warm-up
 * Warm-up: linear from warmup-lr to lr over the first warmup-epochs epochs, per step. */
#ifndef HO_SCHEDULE_H
#define HO_SCHEDULE_H

#include "settings/settings.h"

struct ho_schedule {
  int kind;
  double lr, min_lr, warmup_lr, rate;
  uint64_t warmup, total, per_epoch; /* in steps */
  double milestone[64];
  int milestones, every; /* list of epochs, or every so many */
  int automatic;         /* exp: the rate was found from epochs */
};
int ho_schedule_make(struct ho_schedule *, const struct ho_settings *, uint64_t steps_per_epoch, struct ho_error *);
double ho_schedule_lr(const struct ho_schedule *, uint64_t step);
/* Does the rate at a given step depend on --epochs?  Then a resumed run may not ask for more of them. */
int ho_schedule_depends_on_epochs(const struct ho_schedule *);

#endif
