/* SPDX-License-Identifier: MIT
 * vector.h - operations on long float32 vectors: parameters, gradients, rows of the gradient matrix.
 *
 * All are cut into fixed chunks, run in parallel and summed in the order of the chunks. */
#ifndef HO_VECTOR_H
#define HO_VECTOR_H

#include <stddef.h>

/* sum_i a[i] b[i], products and sums in double. */
double ho_vector_dot(size_t n, const float *a, const float *b);

/* va[r] = ho_vector_dot(n, v, row r), aa[r] = ho_vector_dot(n, row r, row r), to the last bit, with one walk through
 * memory; row r begins at a + r*ld. */
void ho_vector_dots(size_t n, const float *v, int rows, const float *a, size_t ld, double *va, double *aa);

/* out[i] = sum_r w[r] a[r*ld + i], r = 0 .. rows-1 in order, in float32 with w rounded once.  out may be row 0 of a.
 * rows = 0 clears out. */
void ho_vector_combine(size_t n, float *out, int rows, const double *w, const float *a, size_t ld);

/* The index of the first element that is NaN or infinite; n when all are finite. */
size_t ho_vector_nonfinite(size_t n, const float *a);

#endif
