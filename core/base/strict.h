/* SPDX-License-Identifier: MIT
 * strict.h - read before every file: floating point has to mean what the standard says.
 *
 * Sums in another order, no NaN and no -0 would give other results on every compiler, and hide a training that diverges.
 * Not all compilers tell of all such flags; configure and make check run build-aux/arithmetic.c, too. */
#ifndef HO_STRICT_H
#define HO_STRICT_H

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__) || defined __ASSOCIATIVE_MATH__ || \
    defined __RECIPROCAL_MATH__ || defined __NO_SIGNED_ZEROS__
#error "holdout is not compiled with -Ofast, -ffast-math, -funsafe-math-optimizations and their like: use -O3"
#endif

#endif
