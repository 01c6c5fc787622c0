/* SPDX-License-Identifier: MIT
 * pixels_lanes.h - batch norm, ReLU and pooling over lanes of channels. */
#include "compute/lanes.h"

/* Batch norm before the ReLU; the mean has been subtracted from x. */
HO_INLINE vec normalised(vec x, vec scale, vec shift)
{
  return scale * x + shift;
}

HO_INLINE void affine_lanes(const float *x, const struct ho_affine *a, size_t c, float *y, size_t n)
{
  vec v = normalised(load(x + c, n) - load(a->mean + c, n), load(a->scale + c, n), load(a->shift + c, n));
  store(y + c, at_least(load(a->floor + c, n), v), n);
}

/* Pixel by pixel, so that memory is read in order while the coefficients stay in the cache. */
static void affine(size_t pixels, size_t channels, const float *x, size_t ld, const struct ho_affine *a, float *y,
                   size_t ld_y)
{
  for (size_t p = 0; p < pixels; p++, x += ld, y += ld_y) {
    HO_EACH(channels, affine_lanes(x, a, c, y, n));
  }
}

/* Sums even and odd pixels separately: two chains of additions keep the adders busy. */
HO_INLINE void moments_columns(size_t pixels, const float *x, size_t ld, double *s, double *q, size_t n)
{
  wide sum[2] = { { 0 } }, square[2] = { { 0 } };
  for (size_t p = 0; p < pixels; p++) {
    wide v = load_wide(x + p * ld, n);
    sum[p & 1] += v;
    square[p & 1] += v * v;
  }
  store_doubles(s, sum[0] + sum[1], n);
  store_doubles(q, square[0] + square[1], n);
}

static void moments(size_t pixels, size_t channels, const float *x, size_t ld, double *sum)
{
  size_t c = 0;
  for (; c + WIDE <= channels; c += WIDE)
    moments_columns(pixels, x + c, ld, sum + c, sum + channels + c, WIDE);
  if (c < channels)
    moments_columns(pixels, x + c, ld, sum + c, sum + channels + c, channels - c);
}

HO_INLINE wide widen(vec v, size_t from)
{
  half h;
  memcpy(&h, (float *)&v + from, sizeof h);
  return __builtin_convertvector(h, wide);
}

HO_INLINE void products_columns(size_t pixels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                                const struct ho_affine *a, size_t c, double *s, double *q, size_t n)
{
  vec mean = load(a->mean + c, n), scale = load(a->scale + c, n), shift = load(a->shift + c, n);
  vec floor = load(a->floor + c, n);
  wide sum[2] = { { 0 } }, product[2] = { { 0 } };
  size_t low = n < WIDE ? n : WIDE;
  for (size_t p = 0; p < pixels; p++) {
    vec v = load(x + p * ld + c, n) - mean, d = load(dz + p * ld_dz + c, n);
    d = choose(normalised(v, scale, shift) > floor, d, (vec){ 0 });
    for (size_t h = 0; h < 2; h++) {
      wide wide_d = widen(d, h * WIDE);
      sum[h] += wide_d;
      product[h] += wide_d * widen(v, h * WIDE);
    }
  }
  store_doubles(s + c, sum[0], low);
  store_doubles(q + c, product[0], low);
  if (n > WIDE) {
    store_doubles(s + c + WIDE, sum[1], n - WIDE);
    store_doubles(q + c + WIDE, product[1], n - WIDE);
  }
}

static void products(size_t pixels, size_t channels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                     const struct ho_affine *a, double *sum)
{
  HO_EACH(channels, products_columns(pixels, dz, ld_dz, x, ld, a, c, sum, sum + channels, n));
}

HO_INLINE void slope_lanes(const float *dz, const float *x, const struct ho_affine *a, const struct ho_slope *s,
                           size_t c, int add, float *dx, size_t n)
{
  vec v = load(x + c, n) - load(a->mean + c, n), d = load(dz + c, n);
  vec_int passes = normalised(v, load(a->scale + c, n), load(a->shift + c, n)) > load(a->floor + c, n);
  d = load(s->a + c, n) * choose(passes, d, (vec){ 0 }) + (load(s->b + c, n) * v + load(s->c + c, n));
  store(dx + c, add ? d + load(dx + c, n) : d, n);
}

static void slope(size_t pixels, size_t channels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                  const struct ho_affine *a, const struct ho_slope *s, int add, float *dx, size_t ld_dx)
{
  for (size_t p = 0; p < pixels; p++, x += ld, dz += ld_dz, dx += ld_dx) {
    HO_EACH(channels, slope_lanes(dz, x, a, s, c, add, dx, n));
  }
}

HO_INLINE void maximum_columns(const float *x, int taps, const ptrdiff_t *tap_at, const struct ho_affine *a, size_t c,
                               float *y, uint16_t *tap, size_t n)
{
  vec best = { 0 };
  vec_int which = { 0 };
  for (int t = 0; t < taps; t++) {
    vec v = load(x + tap_at[t] + c, n);
    if (a)
      v = at_least(load(a->floor + c, n),
                   normalised(v - load(a->mean + c, n), load(a->scale + c, n), load(a->shift + c, n)));
    vec_int wins = t ? (v > best) | (v != v) : ~(vec_int){ 0 };
    best = choose(wins, v, best);
    which = (wins & t) | (~wins & which);
  }
  store(y + c, best, n);
  for (size_t l = 0; tap && l < n; l++)
    tap[c + l] = (uint16_t)which[l];
}

static void maximum(size_t channels, const float *x, int taps, const ptrdiff_t *tap_at, const struct ho_affine *a,
                    float *y, uint16_t *tap)
{
  HO_EACH(channels, maximum_columns(x, taps, tap_at, a, c, y, tap, n));
}
