/* SPDX-License-Identifier: MIT
 * hold_out.h - test images for a data set that has none: a share of each class is taken from the training images, as
 * test=0.2 in the name of a user's data set asks for.
 *
 * The seed is part of the data set's name (seed=N; without it, 0) and not that of a run, so that runs with different
 * seeds are scored on the same test images. */
#ifndef HO_HOLD_OUT_H
#define HO_HOLD_OUT_H

#include "data/images.h"

/* Reads a share, such as 0.2.  Returns 1 and sets *share; 0 if the text is not a number, but a file's name, say; -1, with
 * the reason, if it is a number that is not between 0 and 1. */
int ho_hold_out_share(const char *text, double *share, struct ho_error *);

/* Moves images from `all' to `test', which is empty: of each class its share, rounded so that the total is the share of
 * all images, to within one image; but the last image of a class stays.  Which ones depends on the seed.  Both keep the
 * order that the images had, with their superclasses, names of files and numbers (images.h); the names remain in all->file_text.  Fails when
 * no image can be moved.  The caller frees both, after a failure, too. */
int ho_hold_out(struct ho_images *all, int classes, double share, uint64_t seed, struct ho_images *test,
                struct ho_error *);

#endif
