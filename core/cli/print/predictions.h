/* SPDX-License-Identifier: MIT
 * predictions.h - what a run predicts for each image of a set, to files. */
#ifndef HO_PREDICTIONS_H
#define HO_PREDICTIONS_H

#include "run/samples.h"

enum ho_predicted_set { HO_PREDICT_TEST, HO_PREDICT_TRAIN, HO_PREDICT_VALIDATION };

struct ho_predictions {
  const char *run;
  enum ho_predicted_set set;
  int force;        /* replace existing files */
  const char *path; /* a TSV file with a row for each image; this file and the others may be NULL: not wanted */
  const char *probabilities; /* .npy, float32 [n][K]: the probability of each class */
  const char *features;      /* .npy, float32 [n][F]: the input of the last layer */
  int confusion;             /* print how often each class was taken for which */
  const char *matrix;        /* and write all of it to this TSV file */
};

/* Is any of that wanted? */
int ho_predictions_wanted(const struct ho_predictions *);

/* Checks before long work that the files can be written. */
int ho_predictions_check(const struct ho_predictions *, struct ho_error *);

/* Scores the set and writes the files, whose rows are images in the same order.  Sets the fields of `scores' that belong to the set, others to NaN; *n: images. */
int ho_predictions_write(const struct ho_predictions *, struct ho_trainer *, struct ho_scores *, size_t *n,
                         struct ho_error *);

#endif
