/* SPDX-License-Identifier: MIT
 * noise_models.h - the functions behind the table of noise models (noise.c), one per model.
 *
 * Each finds the true labels in given[0 .. n) and writes the given ones over them. */
#ifndef HO_NOISE_MODELS_H
#define HO_NOISE_MODELS_H

#include "data/noise.h"

int ho_noise_symmetric(const struct ho_noise *, const struct ho_noise_input *, uint16_t *given, struct ho_error *);

#endif
