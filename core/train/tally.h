/* SPDX-License-Identifier: MIT
 * tally.h - what is counted until the end of an epoch: values that plugins and the host log, and the weights that samples
 * were trained with. */
#ifndef HO_TALLY_H
#define HO_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { HO_TALLY_MAX = 64, HO_TALLY_OWN = 4 }; /* HO_TALLY_OWN: entries of the host: loss, hit, weight, direction */

struct ho_tally_entry {
  char name[96];
  double n, sum, squares, negative; /* count, sum, sum of squares, how many were below 0 */
};

struct ho_tally {
  struct ho_tally_entry entry[HO_TALLY_MAX];
  int n;
};

/* Adds a value under a name; -1 when there are too many names. */
int ho_tally_add(struct ho_tally *, const char *name, double value, struct ho_error *);
const struct ho_tally_entry *ho_tally_find(const struct ho_tally *, const char *name); /* or NULL */
double ho_tally_mean(const struct ho_tally_entry *);
double ho_tally_spread(const struct ho_tally_entry *); /* standard deviation over the values, not of the mean */

/* Per training sample, since the last evaluation: the weights of its draws, relative to plain SGD's 1. */
struct ho_sample_weights {
  size_t n;
  double *sum;     /* [n] */
  uint32_t *count; /* [n] */
};
int ho_sample_weights_make(struct ho_sample_weights *, size_t n, struct ho_error *);
void ho_sample_weights_clear(struct ho_sample_weights *);
void ho_sample_weights_free(struct ho_sample_weights *);

#endif
