/* SPDX-License-Identifier: MIT
 * batch.h - the mini-batches of one step, from a file instead of a data set.
 *
 * The file is one of safetensors: `images', float32 [mini-batch][image][channel][row][column] as they enter the
 * network, and `labels', int64 [mini-batch][image]. */
#ifndef HO_BATCH_H
#define HO_BATCH_H

#include "labels/labelled.h"
#include "nn/net.h"
#include "plugin/chain.h"

struct ho_batch {
  const char *path; /* borrowed, for messages */
  int count, size;  /* mini-batches, images in each */
  int classes;
  struct ho_shape shape; /* of an image */
  float *x;              /* [count*size][H][W][C] */
  uint16_t *label;       /* [count*size] */
};

/* classes = 0: the largest label + 1, at least 2. */
int ho_batch_read(const char *path, int classes, struct ho_batch *, struct ho_error *);
void ho_batch_free(struct ho_batch *);

/* -1 with both numbers when a step of the chain takes another number of mini-batches: its option `minibatches'. */
int ho_batch_fits(const struct ho_batch *, const struct ho_chain *, struct ho_error *);

/* A data set of these images without pixels, all of them training images with the labels given. */
int ho_batch_data(const struct ho_batch *, struct ho_dataset *, struct ho_labelled *, struct ho_error *);

#endif
