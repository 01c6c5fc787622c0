/* SPDX-License-Identifier: MIT
 * truth.h - whether the true labels of the training images are known. */
#ifndef HO_TRUTH_H
#define HO_TRUTH_H

enum ho_truth {
  HO_TRUTH_KNOWN,     /* built-in data sets: their labels count as true */
  HO_TRUTH_REFERENCE, /* the user's images, with label noise, or with a label file and the user's word that the data set's
                       * own labels are right (--true-labels own): given labels are compared with these */
  HO_TRUTH_UNKNOWN, /* the user's images with noise `none', or with a label file: nobody said which labels are right */
};

/* noise: a specification as ho_noise_parse takes it; dataset: a name as ho_dataset_load takes it; true_labels: the setting.
 * Cannot fail. */
enum ho_truth ho_truth_of(const char *noise, const char *dataset, const char *true_labels);

/* "known", "the data set's own labels" or "unknown"; static text, also written to files. */
const char *ho_truth_text(enum ho_truth);

#endif
