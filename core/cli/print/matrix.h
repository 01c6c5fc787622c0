/* SPDX-License-Identifier: MIT
 * matrix.h - prints a transition matrix of labels: in full if it fits a terminal, else a summary. */
#ifndef HO_MATRIX_H
#define HO_MATRIX_H

#include "data/dataset.h"

/* count [K][K]: row: true class, column: given class.  Returns -1 if memory is short. */
int ho_matrix_print(const struct ho_dataset *, const size_t *count, struct ho_error *);

#endif
