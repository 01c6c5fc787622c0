/* SPDX-License-Identifier: MIT
 * random.h - counter-based random streams (Philox4x64-10: Salmon et al., SC 2011; Random123).
 *
 * A stream is a value.  Its key is made of seed and purpose, its counter of (a, b) and a position.  Every draw can be
 * repeated from these, so that no generator's state is saved, and a new draw for one purpose changes no other. */
#ifndef HO_RANDOM_H
#define HO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifndef HO_STREAM_H /* holdout/optimizer.h declares it for plugins, which do not include this file */
#define HO_STREAM_H
struct ho_stream {
  uint64_t word[4];
};
#endif

/* The stream of `purpose' ("shuffle", "noise", ...) under `seed', at (a, b), usually (step or epoch, index). */
struct ho_stream ho_stream_make(uint64_t seed, const char *purpose, uint64_t a, uint64_t b);

uint64_t ho_stream_bits(struct ho_stream *);                   /* the next 64 bits */
void ho_stream_fill(struct ho_stream *, uint64_t *, size_t n); /* the same bits as n calls, four at a time */
double ho_stream_uniform(struct ho_stream *);                  /* [0, 1), 53 bits */
double ho_stream_normal(struct ho_stream *);                   /* N(0, 1), by Box and Muller */
double ho_stream_gamma(struct ho_stream *, double shape);      /* shape > 0 (else NaN), scale 1: Marsaglia and Tsang */
uint64_t ho_stream_below(struct ho_stream *, uint64_t n);      /* uniform on [0, n), n > 0, unbiased */
void ho_stream_permute(struct ho_stream *, int *p, int n);     /* p: a uniform permutation of 0..n-1 */

#endif
