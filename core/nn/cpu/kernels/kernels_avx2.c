/* SPDX-License-Identifier: MIT
 * kernels_avx2.c - kernels_lanes.h for this path. */
#ifdef __x86_64__
#include "compute/target_avx2.h"
#define HO_TABLE ho_kernels_avx2
#include "nn/cpu/kernels/kernels_lanes.h"
#include "compute/target_end.h"
#else
typedef int ho_kernels_avx2_is_for_x86;
#endif
