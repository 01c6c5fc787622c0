/* SPDX-License-Identifier: MIT
 * vector_chunks.h - the kernels of vector.c: one table per path of simd.h. */
#ifndef HO_VECTOR_CHUNKS_H
#define HO_VECTOR_CHUNKS_H

#include <stddef.h>

struct ho_vector_kernels {
  double (*dot)(size_t n, const float *a, const float *b);
  void (*combine)(size_t n, float *out, int rows, const double *w, const float *a, size_t ld); /* out may be row 0 */
};
extern const struct ho_vector_kernels ho_vector_plain, ho_vector_avx2, ho_vector_avx512;

#endif
