/* SPDX-License-Identifier: MIT
 * vector.h - operations on long float32 vectors: parameters, gradients, rows of the gradient matrix.
 *
 * Each divides its vectors into chunks of fixed size, which run in parallel, and sums in the order of chunks. */
#ifndef HO_VECTOR_H
#define HO_VECTOR_H

#include <stddef.h>

/* sum_i a[i] b[i], products and sums in double. */
double ho_vector_dot(size_t n, const float *a, const float *b);

/* For rows r = 0 .. rows-1, of which row r begins at a + r*ld: va[r] = ho_vector_dot(n, v, row r) and
 * aa[r] = ho_vector_dot(n, row r, row r), to the last bit, in one pass through memory. */
void ho_vector_dots(size_t n, const float *v, int rows, const float *a, size_t ld, double *va, double *aa);

/* out[i] = sum_r w[r] a[r*ld + i], r = 0 .. rows-1 in order, in float32, with w rounded to float32 first.  out may be
 * row 0 of a.  rows = 0 clears out. */
void ho_vector_combine(size_t n, float *out, int rows, const double *w, const float *a, size_t ld);

/* out[i] = c[0] x[0][i] + c[1] x[1][i] + ..., terms in order, in float32, with c rounded to float32 first, each product
 * and each sum rounded.  out may be one of x. */
void ho_vector_blend(size_t n, float *out, int terms, const double *c, const float *const *x);

/* Index of the first element that is NaN or infinite; n if all are finite. */
size_t ho_vector_nonfinite(size_t n, const float *a);

#endif
