/* SPDX-License-Identifier: MIT
 * fold.h - folds of cross-validation: the training part in K portions, one of which a run leaves out of training.
 *
 * The folds are disjoint, cover the part, and have equally many images of each given label, and in all, to within one.
 * They depend on the seed and the given labels. */
#ifndef HO_FOLD_H
#define HO_FOLD_H

#include "labels/labelled.h"

struct ho_fold {
  int number, of; /* the fold that is left out, 1 .. of; of = 0: none is */
};

/* Reads "2/5"; NULL means none. */
int ho_fold_parse(const char *text, struct ho_fold *, struct ho_error *);

/* fold [n]: the folds, 1 .. of, of n samples with these labels below `classes'. */
int ho_fold_assign(const uint16_t *label, size_t n, int classes, int of, uint64_t seed, int *fold, struct ho_error *);

/* Moves a fold from the training part to `left_out'.  Does nothing when none is to be left out.  Fails when there are more
 * folds than samples. */
int ho_fold_leave_out(const struct ho_fold *, int classes, uint64_t seed, struct ho_labelled *, struct ho_error *);

#endif
