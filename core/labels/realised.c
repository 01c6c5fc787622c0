/* SPDX-License-Identifier: MIT
 * realised.c - the realised noise rate; see realised.h. */
#include "labels/realised.h"

#include <string.h>

double ho_realised_rate(int classes, size_t n, const uint16_t *true_label, const uint16_t *given, size_t *matrix)
{
  size_t wrong = 0, k = (size_t)classes;
  if (matrix)
    memset(matrix, 0, k * k * sizeof *matrix);
  for (size_t i = 0; i < n; i++) {
    wrong += true_label[i] != given[i];
    if (matrix)
      matrix[true_label[i] * k + given[i]]++;
  }
  return n ? (double)wrong / (double)n : 0;
}
