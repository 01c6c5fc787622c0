/* SPDX-License-Identifier: MIT
 * noise_models.h - the functions behind the table of noise models (noise.c), and what they share.
 *
 * Each finds the true labels in given[0 .. n) and writes the given ones over them. */
#ifndef HO_NOISE_MODELS_H
#define HO_NOISE_MODELS_H

#include "compute/random.h"
#include "labels/noise.h"

/* The stream of in->id[i]'s label under the models that decide label by label.  It is the same for all of these, and
 * its first number u makes the label wrong where u is below the rate: so at one seed they make the same images wrong,
 * at a higher rate those and more, and an image's label does not depend on which others are there. */
static inline struct ho_stream ho_noise_stream(const struct ho_noise_input *in, size_t i)
{
  return ho_stream_make(in->seed, "noise-label", (uint64_t)in->part, in->id[i]);
}

/* -1 with a message unless two classes or more have images. */
int ho_noise_needs_two(const struct ho_noise *, const struct ho_noise_input *, const struct ho_noise_classes *,
                       struct ho_error *);
/* -1 with a message unless the data set is `dataset'. */
int ho_noise_needs_dataset(const struct ho_noise *, const struct ho_noise_input *, const char *dataset,
                           struct ho_error *);

/* Of each model: apply, and how many of n labels of a class become wrong on average. */
#define HO_NOISE_MODEL(name) \
  int ho_noise_##name(const struct ho_noise *, const struct ho_noise_input *, const struct ho_noise_classes *, \
                      uint16_t *given, struct ho_error *); \
  double ho_noise_##name##_wrong(const struct ho_noise *, int choices, int class, size_t n)

HO_NOISE_MODEL(symmetric); /* noise_symmetric.c */
HO_NOISE_MODEL(bernoulli);
HO_NOISE_MODEL(inclusive);
HO_NOISE_MODEL(pair); /* noise_map.c */
HO_NOISE_MODEL(asymmetric);
HO_NOISE_MODEL(super_cycle);
HO_NOISE_MODEL(block5);
HO_NOISE_MODEL(air);      /* noise_air.c */
HO_NOISE_MODEL(instance); /* noise_instance.c */

#endif
