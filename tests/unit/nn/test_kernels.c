/* SPDX-License-Identifier: MIT
 * test_kernels.c - every kernel of every path that this processor runs, against plain loops in double. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "compute/simd.h"
#include "nn/cpu/kernels/kernels.h"
#include "../twin.h"
#include "../unit.h"

/* Around the vectors of all paths: 4, 8 and 16 floats. */
static const size_t widths[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 35, 48 };
enum { WIDTHS = sizeof widths / sizeof *widths, MOST = 48, TESTS = WIDTHS * HO_SIMD_PATHS };

/* Test number i: a path and a number of channels; 0 when the processor lacks the path. */
static int choose(int i, size_t *channels)
{
  enum ho_simd path = (enum ho_simd)(i / WIDTHS);
  *channels = widths[i % WIDTHS];
  return ho_simd_has(path) && !ho_simd_setup(ho_simd_name(path), NULL);
}

static void ck_near(const char *what, size_t i, double got, double want, double size)
{
  if (!(fabs(got - want) <= 2e-6 * (size + 1)))
    ck_abort_msg("%s %zu of path %s: %.9g, not %.9g", what, i, ho_simd_name(ho_simd()), got, want);
}

/* ---- pixels ---- */

enum { PIXELS = 7, LD = MOST + 5 };

struct affine {
  float *all;
  struct ho_affine view;
};

static struct affine affine_new(void)
{
  float *all = random_floats(4 * MOST, 11);
  for (size_t c = 0; c < MOST; c++)
    all[3 * MOST + c] = c % 3 == 1 ? -INFINITY : 0; /* ReLU or none */
  return (struct affine){ all, { all, all + MOST, all + 2 * MOST, all + 3 * MOST } };
}

static double normalised(const struct ho_affine *a, float x, size_t c)
{
  return (double)a->scale[c] * ((double)x - a->mean[c]) + a->shift[c];
}

START_TEST(affine_of_pixels)
{
  size_t n;
  if (!choose(_i, &n))
    return;
  float *x = random_floats(PIXELS * LD, 1), *y = random_floats(PIXELS * LD, 2), *old = random_floats(PIXELS * LD, 2);
  struct affine a = affine_new();
  x[n / 2] = NAN; /* stays one, whatever the floor */
  ho_kernels()->affine(PIXELS, n, x, LD, &a.view, y, LD);
  for (size_t i = 0; i < PIXELS * LD; i++) {
    size_t c = i % LD;
    if (c >= n)
      ck_assert_mem_eq(&y[i], &old[i], sizeof *y);
    else if (i == n / 2)
      ck_assert(isnan(y[i]));
    else
      ck_near("element", i, y[i], fmax(a.view.floor[c], normalised(&a.view, x[i], c)), fabsf(x[i]) + 3);
  }
  ho_free(x);
  ho_free(y);
  ho_free(old);
  ho_free(a.all);
}
END_TEST

START_TEST(sums_of_pixels)
{
  size_t n;
  if (!choose(_i, &n))
    return;
  float *x = random_floats(PIXELS * LD, 3), *dz = random_floats(PIXELS * LD, 4);
  struct affine a = affine_new();
  double moments[2 * MOST + 1], products[2 * MOST + 1];
  moments[2 * n] = products[2 * n] = 17;
  ho_kernels()->moments(PIXELS, n, x, LD, moments);
  ho_kernels()->products(PIXELS, n, dz, LD, x, LD, &a.view, products);
  for (size_t c = 0; c < n; c++) {
    double s = 0, q = 0, d = 0, p = 0;
    for (size_t i = c; i < PIXELS * LD; i += LD) {
      int passes = normalised(&a.view, x[i], c) > a.view.floor[c];
      s += x[i];
      q += (double)x[i] * x[i];
      d += passes ? dz[i] : 0;
      p += passes ? (double)dz[i] * (double)(x[i] - a.view.mean[c]) : 0;
    }
    ck_assert_double_eq_tol(moments[c], s, 1e-12);
    ck_assert_double_eq_tol(moments[n + c], q, 1e-12);
    ck_assert_double_eq_tol(products[c], d, 1e-12);
    ck_assert_double_eq_tol(products[n + c], p, 1e-6); /* x - mean is rounded */
  }
  ck_assert(moments[2 * n] == 17 && products[2 * n] == 17);
  ho_free(x);
  ho_free(dz);
  ho_free(a.all);
}
END_TEST

START_TEST(slope_of_pixels)
{
  size_t n;
  if (!choose(_i, &n))
    return;
  float *x = random_floats(PIXELS * LD, 5), *dz = random_floats(PIXELS * LD, 6), *s = random_floats(3 * MOST, 7);
  float *dx = random_floats(PIXELS * LD, 8), *old = random_floats(PIXELS * LD, 8);
  struct affine a = affine_new();
  struct ho_slope slope = { s, s + MOST, s + 2 * MOST };
  for (int add = 0; add < 3; add++) { /* 2: in place */
    float *to = add == 2 ? dz : dx;
    const float *from = add == 2 ? old : dz;
    memcpy(dx, old, PIXELS * LD * sizeof *dx);
    if (add == 2)
      memcpy(dz, old, PIXELS * LD * sizeof *dz);
    ho_kernels()->slope(PIXELS, n, dz, LD, x, LD, &a.view, &slope, add == 1, to, LD);
    for (size_t i = 0; i < PIXELS * LD; i++) {
      size_t c = i % LD;
      if (c >= n) {
        ck_assert_mem_eq(&to[i], &old[i], sizeof *to);
        continue;
      }
      double d = normalised(&a.view, x[i], c) > a.view.floor[c] ? from[i] : 0;
      double want = s[c] * d + s[MOST + c] * ((double)x[i] - a.view.mean[c]) + s[2 * MOST + c];
      ck_near("gradient", i, to[i], add == 1 ? want + old[i] : want, 20);
    }
  }
  ho_free(x);
  ho_free(dz);
  ho_free(dx);
  ho_free(old);
  ho_free(s);
  ho_free(a.all);
}
END_TEST

/* The first of equals, a NaN over all; through coefficients or as it is. */
START_TEST(maximum_of_pixels)
{
  size_t n;
  if (!choose(_i, &n))
    return;
  enum { TAPS = 5 };
  static const ptrdiff_t at[TAPS] = { 3 * LD, 0, 5 * LD, LD, 2 * LD };
  float *x = random_floats(PIXELS * LD, 9), y[MOST];
  struct affine a = affine_new();
  uint16_t tap[MOST];
  for (size_t c = 0; c < n; c++)
    x[5 * LD + c] = x[c]; /* a tie */
  x[LD + n - 1] = NAN;
  for (int viewed = 0; viewed < 2; viewed++) {
    ho_kernels()->maximum(n, x, TAPS, at, viewed ? &a.view : NULL, y, tap);
    for (size_t c = 0; c < n; c++) {
      int best = 0;
      float v[TAPS];
      for (int t = 0; t < TAPS; t++) {
        v[t] = x[at[t] + (ptrdiff_t)c];
        if (viewed && !isnan(v[t]))
          v[t] = fmaxf(a.view.floor[c], a.view.scale[c] * (v[t] - a.view.mean[c]) + a.view.shift[c]);
        best = v[t] > v[best] || isnan(v[t]) ? t : best;
      }
      ck_assert_int_eq(tap[c], best);
      if (isnan(v[best]))
        ck_assert(isnan(y[c]));
      else
        ck_near("maximum", c, y[c], v[best], fabsf(v[best]) + 3);
    }
    ho_kernels()->maximum(n, x, TAPS, at, viewed ? &a.view : NULL, y, NULL); /* without taps */
  }
  ho_free(x);
  ho_free(a.all);
}
END_TEST

/* ---- Winograd ---- */

enum { POINTS = 36, PLANE = MOST + 3 };

/* 3x3 convolution of one 6x6 patch, its 4x4 results, channel by channel: transforms, products, back. */
START_TEST(winograd_is_convolution)
{
  size_t n;
  if (!choose(_i, &n))
    return;
  const struct ho_kernels *k = ho_kernels();
  float *x = random_floats(36 * n, 20), *w = random_floats(9 * n, 21), *from = random_floats(16 * LD, 22);
  float *y = random_floats(16 * LD, 23), *old = random_floats(16 * LD, 23);
  static float v[POINTS * PLANE], u[POINTS * PLANE];
  for (int turned = 0; turned < 2; turned++)
    for (int rows = 1; rows <= 4; rows++) {
      int columns = 5 - rows;
      struct ho_tile tile = { y, rows == 2 ? NULL : from, 4 * LD, LD, 4 * LD, LD, rows, columns };
      memcpy(y, old, 16 * LD * sizeof *y);
      k->winograd_input(n, x, 6 * n, v, PLANE);
      k->winograd_filter(n, w, n, turned, u, PLANE);
      for (size_t i = 0; i < POINTS; i++)
        for (size_t c = 0; c < n; c++)
          v[i * PLANE + c] *= u[i * PLANE + c];
      k->winograd_output(n, v, PLANE, &tile);
      for (size_t i = 0; i < 16 * LD; i++) {
        size_t oy = i / LD / 4, ox = i / LD % 4, c = i % LD;
        if (c >= n || oy >= (size_t)rows || ox >= (size_t)columns) {
          ck_assert_mem_eq(&y[i], &old[i], sizeof *y);
          continue;
        }
        double want = rows == 2 ? 0 : from[i];
        for (size_t t = 0; t < 9; t++)
          want += (double)x[((oy + t / 3) * 6 + ox + t % 3) * n + c] * w[(turned ? 8 - t : t) * n + c];
        ck_near("result", i, y[i], want, 20); /* sums of products up to some 10, interpolated with factors up to 8 */
      }
    }
  ho_free(x);
  ho_free(w);
  ho_free(from);
  ho_free(y);
  ho_free(old);
}
END_TEST

/* The gradient of the filter of the same convolution. */
START_TEST(winograd_gradient_is_correlation)
{
  size_t n;
  if (!choose(_i, &n))
    return;
  const struct ho_kernels *k = ho_kernels();
  float *x = random_floats(36 * n, 24), *dy = random_floats(16 * n, 25), *dw = random_floats(9 * LD, 26);
  float *old = random_floats(9 * LD, 26);
  static float v[POINTS * PLANE], d[POINTS * PLANE];
  k->winograd_input(n, x, 6 * n, v, PLANE);
  k->winograd_gradient(n, dy, 4 * n, d, PLANE);
  for (size_t i = 0; i < POINTS; i++)
    for (size_t c = 0; c < n; c++)
      v[i * PLANE + c] *= d[i * PLANE + c];
  k->winograd_filter_gradient(n, v, PLANE, dw, LD);
  for (size_t i = 0; i < 9 * LD; i++) {
    size_t t = i / LD, c = i % LD;
    double want = 0;
    if (c >= n) {
      ck_assert_mem_eq(&dw[i], &old[i], sizeof *dw);
      continue;
    }
    for (size_t p = 0; p < 16; p++)
      want += (double)x[((p / 4 + t / 3) * 6 + p % 4 + t % 3) * n + c] * dy[p * n + c];
    ck_near("gradient", i, dw[i], want, 40);
  }
  ho_free(x);
  ho_free(dy);
  ho_free(dw);
  ho_free(old);
}
END_TEST

/* ---- the choice ---- */

START_TEST(paths)
{
  struct ho_error err;
  for (enum ho_simd path = 0; path < HO_SIMD_PATHS; path++) {
    int has = ho_simd_has(path);
    ck_assert_int_eq(ho_simd_setup(ho_simd_name(path), &err), has ? 0 : -1);
    if (has)
      ck_assert_int_eq(ho_simd(), path);
    else
      ck_assert_ptr_nonnull(strstr(err.text, "this processor lacks it"));
  }
  ck_assert_int_eq(ho_simd_has(HO_SIMD_PLAIN), 1);
  ck_assert_int_eq(ho_simd_setup("plain", &err), 0);
  ck_assert_int_eq(ho_simd_setup("avx", &err), -1);
  ck_assert_ptr_nonnull(strstr(err.text, "HOLDOUT_KERNELS=avx: choose one of plain, avx2, avx512"));
  ck_assert_int_eq(ho_simd(), HO_SIMD_PLAIN); /* as it was */
  ck_assert_int_eq(ho_simd_setup("", &err), 0);
  for (enum ho_simd wider = ho_simd() + 1; wider < HO_SIMD_PATHS; wider++)
    ck_assert_int_eq(ho_simd_has(wider), 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("kernels");
  TCase *tc = tcase_create("kernels");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, affine_of_pixels, 0, TESTS);
  tcase_add_loop_test(tc, sums_of_pixels, 0, TESTS);
  tcase_add_loop_test(tc, slope_of_pixels, 0, TESTS);
  tcase_add_loop_test(tc, maximum_of_pixels, 0, TESTS);
  tcase_add_loop_test(tc, winograd_is_convolution, 0, TESTS);
  tcase_add_loop_test(tc, winograd_gradient_is_correlation, 0, TESTS);
  tcase_add_test(tc, paths);
  suite_add_tcase(suite, tc);
  return suite;
}
