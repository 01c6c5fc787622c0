/* SPDX-License-Identifier: MIT
 * kernels_avx512.c - kernels_lanes.h for this path. */
#ifdef __x86_64__
#include "compute/target_avx512.h"
#define HO_TABLE ho_kernels_avx512
#include "nn/cpu/kernels/kernels_lanes.h"
#include "compute/target_end.h"
#else
typedef int ho_kernels_avx512_is_for_x86;
#endif
