/* SPDX-License-Identifier: MIT
 * gemm.h - matrix products, and how they are cut into tasks. */
#ifndef HO_GEMM_H
#define HO_GEMM_H

#include <stddef.h>

enum ho_transpose { HO_PLAIN, HO_TRANSPOSED };

/* C = op(A) op(B) + beta C, row-major; op(A) is m x k, op(B) k x n, C m x n, each with its leading dimension.  With
 * beta = 0 it does not matter what C holds.  One thread: tasks run side by side. */
void ho_gemm(enum ho_transpose ta, enum ho_transpose tb, size_t m, size_t n, size_t k, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc);

/* How n columns become panels: an even number of them, for two cores or more, about 128 wide and never narrower than
 * `least' (but for the last).  A function of n alone, because the bits of a product depend on its shape. */
struct ho_split {
  size_t panels, width;
};
struct ho_split ho_split_columns(size_t n, size_t least);

/* sum[j] = sum over rows of a[r*ld + j], in double, rows in order. */
void ho_column_sums(size_t rows, size_t columns, const float *a, size_t ld, double *sum);

#endif
