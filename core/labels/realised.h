/* SPDX-License-Identifier: MIT
 * realised.h - the realised noise rate: the share of given labels that differ from the true ones. */
#ifndef HO_REALISED_H
#define HO_REALISED_H

#include <stddef.h>
#include <stdint.h>

/* Returns the share of the n labels in which true_label [n] and given [n] differ; 0 when n is 0.
 * matrix: NULL, or [classes][classes], row-major, set to the number of labels by true class (row) and given class
 * (column).  classes is used for the matrix alone; all labels must be below it. */
double ho_realised_rate(int classes, size_t n, const uint16_t *true_label, const uint16_t *given, size_t *matrix);

#endif
