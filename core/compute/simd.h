/* SPDX-License-Identifier: MIT
 * simd.h - which vector instructions the kernels use.
 *
 * Hot loops are written once (files *_lanes.h, over vectors of HO_LANES floats) and compiled for each path; tables of
 * functions, one per path, are indexed by enum ho_simd at run time.  Paths round differently, so a run keeps to one. */
#ifndef HO_SIMD_H
#define HO_SIMD_H

#include "base/error.h"

enum ho_simd { HO_SIMD_PLAIN, HO_SIMD_AVX2, HO_SIMD_AVX512, HO_SIMD_PATHS };

/* Selects a path by name: "plain", "avx2", "avx512"; NULL or "": the widest that this processor has.  Returns -1 and
 * changes nothing if the name is unknown or the processor lacks the instructions.  Call it from one thread, before any
 * work. */
int ho_simd_setup(const char *name, struct ho_error *);

enum ho_simd ho_simd(void);    /* plain until ho_simd_setup */
int ho_simd_has(enum ho_simd); /* can this processor run it? */
const char *ho_simd_name(enum ho_simd);

#endif
