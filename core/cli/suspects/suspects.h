/* SPDX-License-Identifier: MIT
 * suspects.h - the output of `holdout suspects': standard output, lists, a sheet of images, label files. */
#ifndef HO_CLI_SUSPECTS_H
#define HO_CLI_SUSPECTS_H

#include <stdio.h>

#include "data/dataset.h"
#include "report/joint.h"
#include "report/review.h"
#include "report/suspects.h"
#include "run/rundir.h"

struct ho_suspect_list {
  const struct ho_run_record *run;
  const struct ho_dataset *data; /* NULL: not needed, and not there */
  const struct ho_suspects *suspects;
  const struct ho_joint *joint;
  int folds; /* scored by that many networks, none of which had seen the sample; 0: by the run's own */
  enum ho_ranking by;
  const uint32_t *order; /* of that ranking */
  size_t top;            /* how many are listed */
};

/* Prints how many labels seem to be wrong, and how well each ranking finds the wrong ones or, if they are not known, the
 * first ten suspects. */
int ho_suspects_print(const struct ho_suspect_list *, struct ho_error *);

/* The part of it about numbers: in all, then of the ten classes and the ten pairs of classes that have most of them. */
int ho_counts_print(const struct ho_suspect_list *, struct ho_error *);
/* Writes all pairs of classes as TSV. */
int ho_counts_write(const struct ho_suspect_list *, const char *path, struct ho_error *);

/* Write the list as TSV, its first `images' images as PNG, the list as a review table.  Each file appears complete or not
 * at all. */
int ho_suspects_write(const struct ho_suspect_list *, const char *path, struct ho_error *);
int ho_suspects_draw(const struct ho_suspect_list *, int images, int columns, const char *path, struct ho_error *);
int ho_suspects_write_review(const struct ho_suspect_list *, const char *path, struct ho_error *);

/* A class by its name, or by its number, which is written to `number'.  data NULL: there are no names. */
enum { HO_CLASS_TEXT = 16 };
const char *ho_class_text(const struct ho_dataset *data, int class, char number[HO_CLASS_TEXT]);
/* The same as fields of a TSV file: its number, then, if the data set has names, a tab and its name. */
void ho_class_write(FILE *, const struct ho_dataset *data, int class);

/* Label files from the labels that the run kept: with the suspects' labels replaced by what is predicted (it stays where
 * that is the given one), and without the suspects.  File names are NULL where they are not wanted. */
struct ho_relabel {
  const char *reviewed; /* the verdicts in this table decide instead */
  const char *to[2];    /* relabelled, dropped */
  struct {
    size_t rows, changed, left_out;
  } done[2]; /* of each file */
  size_t verdicts, undecided;
};
int ho_relabel_write(struct ho_relabel *, const struct ho_suspect_list *, struct ho_error *);
void ho_relabel_print(const struct ho_relabel *); /* what was done */

#endif
