/* SPDX-License-Identifier: MIT
 * labelled.h - split and label noise together: what a run trains on, from its sizes and seeds alone. */
#ifndef HO_LABELLED_H
#define HO_LABELLED_H

#include "data/split.h"
#include "labels/label_file.h"
#include "labels/noise.h"

struct ho_labelled {
  struct ho_split split;
  uint16_t *given[HO_PARTS]; /* [split.part[p].n] given labels; of the clean part the true ones */
  double wrong[HO_PARTS];    /* how many of them the noise makes wrong on average; NaN: not known */
  enum ho_truth truth;
  struct ho_warnings warnings; /* of parts that are not balanced, rates that rounding changes, files out of order */
};

/* Split by `seed', noise by `noise_seed' (below 0: by `seed').  Train and validation parts are labelled by streams of
 * their own; the clean part keeps its true labels, and is refused where they are not known. */
int ho_labelled_make(const struct ho_dataset *, const size_t size[HO_PARTS], const struct ho_noise *, uint64_t seed,
                     long long noise_seed, struct ho_labelled *, struct ho_error *);
void ho_labelled_free(struct ho_labelled *);

/* True and given labels of the training and validation parts, ascending by image: the rows of labels.tsv.  Freed with
 * ho_labelled_rows_free. */
int ho_labelled_rows(const struct ho_labelled *, const struct ho_dataset *, struct ho_label_file *, struct ho_error *);
void ho_labelled_rows_free(struct ho_label_file *);

#endif
