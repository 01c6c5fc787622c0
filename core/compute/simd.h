/* SPDX-License-Identifier: MIT
 * simd.h - which vector instructions the kernels of this run use.
 *
 * Hot loops are written once (files *_lanes.h, over vectors of HO_LANES floats) and compiled for each path; tables of
 * functions, one per path, are chosen by number at run time.  Paths round differently, so a run keeps to one. */
#ifndef HO_SIMD_H
#define HO_SIMD_H

#include "base/error.h"

enum ho_simd { HO_SIMD_PLAIN, HO_SIMD_AVX2, HO_SIMD_AVX512, HO_SIMD_PATHS };

/* Takes the path called `name' ("plain", "avx2", "avx512"; NULL or "": the widest that this processor has).  -1 when
 * there is no such path or the processor lacks it; then nothing changes.  To be called before any work, by one
 * thread. */
int ho_simd_setup(const char *name, struct ho_error *);

enum ho_simd ho_simd(void);    /* plain until ho_simd_setup */
int ho_simd_has(enum ho_simd); /* does this processor run it? */
const char *ho_simd_name(enum ho_simd);

#endif
