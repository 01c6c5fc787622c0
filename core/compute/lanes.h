/* SPDX-License-Identifier: MIT
 * lanes.h - vectors of HO_LANES floats, by the compiler's vector extension; for the files that are compiled once per
 * path, after HO_LANES is defined and the target is set.
 *
 * A loop over channels is written as its work on one vector, of which n lanes are used: all or half of them, a
 * compile-time constant, or what is left at the end. */
#ifndef HO_LANES_H
#define HO_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HO_INLINE static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((vector_size(4 * HO_LANES)));
typedef float vec_anywhere __attribute__((vector_size(4 * HO_LANES), aligned(4), may_alias));
typedef int32_t vec_int __attribute__((vector_size(4 * HO_LANES)));
/* Half a vector of floats is a vector of doubles. */
typedef float half __attribute__((vector_size(2 * HO_LANES)));
typedef float half_anywhere __attribute__((vector_size(2 * HO_LANES), aligned(4), may_alias));
typedef double wide __attribute__((vector_size(4 * HO_LANES)));
typedef double wide_anywhere __attribute__((vector_size(4 * HO_LANES), aligned(8), may_alias));
enum { WIDE = HO_LANES / 2 };

/* Repeats `work', which uses c and n, for channels c .. c+n-1: whole vectors, half a vector (8 channels are common in
 * narrow networks), then the rest. */
#define HO_EACH(channels, work) \
  do { \
    size_t c = 0; \
    for (; c + HO_LANES <= (channels); c += HO_LANES) { \
      enum { n = HO_LANES }; \
      work; \
    } \
    if (c + HO_LANES / 2 <= (channels)) { \
      enum { n = HO_LANES / 2 }; \
      work; \
      c += n; \
    } \
    if (c < (channels)) { \
      size_t n = (channels)-c; \
      work; \
    } \
  } while (0)

HO_INLINE vec load(const float *p, size_t n)
{
  vec v = { 0 };
  if (n == HO_LANES)
    return *(const vec_anywhere *)p;
  memcpy(&v, p, n * sizeof *p);
  return v;
}

HO_INLINE void store(float *p, vec v, size_t n)
{
  if (n == HO_LANES)
    *(vec_anywhere *)p = v;
  else
    memcpy(p, &v, n * sizeof *p);
}

/* WIDE floats as doubles, and doubles back to memory. */
HO_INLINE wide load_wide(const float *p, size_t n)
{
  half h = { 0 };
  if (n == WIDE)
    h = *(const half_anywhere *)p;
  else
    memcpy(&h, p, n * sizeof *p);
  return __builtin_convertvector(h, wide);
}

HO_INLINE wide load_doubles(const double *p, size_t n)
{
  wide v = { 0 };
  if (n == WIDE)
    return *(const wide_anywhere *)p;
  memcpy(&v, p, n * sizeof *p);
  return v;
}

HO_INLINE void store_doubles(double *p, wide v, size_t n)
{
  if (n == WIDE)
    *(wide_anywhere *)p = v;
  else
    memcpy(p, &v, n * sizeof *p);
}

/* a where m is all ones, b where it is all zeros. */
HO_INLINE vec choose(vec_int m, vec a, vec b)
{
  return (vec)((m & (vec_int)a) | (~m & (vec_int)b));
}

/* max(floor, v); NaN stays NaN. */
HO_INLINE vec at_least(vec floor, vec v)
{
  return choose(v < floor, floor, v);
}

#endif
