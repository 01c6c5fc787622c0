/* SPDX-License-Identifier: MIT
 * matrix.h - a transition matrix of labels, printed whole while it fits a terminal, else summed up. */
#ifndef HO_MATRIX_H
#define HO_MATRIX_H

#include "data/dataset.h"

/* count [K][K]: row true class, column given class. */
int ho_matrix_print(const struct ho_dataset *, const size_t *count, struct ho_error *);

#endif
