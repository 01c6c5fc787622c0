/* SPDX-License-Identifier: MIT
 * arithmetic.h - chooses the instruction set of the kernels (simd.h) and the core type of OpenBLAS (blas.h).
 *
 * Each choice rounds differently, so that results of different processors differ from the third digit of an accuracy
 * on.  `native' takes the fastest of both.  `portable' takes the AVX2 kernels and OpenBLAS's for Haswell, which every
 * x86-64 server since 2015 can run, and computes the same bits on all of them. */
#ifndef HO_ARITHMETIC_H
#define HO_ARITHMETIC_H

#include "base/error.h"

/* name: "native" or NULL, which respects the variables HOLDOUT_KERNELS and OPENBLAS_CORETYPE, or "portable", which
 * ignores them.  May be called again.  Call it from one thread, before any work.  Returns -1 if the processor lacks the
 * instructions, or OpenBLAS cannot be loaded. */
int ho_arithmetic_setup(const char *name, struct ho_error *);

#endif
