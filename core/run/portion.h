/* SPDX-License-Identifier: MIT
 * portion.h - the part of a run that one process trains under --time-limit.
 *
 * The process stops before the limit if it can: it assumes that each part takes as long as before.
 * Times are seconds on ho_clock_now's clock. */
#ifndef HO_PORTION_H
#define HO_PORTION_H

enum ho_portion_part {
  HO_PORTION_STEP,
  HO_PORTION_EPOCH_BEGIN, /* epoch hooks before the first step */
  HO_PORTION_EPOCH_END,   /* epoch hooks, evaluation, log */
  HO_PORTION_CHECKPOINT,
  HO_PORTION_PARTS
};

struct ho_portion {
  double end;                       /* when the time is up; infinite without a limit */
  double seconds[HO_PORTION_PARTS]; /* that each part is expected to last */
  int seen[HO_PORTION_PARTS];       /* how often each was timed */
};

/* limit 0: none. */
void ho_portion_start(struct ho_portion *, double now, double limit);
int ho_portion_limited(const struct ho_portion *);
/* Records how long a part took.  The longest time counts, but the first step, which allocates memory, only until another
 * has been timed. */
void ho_portion_note(struct ho_portion *, enum ho_portion_part, double seconds);
/* Sets the expected time of a part that has not been timed yet. */
void ho_portion_expect(struct ho_portion *, enum ho_portion_part, double seconds);
/* Is there time for a step and the checkpoint after it and, if asked for, for the beginning and end of an epoch? */
int ho_portion_fits(const struct ho_portion *, double now, int begins, int ends);

#endif
