/* SPDX-License-Identifier: MIT
 * predictions.h - what a run predicts, image by image, as a file. */
#ifndef HO_PREDICTIONS_H
#define HO_PREDICTIONS_H

#include "run/samples.h"

enum ho_predicted_set { HO_PREDICT_TEST, HO_PREDICT_TRAIN, HO_PREDICT_VALIDATION };

struct ho_predictions {
  const char *path, *run;
  enum ho_predicted_set set;
  int force; /* a file that is there may be replaced */
};

/* Scores the set, writes the file, and sets of `scores' what belongs to the set (NaN elsewhere); *n images. */
int ho_predictions_write(const struct ho_predictions *, struct ho_trainer *, struct ho_scores *, size_t *n,
                         struct ho_error *);

#endif
