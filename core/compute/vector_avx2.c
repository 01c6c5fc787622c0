/* SPDX-License-Identifier: MIT
 * vector_avx2.c - vector_lanes.h for this path. */
#ifdef __x86_64__
#include "compute/target_avx2.h"
#define HO_TABLE ho_vector_avx2
#include "compute/vector_lanes.h"
#include "compute/target_end.h"
#else
typedef int ho_vector_avx2_is_for_x86;
#endif
