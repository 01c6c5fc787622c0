/* SPDX-License-Identifier: MIT
 * predictions.h - writes the predictions of a run for each image to a file. */
#ifndef HO_PREDICTIONS_H
#define HO_PREDICTIONS_H

#include "run/samples.h"

enum ho_predicted_set { HO_PREDICT_TEST, HO_PREDICT_TRAIN, HO_PREDICT_VALIDATION };

struct ho_predictions {
  const char *path, *run;
  enum ho_predicted_set set;
  int force; /* replace an existing file */
};

/* Scores the set and writes the file.  Sets the fields of `scores' that belong to the set, others to NaN; *n: images. */
int ho_predictions_write(const struct ho_predictions *, struct ho_trainer *, struct ho_scores *, size_t *n,
                         struct ho_error *);

#endif
