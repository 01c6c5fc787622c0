/* SPDX-License-Identifier: MIT
 * batch.h - the mini-batches of one step, from a file instead of a data set.
 *
 * The file is one of safetensors: `images', float32 [mini-batch][image][channel][row][column] as they enter the
 * network, and `labels', int64 [mini-batch][image]. */
#ifndef HO_BATCH_H
#define HO_BATCH_H

#include "nn/net.h"

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

#endif
