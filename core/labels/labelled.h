/* SPDX-License-Identifier: MIT
 * labelled.h - the labelled samples of a run: a data set's split, and the given labels of each part.
 *
 * They depend on the sizes, the noise and the seeds alone. */
#ifndef HO_LABELLED_H
#define HO_LABELLED_H

#include "data/split.h"
#include "labels/label_file.h"
#include "labels/noise.h"

struct ho_labelled {
  struct ho_split split;
  uint16_t *given[HO_PARTS];   /* [split.part[p].n] given labels; of the clean part, the true ones */
  double wrong[HO_PARTS];      /* expected number of wrong ones among them; NaN: not known */
  struct ho_part_ids left_out; /* of the training part, by ho_fold_leave_out: not trained on */
  uint16_t *left_out_given;    /* [left_out.n] */
  enum ho_truth truth;
  struct ho_file_labels file;  /* of the label file; `given' is NULL where there is none */
  int is_partial;              /* the split is made of the images that have a label in that file, not of all */
  struct ho_warnings warnings; /* about the data, sizes, classes, rates and label files, for the user */
};

/* Splits the training images by `seed' into parts of these sizes (split.h), and labels the training and the validation
 * part by `noise_seed' (negative: by `seed').  Where a label file has no label for an image of these two parts, the split is
 * made of those images alone that it has labels for; with fewer than half of all images, a warning says so.  Fails, with
 * nothing to free, when the split or the noise does, and when clean images are wanted whose true labels are not known.  The
 * data set is not kept. */
int ho_labelled_make(const struct ho_dataset *, const size_t size[HO_PARTS], const struct ho_noise *, uint64_t seed,
                     long long noise_seed, struct ho_labelled *, struct ho_error *);
void ho_labelled_free(struct ho_labelled *);

/* The rows of labels.tsv, ascending by image: training part, what was left out of it, and validation part; where the
 * split is made of the images of a label file, all of these, so that labels.tsv makes the same split.  The caller frees them by
 * ho_labelled_rows_free. */
int ho_labelled_rows(const struct ho_labelled *, const struct ho_dataset *, struct ho_label_file *, struct ho_error *);
void ho_labelled_rows_free(struct ho_label_file *);

#endif
