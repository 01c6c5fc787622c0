/* SPDX-License-Identifier: MIT
 * confusion.h - which class was predicted for which: counts, precision, recall. */
#ifndef HO_CONFUSION_H
#define HO_CONFUSION_H

#include "data/dataset.h"

struct ho_confusion {
  const char *against; /* "given" or "true": what the rows are */
  const struct ho_dataset *data;
  size_t *count; /* [K][K]: row, class by its label; column, predicted class */
};

/* The member `against' is set by the caller, the data set is borrowed.  The caller frees by ho_confusion_free. */
int ho_confusion_make(struct ho_confusion *, const struct ho_dataset *, struct ho_error *);
void ho_confusion_free(struct ho_confusion *);
void ho_confusion_add(struct ho_confusion *, int label, int predicted);

/* Prints classes with their number of images and of predictions, precision (the share of right ones among predictions of
 * the class) and recall (among its images); then the matrix or, of many classes, the most frequent confusions.  Of many
 * classes only those with the least recall are told.  width: of the terminal, 0: none. */
int ho_confusion_print(const struct ho_confusion *, int width, struct ho_error *);
/* Writes n matrices as one TSV table: a row per class and matrix, with a column for each predicted class. */
int ho_confusion_write(const struct ho_confusion *, int n, const char *path, struct ho_error *);

#endif
