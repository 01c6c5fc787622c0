/* SPDX-License-Identifier: MIT
 * gemm.c - the only caller of BLAS; see gemm.h. */
#include "nn/cpu/kernels/gemm.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>

#include "compute/blas.h"

void ho_gemm(enum ho_transpose ta, enum ho_transpose tb, size_t m, size_t n, size_t k, const float *a, size_t lda,
             const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
  static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
  const struct ho_blas *blas = ho_blas();
  assert(blas->sgemm);
  assert(m <= INT_MAX && n <= INT_MAX && k <= INT_MAX && lda <= INT_MAX && ldb <= INT_MAX && ldc <= INT_MAX);
  if (blas->one_at_a_time)
    pthread_mutex_lock(&turn);
  blas->sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1,
              a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
  if (blas->one_at_a_time)
    pthread_mutex_unlock(&turn);
}

struct ho_panels ho_panels_of(size_t n, size_t least)
{
  enum { PAIR = 256, ROUND = 8 };
  if (n < 2 * least)
    return (struct ho_panels){ 1, n };
  size_t panels = 2 * ((n + PAIR - 1) / PAIR), width = (n + panels - 1) / panels;
  width = (width + ROUND - 1) / ROUND * ROUND;
  return (struct ho_panels){ (n + width - 1) / width, width };
}

void ho_column_sums(size_t rows, size_t columns, const float *a, size_t ld, double *restrict sum)
{
  for (size_t j = 0; j < columns; j++)
    sum[j] = 0;
  for (size_t r = 0; r < rows; r++, a += ld)
    for (size_t j = 0; j < columns; j++)
      sum[j] += a[j];
}
