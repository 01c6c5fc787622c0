/* SPDX-License-Identifier: MIT
 * augment.h - from stored bytes to the network's input: augmentation, then scaling.
 *
 * Unless an augmentation scales by itself, values are (x/255 - mean_c)/deviation_c for channel c of the data set. */
#ifndef HO_AUGMENT_H
#define HO_AUGMENT_H

#include "compute/random.h"
#include "data/dataset.h"

struct ho_augment {
  const char *name, *summary;
  /* Returns height or width of the result for that of an image. */
  int (*side)(int side);
  /* Turns one image, pixel [H][W][C], into out [side(H)][side(W)][C].  Random numbers come from the stream; NULL: the fixed
   * form for evaluation. */
  void (*apply)(const struct ho_dataset *, const uint8_t *pixel, struct ho_stream *stream, float *out);
  /* Changes all images of the data set in place, once, after labels were made from them and before any is used.  It
   * depends on the seed alone, so that a run that is loaded again gets the same images.  NULL: nothing to do. */
  int (*arrange)(struct ho_dataset *, uint64_t seed, struct ho_error *);
};
/* The table; a row with name NULL ends it. */
const struct ho_augment *ho_augments(void);
/* Returns the row of that name, or NULL.  Unknown names get a suggestion. */
const struct ho_augment *ho_augment_find(const char *name, struct ho_error *);

#endif
