/* SPDX-License-Identifier: MIT
 * split.h - the split of a data set's training images into parts: training, validation, clean.
 *
 * The parts are disjoint, stratified by the data set's labels, and depend on the seed. */
#ifndef HO_SPLIT_H
#define HO_SPLIT_H

#include "data/dataset.h"

enum ho_part {
  HO_PART_TRAIN,      /* trained on, with given labels */
  HO_PART_VALIDATION, /* held out, with given labels */
  HO_PART_CLEAN,      /* with true labels, for methods that need some */
  HO_PARTS
};

struct ho_part_ids {
  uint32_t *id; /* [n] indices into the data set's training images, ascending */
  size_t n;
};
struct ho_split {
  struct ho_part_ids part[HO_PARTS];
};

/* Makes a split; the caller frees it by ho_split_free.
 *
 * A part with a size gets equal numbers of each class, to within one image, as far as the classes have them; other
 * classes make up for a class that is too small.  size[HO_PART_TRAIN] = 0 means all images that are left, in the data
 * set's proportions.  The validation and clean parts leave an image of each class for training if possible.  Fails if
 * the sizes add up to more than the number of images, or nothing is left for training. */
int ho_split_make(const struct ho_images *, int classes, const size_t size[HO_PARTS], uint64_t seed, struct ho_split *,
                  struct ho_error *);
void ho_split_free(struct ho_split *);

/* Warns of each part that is not balanced, and of classes without a training image.  flag: the flag that set the size
 * of each part, without dashes, for messages; NULL: none did, and the part's balance is not checked. */
int ho_split_warn(const struct ho_split *, const struct ho_images *, int classes, const char *const flag[HO_PARTS],
                  struct ho_warnings *, struct ho_error *);

#endif
