/* SPDX-License-Identifier: MIT
 * noise.h - label noise: given labels drawn from true labels, by model and rate.
 *
 * A specification is NAME, NAME:RATE or file:PATH.  Three rates are told apart: the nominal rate is the model's parameter;
 * the expected rate is the share of labels that the model makes wrong on average (ho_noise_expected); the realised rate is
 * the share that is wrong in the labels at hand (realised.h).  The models are rows of a table in noise.c; their
 * definitions are at the top of the files noise_*.c.  Given labels are always classes that have training images. */
#ifndef HO_NOISE_H
#define HO_NOISE_H

#include "data/dataset.h"

struct ho_noise {
  const struct ho_noise_model *model;
  double rate;             /* nominal, 0..1; NaN for file */
  char path[4096];         /* of the label file; "" for all other models */
  const int32_t *labels;   /* [training images] those of the label file, once they have been read; borrowed */
  const char *true_labels; /* the setting, borrowed; NULL: unknown */
  int sealed;              /* the label file must have its SHA-256 (label_file.h) */
  char spec[4200];         /* the specification, normalised */
};

struct ho_noise_input {
  const struct ho_dataset *data;
  const uint32_t *id; /* [n] training images to label */
  size_t n;
  uint64_t seed;
  int part; /* enum ho_part: each part has random streams of its own */
};

/* The classes that have training images: only these are given. */
struct ho_noise_classes {
  int n;
  uint16_t *class; /* [n] ascending */
  uint16_t *rank;  /* [classes of the data set] the class's index in `class'; 0 for one without images */
};

struct ho_noise_model {
  const char *name, *summary, *citation; /* citation: NULL: none */
  int takes_rate;
  int rounds;          /* the numbers of wrong labels are rounded, not drawn */
  int needs_two;       /* it needs at least two classes with training images */
  const char *dataset; /* the only data set for which it is defined; NULL: any */
  /* Finds the true labels in given [in->n], and replaces them by the given ones. */
  int (*apply)(const struct ho_noise *, const struct ho_noise_input *, const struct ho_noise_classes *, uint16_t *given,
               struct ho_error *);
  /* Returns how many of n labels of a class in one part become wrong on average, when `choices' classes have training
   * images.  NULL: not known. */
  double (*wrong)(const struct ho_noise *, int choices, int class, size_t n);
};

/* The table; a row with name NULL ends it. */
const struct ho_noise_model *ho_noise_models(void);
/* The form of a specification, for help: NAME, NAME:RATE or NAME:PATH. */
void ho_noise_spec_form(const struct ho_noise_model *, char out[64]);

/* Fills struct ho_noise from a specification.  Unknown names get a suggestion. */
int ho_noise_parse(const char *spec, struct ho_noise *, struct ho_error *);

/* Finds the label file of file:PATH and sets `path' to it (`spec' stays): relative to the working folder, then, if PATH is
 * relative, to the folders where data are looked for (locate.h).  Does nothing for other models. */
int ho_noise_locate(struct ho_noise *, const char *directory, struct ho_error *);

/* Sets given [in->n] to the labels of the training images in->id. */
int ho_noise_apply(const struct ho_noise *, const struct ho_noise_input *, uint16_t *given, struct ho_error *);

/* Sets *wrong to the number of labels (not the share) that the model makes wrong on average in this part, rounding
 * included; NaN: not known. */
int ho_noise_expected(const struct ho_noise *, const struct ho_noise_input *, double *wrong, struct ho_error *);

#endif
