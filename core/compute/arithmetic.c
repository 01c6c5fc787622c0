/* SPDX-License-Identifier: MIT
 * arithmetic.c - kernels and OpenBLAS's core type, chosen together; see arithmetic.h. */
#include "compute/arithmetic.h"

#include <stdlib.h>
#include <string.h>

#include "compute/blas.h"
#include "compute/simd.h"

int ho_arithmetic_setup(const char *name, struct ho_error *err)
{
  if (!name || !strcmp(name, "native"))
    return ho_simd_setup(getenv("HOLDOUT_KERNELS"), err) || ho_blas_setup(NULL, err) ? -1 : 0;
  if (!ho_simd_has(HO_SIMD_AVX2))
    return ho_error_set(err, "--arithmetic portable needs a processor with AVX2 and FMA; `native' runs here, but "
                             "results differ in the last digits");
  if (ho_simd_setup("avx2", err) || ho_blas_setup("Haswell", err))
    return ho_error_prefix(err, "--arithmetic portable");
  return 0;
}
