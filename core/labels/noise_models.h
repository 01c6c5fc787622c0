/* SPDX-License-Identifier: MIT
 * noise_models.h - the functions of the noise models, for the table in noise.c.
 *
 * Each model has two functions, as declared in struct ho_noise_model: apply, and the expected number of wrong labels. */
#ifndef HO_NOISE_MODELS_H
#define HO_NOISE_MODELS_H

#include "compute/random.h"
#include "labels/noise.h"

/* The random stream of image in->id[i], for models that decide label by label.  They all use this one, and make the label
 * wrong when its first uniform number is below the rate.  So at one seed these models make the same images wrong, a higher
 * rate adds wrong labels and keeps the old ones, and an image's label does not depend on which other images are there. */
static inline struct ho_stream ho_noise_stream(const struct ho_noise_input *in, size_t i)
{
  return ho_stream_make(in->seed, "noise-label", (uint64_t)in->part, in->id[i]);
}

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
