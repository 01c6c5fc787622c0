/* SPDX-License-Identifier: MIT
 * anchors.h - the transition matrix of label noise, estimated from a trained network by anchor points (Patrini et al.,
 * Making Deep Neural Networks Robust to Label Noise, CVPR 2017, equation 13).
 *
 * A network trained on the given labels estimates P(given | image).  The image with the largest probability of k is
 * taken as a true k, and its probabilities as row k of the matrix. */
#ifndef HO_ANCHORS_H
#define HO_ANCHORS_H

#include "train/trainer.h"

enum { HO_ANCHOR_CLASSES = 100 };

/* p [n][classes]: probabilities of n images.  T [classes][classes].  With fewer than HO_ANCHOR_CLASSES classes, the
 * anchor of a class is the most probable image below the 97th percentile, as those above it may be outliers; with more
 * classes, the most probable of all, as in the authors' code. */
int ho_anchors_find(size_t n, int classes, const float *p, double *T, struct ho_error *);

/* The same from all training samples of a trainer, by its first network in evaluation mode. */
int ho_anchors_estimate(struct ho_trainer *, double *T, struct ho_error *);

#endif
