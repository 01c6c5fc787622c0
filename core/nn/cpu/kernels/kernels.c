/* SPDX-License-Identifier: MIT
 * kernels.c - the table of kernels for the instruction set in use. */
#include "nn/cpu/kernels/kernels.h"

#include "compute/simd.h"

static const struct ho_kernels *const table[HO_SIMD_PATHS] = {
  [HO_SIMD_PLAIN] = &ho_kernels_plain,
#ifdef __x86_64__
  [HO_SIMD_AVX2] = &ho_kernels_avx2,
  [HO_SIMD_AVX512] = &ho_kernels_avx512,
#endif
};

const struct ho_kernels *ho_kernels(void)
{
  return table[ho_simd()];
}
