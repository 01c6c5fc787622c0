/* SPDX-License-Identifier: MIT
 * augment_models.h - augmentations that have a file each, for the table in augment.c; see struct ho_augment. */
#ifndef HO_AUGMENT_MODELS_H
#define HO_AUGMENT_MODELS_H

#include "data/augment.h"

/* augment_authors.c */
int ho_augment_authors_side(int side);
void ho_augment_authors(const struct ho_dataset *, const uint8_t *pixel, struct ho_stream *, float *out);

#endif
