/* SPDX-License-Identifier: MIT
 * engine_rig.h - what tests of the CUDA engine share: an emulated device, engines on it, comparisons. */
#ifndef HO_ENGINE_RIG_H
#define HO_ENGINE_RIG_H

#include "nn/cuda/device.h"

#include "device_rig.h"

/* An emulated device; closed by ho_device_close.  The test fails if it cannot be opened. */
struct ho_device *device_new(enum ho_precision);

/* The test fails if they cannot be made. */
struct ho_net *net_new(const char *spec, int height, int width);
/* Small ones: number 0 has every kind of layer, number 1 is quicker. */
enum { NETS = 2 };
struct ho_net *net_of(int);
struct ho_engine *engine_new(struct ho_device *, const struct ho_net *, int groups, int images, int backward);

/* Random weights, images and so on, for passes on a device. */
struct trial *trial_on(struct ho_device *, const struct ho_net *, int groups, int size, int eval, uint64_t seed);

/* All that a pass computes, in host memory. */
struct outcome {
  size_t logits_n, features_n, rows_n, stats_n;
  float *logits, *features, *rows, *stats;
};
/* Forward, outputs and backward.  The trial's statistics move. */
struct outcome *outcome_of(struct trial *, struct ho_engine *);
void outcome_free(struct outcome *);
void ck_same_outcome(const struct outcome *, const struct outcome *); /* to the last bit */

void ck_same(const char *what, size_t n, const float *a, const float *b);
/* |a - b| is at most tolerance |b|, in norm and, with `each', of the largest element for each element. */
void ck_close(const char *what, size_t n, const float *a, const float *b, double tolerance, int each);

#endif
