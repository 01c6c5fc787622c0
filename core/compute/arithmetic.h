/* SPDX-License-Identifier: MIT
 * arithmetic.h - which instructions compute: the path of our kernels (simd.h) and the core type of OpenBLAS (blas.h).
 *
 * Both round in their own way, so results of unlike processors differ from the third digit of an accuracy on.  `native'
 * takes the fastest of both.  `portable' takes the kernels for AVX2 and OpenBLAS's for Haswell, which every x86-64 server
 * since 2015 runs, and gives the same bits on all of them. */
#ifndef HO_ARITHMETIC_H
#define HO_ARITHMETIC_H

#include "base/error.h"

/* Chooses both.  name: "native" (also NULL), where the variables HOLDOUT_KERNELS and OPENBLAS_CORETYPE are heeded, or
 * "portable", where they are not.  May be called again.  To be called by one thread, before any work.  -1: the processor
 * cannot, or OpenBLAS is not there. */
int ho_arithmetic_setup(const char *name, struct ho_error *);

/* What was chosen, "avx2/Haswell": runs with equal values compute the same bits, as long as program and OpenBLAS are the
 * same.  Valid until the next setup. */
const char *ho_arithmetic(void);

#endif
