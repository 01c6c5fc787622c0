/* SPDX-License-Identifier: MIT
 * folds.h - what the runs of a cross-validation recorded of the folds that each left out, as one recording. */
#ifndef HO_FOLDS_H
#define HO_FOLDS_H

#include "run/samples.h"

/* The folder of fold i = 1 .. of: DIR/fold-2-of-5. */
int ho_fold_folder(const char *dir, int i, int of, char path[4096], struct ho_error *);

/* Reads left-out.safetensors of all folds and puts the samples together, in the order of their images.  Fails when a file is
 * damaged, when the folds have not the same evaluations, when one has true labels and another has none, and when an image is
 * in two of them.  The caller frees it by ho_samples_free; `sample' stays NULL. */
int ho_folds_read(const char *dir, int of, struct ho_samples *, struct ho_error *);

#endif
