/* SPDX-License-Identifier: MIT
 * vector_plain.c - vector_lanes.h for any processor. */
#define HO_LANES 4
#define HO_TABLE ho_vector_plain
#include "compute/vector_lanes.h"
