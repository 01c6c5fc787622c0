/* SPDX-License-Identifier: MIT
 * simd.c - detects and selects the instruction set; see simd.h. */
#include "compute/simd.h"

#include <string.h>

static const char *const names[] = { [HO_SIMD_PLAIN] = "plain", [HO_SIMD_AVX2] = "avx2", [HO_SIMD_AVX512] = "avx512" };
static enum ho_simd chosen = HO_SIMD_PLAIN;

int ho_simd_has(enum ho_simd path)
{
#ifdef __x86_64__
  if (path == HO_SIMD_AVX2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (path == HO_SIMD_AVX512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
#endif
  return path == HO_SIMD_PLAIN;
}

int ho_simd_setup(const char *name, struct ho_error *err)
{
  int path = HO_SIMD_PATHS - 1;
  if (name && *name) {
    while (path >= 0 && strcmp(names[path], name))
      path--;
    if (path < 0)
      return ho_error_set(err, "HOLDOUT_KERNELS=%.40s: choose one of plain, avx2, avx512", name);
    if (!ho_simd_has((enum ho_simd)path))
      return ho_error_set(err, "HOLDOUT_KERNELS=%s: this processor lacks it; leave it unset for the best there is",
                          name);
  } else
    while (!ho_simd_has((enum ho_simd)path))
      path--;
  chosen = (enum ho_simd)path;
  return 0;
}

enum ho_simd ho_simd(void)
{
  return chosen;
}

const char *ho_simd_name(enum ho_simd path)
{
  return names[path];
}
