/* SPDX-License-Identifier: MIT
 * augment.h - from stored bytes to what the network sees: (x/255 - mean)/deviation per channel, after augmentation;
 * or an augmentation's own scaling. */
#ifndef HO_AUGMENT_H
#define HO_AUGMENT_H

#include "compute/random.h"
#include "data/dataset.h"

struct ho_augment {
  const char *name, *summary;
  int (*side)(int side); /* height or width of the result, from that of the image */
  /* One image into out [H'][W'][C]; stream NULL: the deterministic form used for evaluation. */
  void (*apply)(const struct ho_dataset *, const uint8_t *pixel, struct ho_stream *stream, float *out);
  /* What is done to all images of the data set in place, once, after labels were made from them and before any is
   * seen: by the seed alone, so that whoever loads the run again sees the same; NULL: nothing. */
  int (*arrange)(struct ho_dataset *, uint64_t seed, struct ho_error *);
};
const struct ho_augment *ho_augments(void); /* a NULL name ends */
const struct ho_augment *ho_augment_find(const char *name, struct ho_error *);

#endif
