/* SPDX-License-Identifier: MIT
 * samples.h - what each training sample did at each evaluation: the raw material for finding wrong labels. */
#ifndef HO_SAMPLES_H
#define HO_SAMPLES_H

#include "train/trainer.h"

/* Per evaluated sample, one row per evaluation. */
struct ho_samples {
  size_t n;         /* samples scored: --eval-size of the training samples, or all; or a fold that is left out */
  uint32_t *sample; /* [n] ascending; NULL: they are not trained on, and have no weights */
  uint32_t *image;  /* [n] index in the data set */
  uint16_t *given;  /* [n] labels */
  uint16_t *truth;  /* [n], or NULL: not known */
  int rows, room;
  uint32_t *epoch;               /* [rows] */
  float *loss, *margin, *weight; /* [rows][n]; weight: mean over the draws since the last evaluation, NaN: not drawn */
  uint16_t *prediction;          /* [rows][n] */
};

/* Chooses the samples that are scored; no rows yet.  Freed by ho_samples_free, which also takes a zeroed struct. */
int ho_samples_make(struct ho_samples *, const struct ho_trainer *, struct ho_error *);
void ho_samples_free(struct ho_samples *);

/* The same for the fold that --fold leaves out, all of it; n is 0 where there is none. */
int ho_samples_make_left_out(struct ho_samples *, const struct ho_trainer *, struct ho_error *);

/* Scores the test set, the training samples against given and true labels, and the validation part; adds a row. */
int ho_samples_score(struct ho_samples *, struct ho_trainer *, struct ho_scores *, struct ho_error *);
/* Scores the fold that is left out, if there is one, and adds a row. */
int ho_samples_score_left_out(struct ho_samples *, struct ho_trainer *, uint32_t epoch, struct ho_error *);

int ho_samples_write(const struct ho_samples *, const char *path, struct ho_error *);
/* Reads the rows up to `epoch' that an earlier process wrote. */
int ho_samples_read(struct ho_samples *, const char *path, uint64_t epoch, struct ho_error *);
/* All that the file of a run holds, without the run; `sample' stays NULL.  A damaged file is refused. */
int ho_samples_load(struct ho_samples *, const char *path, struct ho_error *);

#endif
