/* SPDX-License-Identifier: MIT
 * augment.h - from stored bytes to what the network sees: (x/255 - mean)/deviation per channel, after augmentation;
 * or an augmentation's own scaling. */
#ifndef HO_AUGMENT_H
#define HO_AUGMENT_H

#include "data/dataset.h"
#include "holdout/optimizer.h"

struct ho_augment {
  const char *name, *summary;
  int (*side)(int side); /* height or width of the result, from that of the image */
  /* One image into out [H'][W'][C]; stream NULL: the deterministic form used for evaluation. */
  void (*apply)(const struct ho_dataset *, const uint8_t *pixel, struct ho_stream *stream, float *out);
};
const struct ho_augment *ho_augments(void); /* a NULL name ends */
const struct ho_augment *ho_augment_find(const char *name, struct ho_error *);

#endif
