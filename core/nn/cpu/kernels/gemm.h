/* SPDX-License-Identifier: MIT
 * gemm.h - matrix products (by BLAS), and how to cut them into tasks. */
#ifndef HO_GEMM_H
#define HO_GEMM_H

#include <stddef.h>

enum ho_transpose { HO_PLAIN, HO_TRANSPOSED };

/* C = op(A) op(B) + beta C, row-major; op(A) is m x k, op(B) k x n, C m x n, each with its leading dimension.  With
 * beta = 0, C need not be initialised.  Uses one thread; callers run several products at once. */
void ho_gemm(enum ho_transpose ta, enum ho_transpose tb, size_t m, size_t n, size_t k, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc);

/* Cuts n columns into panels for tasks: an even number of them, for two or more cores, each about 128 wide and (except
 * the last) not narrower than `least'.  Depends on nothing but n and least, because the bits of a product depend on its
 * shape. */
struct ho_panels {
  size_t panels, width; /* how many; columns of each */
};
struct ho_panels ho_panels_of(size_t n, size_t least);

/* sum[j] = sum of a[r*ld + j] over the rows r, in order, in double. */
void ho_column_sums(size_t rows, size_t columns, const float *a, size_t ld, double *sum);

#endif
