/* SPDX-License-Identifier: MIT
 * anchors.h - the transition matrix of label noise, estimated from a trained network by anchor points (Patrini et al.,
 * Making Deep Neural Networks Robust to Label Noise, CVPR 2017, equation 13).
 *
 * A network trained on the given labels says P(given | image).  The image of which it says `k' with the greatest
 * probability is taken for a true k, and what it says of that image for row k of the matrix. */
#ifndef HO_ANCHORS_H
#define HO_ANCHORS_H

#include "train/trainer.h"

enum { HO_ANCHOR_CLASSES = 100 };

/* p [n][classes]: probabilities of n images.  T [classes][classes].  Below HO_ANCHOR_CLASSES classes the anchor of a
 * class is the likeliest image below the 97th percentile, for the very likeliest may be outliers; with as many classes or
 * more the likeliest of all, as in the authors' code. */
int ho_anchors_find(size_t n, int classes, const float *p, double *T, struct ho_error *);

/* The same from all training samples of a trainer, by its first network in evaluation mode. */
int ho_anchors_estimate(struct ho_trainer *, double *T, struct ho_error *);

#endif
