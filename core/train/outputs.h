/* SPDX-License-Identifier: MIT
 * outputs.h - outputs of a network for images, in evaluation mode. */
#ifndef HO_OUTPUTS_H
#define HO_OUTPUTS_H

#include "train/state.h"

/* Logits [n][K] and features [n][F] (either may be NULL) of images image[n] of `from', without random augmentation, by
 * running statistics, without dropout.  theta [P] or NULL: the network's own parameters.  They run in passes of
 * HO_SCORE_BATCH, so results do not depend on how a run was trained. */
int ho_outputs(struct ho_trainer *, int net, const float *theta, const struct ho_images *from, const uint32_t *image,
               size_t n, float *logits, float *features, struct ho_error *);

#endif
