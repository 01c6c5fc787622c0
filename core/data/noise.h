/* SPDX-License-Identifier: MIT
 * noise.h - wrong labels, by model and rate.
 *
 * A specification is NAME, NAME:RATE, NAME:RATE,key=value or file:PATH.  In this table: none, symmetric (exclusive and
 * exact: in each class floor(r N_c) labels, chosen without replacement, become one of the K-1 others uniformly; the
 * default of the paper's authors). */
#ifndef HO_NOISE_H
#define HO_NOISE_H

#include "data/dataset.h"

struct ho_noise {
  const struct ho_noise_model *model;
  double rate; /* nominal; for file: not known, NaN */
  char path[4096];
  char spec[4200]; /* normalised text */
};

struct ho_noise_input {
  const struct ho_dataset *data;
  const uint32_t *id; /* [n] training images to label */
  size_t n;
  uint64_t seed;
  int part; /* enum ho_part: parts draw from streams of their own */
};

struct ho_noise_model {
  const char *name, *summary, *citation;
  int takes_rate;
  int (*apply)(const struct ho_noise *, const struct ho_noise_input *, uint16_t *given, struct ho_error *);
};
const struct ho_noise_model *ho_noise_models(void); /* a NULL name ends the table */

int ho_noise_parse(const char *spec, struct ho_noise *, struct ho_error *);

/* given[i] for data->train.label[id[i]]. */
int ho_noise_apply(const struct ho_noise *, const struct ho_noise_input *, uint16_t *given, struct ho_error *);

/* Share of labels that differ; matrix [K][K] of counts, row = true class, column = given (either may be NULL). */
double ho_noise_realised(int classes, size_t n, const uint16_t *true_label, const uint16_t *given, size_t *matrix);

/* ---- label files (labels.c) ----
 * TSV: lines starting with # are notes; then a header line, then index, true, given per line, index into the data set's
 * training images.  Or one raw byte per training image. */
struct ho_label_file {
  size_t n;
  const uint32_t *id;              /* [n] */
  const uint16_t *true_label, *given;
};
/* Writes atomically, with the specification, nominal and realised rate and the SHA-256 of the rows in the notes. */
int ho_labels_write(const char *path, const struct ho_label_file *, const struct ho_noise *, struct ho_error *);
/* The given label of each of n wanted ids; refused when one is missing, out of range, twice, or when a `true' column
 * contradicts the data set. */
int ho_labels_read(const char *path, const struct ho_dataset *, const uint32_t *id, size_t n, uint16_t *given,
                   struct ho_error *);

#endif
