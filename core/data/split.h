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

/* size[HO_PART_TRAIN] = 0: all that is left, in the data set's own proportions.  A part with a size has the same number
 * of each class, to one; a class with too few images gives what it has, others more.  The parts for validation and
 * clean images leave each class an image for training, as long as that can be.  Refused (with the numbers) when there
 * are too few images in all. */
int ho_split_make(const struct ho_images *, int classes, const size_t size[HO_PARTS], uint64_t seed, struct ho_split *,
                  struct ho_error *);
void ho_split_free(struct ho_split *);
/* Tells of the parts whose classes could not be balanced; flag: what sized each part, NULL where nothing did. */
int ho_split_warn(const struct ho_split *, const struct ho_images *, int classes, const char *const flag[HO_PARTS],
                  struct ho_warnings *, struct ho_error *);

#endif
