/* SPDX-License-Identifier: MIT
 * test_base_vector.c - long vectors against naive twins, and the same bits for any number of workers. */
#include "compute/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/parallel.h"
#include "compute/random.h"
#include "../unit.h"

/* Around a lane, a chunk, and a round of 256 chunks. */
static const size_t lengths[] = { 0, 1, 7, 8, 9, 1000, 16383, 16384, 16385, 50001, 256 * 16384 + 5 };
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static float *noise(size_t n, const char *purpose)
{
  float *a = ho_alloc(n, sizeof *a, purpose, NULL);
  struct ho_stream s = ho_stream_make(1, purpose, n, 0);
  ck_assert_ptr_nonnull(a);
  for (size_t i = 0; i < n; i++)
    a[i] = (float)(ho_stream_uniform(&s) - 0.5);
  return a;
}

START_TEST(dot_equals_naive_twin)
{
  size_t n = lengths[_i];
  float *a = noise(n, "a"), *b = noise(n, "b");
  double sum = 0, size = 0, one, other;
  for (size_t i = 0; i < n; i++) {
    sum += (double)a[i] * (double)b[i];
    size += fabs((double)a[i] * (double)b[i]);
  }
  ho_parallel_setup(1);
  one = ho_vector_dot(n, a, b);
  ck_assert_double_le(fabs(one - sum), 1e-13 * size);
  for (int workers = 2; workers <= 4; workers++) {
    ho_parallel_setup(workers);
    other = ho_vector_dot(n, a, b);
    ck_assert_mem_eq(&one, &other, sizeof one);
  }
  ho_free(a);
  ho_free(b);
}
END_TEST

START_TEST(dots_equal_one_by_one)
{
  enum { ROWS = 11, LD = 20011 };
  size_t n = lengths[_i] > LD ? LD - 7 : lengths[_i];
  float *a = noise((size_t)ROWS * LD, "rows"), *v = noise(LD, "v");
  for (int rows = 0; rows <= ROWS; rows++)
    for (int workers = 1; workers <= 3; workers++) {
      double va[ROWS + 1], aa[ROWS + 1];
      for (int r = 0; r <= ROWS; r++)
        va[r] = aa[r] = -3;
      ho_parallel_setup(workers);
      ho_vector_dots(n, v, rows, a, LD, va, aa);
      for (int r = 0; r < rows; r++) {
        const float *row = a + (size_t)r * LD;
        double one = ho_vector_dot(n, v, row), own = ho_vector_dot(n, row, row);
        ck_assert_mem_eq(&va[r], &one, sizeof one);
        ck_assert_mem_eq(&aa[r], &own, sizeof own);
      }
      ck_assert(va[rows] == -3 && aa[rows] == -3);
    }
  ho_free(a);
  ho_free(v);
}
END_TEST

START_TEST(combine_equals_naive_twin)
{
  enum { ROWS = 5, LD = 50011 };
  static const double w[ROWS] = { 0.3, -1.7, 1e-3, 0, 2.25 };
  size_t n = lengths[_i] > LD ? 40000 : lengths[_i];
  float *a = noise((size_t)ROWS * LD, "rows"), *out = noise(LD, "out"), guard = out[n];
  for (int rows = 0; rows <= ROWS; rows++)
    for (int workers = 1; workers <= 3; workers++) {
      ho_parallel_setup(workers);
      ho_vector_combine(n, out, rows, w, a, LD);
      for (size_t i = 0; i < n; i++) {
        double sum = 0, size = 0;
        for (int r = 0; r < rows; r++) {
          sum += w[r] * (double)a[(size_t)r * LD + i];
          size += fabs(w[r] * (double)a[(size_t)r * LD + i]);
        }
        if (fabs(out[i] - sum) > 1e-6 * size)
          ck_abort_msg("row count %d, element %zu: %g, not %g", rows, i, (double)out[i], sum);
      }
      ck_assert_mem_eq(&out[n], &guard, sizeof guard);
    }
  ho_free(a);
  ho_free(out);
}
END_TEST

START_TEST(combine_has_the_same_bits_for_any_workers)
{
  enum { ROWS = 4, N = 100003 };
  static const double w[ROWS] = { 0.1, 0.2, -0.3, 0.4 };
  float *a = noise((size_t)ROWS * N, "rows"), *one = noise(N, "one"), *two = noise(N, "two");
  ho_parallel_setup(1);
  ho_vector_combine(N, one, ROWS, w, a, N);
  ho_parallel_setup(2);
  ho_vector_combine(N, two, ROWS, w, a, N);
  ck_assert_int_eq(memcmp(one, two, N * sizeof *one), 0);
  ho_vector_combine(N, a, ROWS, w, a, N); /* in place: the first row is the result */
  ck_assert_int_eq(memcmp(one, a, N * sizeof *one), 0);
  ho_free(a);
  ho_free(one);
  ho_free(two);
}
END_TEST

/* Each product and sum is rounded on its own, in order, and out may be any of the terms. */
START_TEST(blend_equals_naive_twin)
{
  enum { TERMS = 3, N = 40001 };
  static const double c[TERMS] = { 0.1, 1, -0.7 };
  float *x[TERMS] = { noise(N, "x"), noise(N, "y"), noise(N, "z") }, *out = noise(N, "out"), *twin = noise(N, "twin");
  for (int terms = 1; terms <= TERMS; terms++) {
    for (size_t i = 0; i < N; i++)
      for (int t = 0; t < terms; t++) {
        volatile float product = (float)c[t] * x[t][i];
        twin[i] = t ? twin[i] + product : product;
      }
    ho_parallel_setup(terms == TERMS ? 2 : 1);
    ho_vector_blend(N, out, terms, c, (const float *const *)x);
    ck_assert_mem_eq(out, twin, N * sizeof *out);
  }
  ho_vector_blend(N, x[_i], TERMS, c, (const float *const *)x);
  ck_assert_mem_eq(x[_i], twin, N * sizeof *twin);
  for (int t = 0; t < TERMS; t++)
    ho_free(x[t]);
  ho_free(out);
  ho_free(twin);
}
END_TEST

START_TEST(nonfinite_finds_the_first)
{
  enum { N = 40000 };
  float *a = noise(N, "a");
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  ck_assert_uint_eq(ho_vector_nonfinite(N, a), N);
  ck_assert_uint_eq(ho_vector_nonfinite(0, a), 0);
  for (size_t i = 0; i < 3; i++) {
    float kept = a[12345 * i];
    a[N - 1] = NAN;
    a[12345 * i] = bad[i];
    ck_assert_uint_eq(ho_vector_nonfinite(N, a), 12345 * i);
    a[12345 * i] = kept;
    ck_assert_uint_eq(ho_vector_nonfinite(N, a), N - 1);
  }
  ho_free(a);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/vector");
  TCase *tests = tcase_create("vector");
  tcase_set_timeout(tests, 30); /* valgrind */
  tcase_add_loop_test(tests, dot_equals_naive_twin, 0, LENGTHS);
  tcase_add_loop_test(tests, dots_equal_one_by_one, 0, LENGTHS);
  tcase_add_loop_test(tests, combine_equals_naive_twin, 0, LENGTHS);
  tcase_add_test(tests, combine_has_the_same_bits_for_any_workers);
  tcase_add_loop_test(tests, blend_equals_naive_twin, 0, 3);
  tcase_add_test(tests, nonfinite_finds_the_first);
  suite_add_tcase(suite, tests);
  return suite;
}
