/* SPDX-License-Identifier: MIT
 * source.h - where mini-batches come from: a data set with labels, split and sampled, or mini-batches of a file.
 *
 * A sample is a number: 0 .. samples-1 are the training part, then come the clean and the validation part.  Its image is
 * an index into the data set's training images.  Samples are drawn from pools; the first three are those of the ABI
 * (HO_TRAIN, HO_CLEAN, HO_VALIDATION), others are made by plugins. */
#ifndef HO_SOURCE_H
#define HO_SOURCE_H

#include "holdout/optimizer.h"

#include "data/augment.h"
#include "data/sampler.h"
#include "labels/labelled.h"
#include "labels/noise.h"
#include "train/batch.h"
#include "train/budget.h"

struct ho_source_pool {
  struct ho_sampler *sampler;
  uint32_t *id; /* [n] samples, by position in the pool */
  size_t n;
};

struct ho_source {
  const struct ho_source_kind *kind;
  uint64_t seed;
  struct ho_dataset data;
  struct ho_noise noise;
  struct ho_labelled labelled;
  struct ho_split test;         /* its training part: the test images that are scored */
  size_t samples, clean, known; /* of the training part, of the clean part, of all parts */
  double wrong;                 /* share of the training labels that are wrong; NaN: the true labels are not known */
  char labels_sha256[HO_SHA256_TEXT];
  const struct ho_augment *augment;
  struct ho_source_pool *pool;
  int pools;
  struct ho_class_list *classes;

  /* the step so far */
  uint16_t *list; /* [list_size] labels that matched mini-batches share; list_size 0: not yet drawn */
  int list_size, list_room;
  int handed; /* mini-batches of the file that have been drawn */

  const struct ho_batch *batch; /* of the file; borrowed */
};

/* A file to read labels from, instead of where the noise file:PATH leads; NULL: there is none. */
struct ho_labels_origin {
  const char *path;
  int sealed; /* it is the labels.tsv of a run */
};

/* What the two kinds do differently. */
struct ho_source_kind {
  int is_data_set; /* it can be evaluated, and where its sampling goes on is part of a checkpoint */
  int (*load)(struct ho_source *, const struct ho_settings *, const struct ho_labels_origin *, struct ho_budget *,
              struct ho_error *);
  /* The samples id[want->size] of the k-th mini-batch of a draw. */
  int (*choose)(struct ho_source *, const struct ho_draw *want, uint32_t *id, struct ho_error *);
  /* x[H][W][C]: the sample as the network sees it, under the augmentation of `view' at `step'. */
  void (*image)(const struct ho_source *, uint32_t sample, uint64_t step, int view, float *x);
  /* After a step: -1 if mini-batches of the file were left over.  NULL: nothing is ever left over. */
  int (*finish)(const struct ho_source *, struct ho_error *);
};
extern const struct ho_source_kind ho_source_data_set, ho_source_batch;

/* Loads data and labels by `kind', and numbers the samples.  s->data may be set already: it is taken instead of the
 * settings' data set; the caller zeroes the rest.  The origin of labels counts when the noise is
 * a label file; other noise is drawn again, the same by its seed.  The budget is made by ho_budget_make.
 * The caller frees *s with ho_source_free, after a failure, too. */
int ho_source_make(struct ho_source *, const struct ho_source_kind *, const struct ho_settings *,
                   const struct ho_labels_origin *, struct ho_budget *, struct ho_error *);
void ho_source_free(struct ho_source *);

/* A new step: the shared list of labels is drawn anew when first needed. */
void ho_source_begin(struct ho_source *);

/* The samples id[want->size] of one mini-batch: the given ones (mini-batch k of a draw), or whatever comes next. */
int ho_source_choose(struct ho_source *, const struct ho_draw *want, int k, uint32_t *id, struct ho_error *);

/* Pool `number' gets these samples; number = pools makes a new one. */
int ho_source_set_pool(struct ho_source *, int number, const uint32_t *ids, size_t n, struct ho_error *);

uint32_t ho_source_image(const struct ho_source *, uint32_t sample); /* index into data.train */
/* The label that a sample is trained with: in the clean part, the true one. */
uint16_t ho_source_label(const struct ho_source *, uint32_t sample);

/* SHA-256 of the data and of the training labels; NULL for mini-batches of a file. */
const char *ho_source_data_sha256(const struct ho_source *);
const char *ho_source_labels_sha256(const struct ho_source *);

#endif
