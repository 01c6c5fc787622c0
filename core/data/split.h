/* SPDX-License-Identifier: MIT
 * split.h - which training images play which part.
 *
 * Stratified by true label, disjoint, by seed: training (given labels), validation (given labels), clean (true labels). */
#ifndef HO_SPLIT_H
#define HO_SPLIT_H

#include "data/dataset.h"

enum ho_part { HO_PART_TRAIN, HO_PART_VALIDATION, HO_PART_CLEAN, HO_PARTS };

struct ho_part_ids {
  uint32_t *id; /* [n] indices into the data set's training images, ascending */
  size_t n;
};
struct ho_split {
  struct ho_part_ids part[HO_PARTS];
};

/* size[HO_PART_TRAIN] = 0: all that is left.  Class counts of a part differ by at most one from balance, or follow the
 * data set's own proportions when all is taken.  Refused (with the numbers) when there are too few images. */
int ho_split_make(const struct ho_images *, int classes, const size_t size[HO_PARTS], uint64_t seed, struct ho_split *,
                  struct ho_error *);
void ho_split_free(struct ho_split *);

#endif
