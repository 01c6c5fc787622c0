/* SPDX-License-Identifier: MIT
 * review.h - the table by which a person reviews suspects: written, edited in a spreadsheet, and read back.
 *
 *   index,file,given,suggestion,probability,verdict
 *   1234,cat/7.png,cat,dog,0.912,
 *
 * The verdict is `keep', `drop', `suggestion' or the right class, by name or number; empty: not decided.  `file' is there
 * where images have files.  Whatever csv.h reads is read, with the columns in any order; only index and verdict are
 * needed, suggestion for verdicts that name it, and given, where it is there, must be the label that the run was given. */
#ifndef HO_REVIEW_H
#define HO_REVIEW_H

#include "data/dataset.h"

/* What is to become of one label. */
struct ho_decision {
  uint32_t image;
  int32_t label; /* the new one; -1: the image is left out */
  int is_wrong;  /* the given label counts as wrong; else it is kept */
};
struct ho_decisions {
  struct ho_decision *of; /* [n] */
  size_t n, undecided;    /* the latter: rows without a verdict */
};

/* A row of the table to write.  A suggestion of -1 is left empty. */
struct ho_review_row {
  uint32_t image;
  int given, suggestion;
  double probability;
};
int ho_review_write(const char *path, const struct ho_dataset *, const struct ho_review_row *, size_t n,
                    struct ho_error *);

/* given [training images]: the labels of the run, -1 for images that it does not have.  The caller frees the decisions.
 * Messages name line and value. */
int ho_review_read(const char *path, const struct ho_dataset *, const int32_t *given, struct ho_decisions *,
                   struct ho_error *);
void ho_decisions_free(struct ho_decisions *);

#endif
