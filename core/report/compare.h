/* SPDX-License-Identifier: MIT
 * compare.h - groups runs that differ only in their seeds, and compares groups seed by seed.
 *
 * A pair is two runs with the same seed and noise seed, hence the same labels and initial weights.  The standard error
 * of the mean of the differences d_1 .. d_n of n pairs is sqrt(sum (d_i - mean)^2 / (n - 1) / n). */
#ifndef HO_COMPARE_H
#define HO_COMPARE_H

#include "plugin/path.h"
#include "report/statistics.h"
#include "run/rundir.h"

struct ho_run_group {
  char name[1024]; /* the optimizer with its options, and every other setting in which groups differ */
  int first;       /* a run of it, for its settings */
  int *member, n;  /* its finished runs, by ascending seed; none twice */
};

struct ho_comparison {
  const struct ho_run_list *runs;
  struct ho_run_group *group; /* in order of their first runs */
  int groups;
  int *of;          /* [runs->n] the group of each run */
  int *repeats;     /* [runs->n] the run that this one repeats, so that it is not counted, or -1 */
  char **optimizer; /* [runs->n] `bilevel weights=uniform' */
};

int ho_comparison_make(struct ho_comparison *, const struct ho_run_list *, const struct ho_plugin_path *,
                       struct ho_error *);
void ho_comparison_free(struct ho_comparison *);

int ho_group_mean(const struct ho_comparison *, int group, int metric, struct ho_mean *, struct ho_error *);
/* Whether two groups have the same data set and noise: numbers of others say nothing about their methods. */
int ho_groups_comparable(const struct ho_comparison *, int a, int b);
/* metric of `a' minus that of `b' over the pairs in which both are known. */
int ho_paired_difference(const struct ho_comparison *, int a, int b, int metric, struct ho_mean *, struct ho_error *);

#endif
