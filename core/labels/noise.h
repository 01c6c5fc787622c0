/* SPDX-License-Identifier: MIT
 * noise.h - wrong labels, by model and rate.
 *
 * A specification is NAME, NAME:RATE or file:PATH.  The nominal rate is the model's own parameter; what share of the
 * labels it makes wrong may be another number, expected (ho_noise_expected), and what came of it a third, realised.
 * The models are rows of a table in noise.c, with their definitions; wrong labels are always drawn from true ones, and
 * only classes that have training images are given. */
#ifndef HO_NOISE_H
#define HO_NOISE_H

#include "data/dataset.h"

struct ho_noise {
  const struct ho_noise_model *model;
  double rate;     /* nominal; for file: not known, NaN */
  char path[4096]; /* of file */
  int sealed;      /* the file must have holdout's checksum of its rows */
  char spec[4200]; /* normalised text */
};

struct ho_noise_input {
  const struct ho_dataset *data;
  const uint32_t *id; /* [n] training images to label */
  size_t n;
  uint64_t seed;
  int part; /* enum ho_part: parts draw from streams of their own */
};

/* The classes that have training images: those that a label can be drawn from. */
struct ho_noise_classes {
  int n;
  uint16_t *class; /* [n] ascending */
  uint16_t *rank;  /* [the data set's classes] its place in `class' */
};

struct ho_noise_model {
  const char *name, *summary, *citation;
  int takes_rate;
  int rounds; /* the numbers of wrong labels are rounded, not drawn */
  int (*apply)(const struct ho_noise *, const struct ho_noise_input *, const struct ho_noise_classes *, uint16_t *given,
               struct ho_error *);
  /* How many of n labels of a class in one part become wrong on average, `choices' classes having images; NULL: not
   * known. */
  double (*wrong)(const struct ho_noise *, int choices, int class, size_t n);
};
const struct ho_noise_model *ho_noise_models(void);                   /* a NULL name ends the table */
void ho_noise_spec_form(const struct ho_noise_model *, char out[64]); /* NAME:RATE and so on, as it is written */

int ho_noise_parse(const char *spec, struct ho_noise *, struct ho_error *);

/* Finds the label file of `file:PATH', for all others does nothing: from the working folder, then, if PATH is relative,
 * from where data are looked for (--data-dir or the usual folders; see dataset.h).  The path becomes what was found,
 * the specification stays what was given. */
int ho_noise_locate(struct ho_noise *, const char *directory, struct ho_error *);

/* given[i] for data->train.label[id[i]]. */
int ho_noise_apply(const struct ho_noise *, const struct ho_noise_input *, uint16_t *given, struct ho_error *);

/* Share of labels that differ; matrix [K][K] of counts, row = true class, column = given (either may be NULL). */
double ho_noise_realised(int classes, size_t n, const uint16_t *true_label, const uint16_t *given, size_t *matrix);

/* The number of labels that the model makes wrong on average in this part, rounding included; NaN: not known. */
int ho_noise_expected(const struct ho_noise *, const struct ho_noise_input *, double *wrong, struct ho_error *);

/* ---- what is known of the true labels (truth.c) ---- */
enum ho_truth {
  HO_TRUTH_KNOWN,     /* official data sets: their labels count as true */
  HO_TRUTH_REFERENCE, /* the user's own, with wrong labels put in or in a file of their own: the data set's own labels are
                       * what others are compared with */
  HO_TRUTH_UNKNOWN,   /* the user's own as they are: there is nothing to compare with */
};
/* Of a specification of noise and the name of a data set, as ho_dataset_load takes it. */
enum ho_truth ho_noise_truth(const char *noise, const char *dataset);
const char *ho_truth_text(enum ho_truth);

/* ---- label files (labels.c) ----
 * TSV: lines starting with # are notes; then a header line, then index, true, given per line, index into the data set's
 * training images; without the column true where the truth is not known.  Or one raw byte per training image. */
struct ho_label_file {
  size_t n;
  const uint32_t *id; /* [n] */
  const uint16_t *true_label, *given;
  double expected; /* share of wrong labels; NaN: not known, then it is not noted */
  enum ho_truth truth;
};
/* Writes atomically, with the specification, nominal, expected and realised rate and the SHA-256 of the rows in the
 * notes. */
int ho_labels_write(const char *path, const struct ho_label_file *, const struct ho_noise *, struct ho_error *);
/* The given label of each of n wanted ids; refused when one is missing, out of range, twice, or when a `true' column
 * contradicts the data set. */
int ho_labels_read(const char *path, const struct ho_dataset *, const uint32_t *id, size_t n, uint16_t *given,
                   struct ho_error *);
/* The same, and refused, too, when the file has no checksum of its rows. */
int ho_labels_read_sealed(const char *path, const struct ho_dataset *, const uint32_t *id, size_t n, uint16_t *given,
                          struct ho_error *);
/* Warns of a file without a column `true' whose labels agree with the data set's own no better than by chance. */
int ho_labels_warn(const char *path, const struct ho_dataset *, struct ho_warnings *, struct ho_error *);

#endif
