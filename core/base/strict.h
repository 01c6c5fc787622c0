/* SPDX-License-Identifier: MIT
 * strict.h - included before every file: floating-point arithmetic must follow the C standard.
 *
 * With reordered sums, or without NaN and -0, results would depend on the compiler, and a training that diverges
 * would go unnoticed.  Not every compiler defines a macro for each such flag, so configure and make check also run
 * build-aux/arithmetic.c. */
#ifndef HO_STRICT_H
#define HO_STRICT_H

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__) || defined __ASSOCIATIVE_MATH__ || \
    defined __RECIPROCAL_MATH__ || defined __NO_SIGNED_ZEROS__
#error "holdout is not compiled with -Ofast, -ffast-math, -funsafe-math-optimizations and their like: use -O3"
#endif

#endif
