/* SPDX-License-Identifier: MIT
 * kernels_plain.c - kernels_lanes.h for any processor. */
#define HO_LANES 4
#define HO_TABLE ho_kernels_plain
#include "nn/cpu/kernels/kernels_lanes.h"
