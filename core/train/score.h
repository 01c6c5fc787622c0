/* SPDX-License-Identifier: MIT
 * score.h - evaluation: losses and predictions of the whole chain on images with labels. */
#ifndef HO_SCORE_H
#define HO_SCORE_H

#include "train/state.h"

/* Accuracies and losses of one evaluation; NaN where there is nothing to score. */
struct ho_scores {
  double epoch, test_loss, test_accuracy, train_loss, train_accuracy_noisy, train_accuracy_clean, validation_loss,
      validation_accuracy;
};

/* The link whose predictions exist only after the last epoch, which has not come yet: until then the networks are scored.
 * NULL when there is none. */
const struct ho_link *ho_trainer_late(const struct ho_trainer *);

struct ho_score_request {
  const struct ho_images *from;
  const uint32_t *image; /* [n] index into `from' */
  const uint16_t *label; /* [n] */
  size_t n;
};
struct ho_score_result {
  double loss, accuracy; /* mean cross-entropy, share; NaN for n = 0 */
  /* [n] each, or NULL: loss, margin (logit of the label minus the largest other), probability of the prediction */
  float *each_loss, *margin, *probability;
  uint16_t *prediction; /* [n] or NULL */
  float *probabilities; /* [n][K] or NULL: of every class, the softmax of the logits */
  float *features;      /* [n][F] or NULL: the last layer's input, of network 0 */
};
/* Scores images in evaluation mode through the chain's predict hook. */
int ho_trainer_score(struct ho_trainer *, const struct ho_score_request *, struct ho_score_result *, struct ho_error *);

#endif
