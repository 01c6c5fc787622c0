/* SPDX-License-Identifier: MIT
 * test_base_random.c - streams are Philox, repeat, and have the distributions they claim.
 *
 * Seeds are fixed, so the statistical bounds (five standard errors, or the 0.001 quantile) hold for good or fail for
 * good. */
#include "compute/random.h"

#include <math.h>
#include <string.h>

#include "../unit.h"

/* Philox4x64-10 as its paper writes it: the naive twin of Random123's. */
static void philox(uint64_t c[4], uint64_t key0, uint64_t key1)
{
  for (int round = 0; round < 10; round++) {
    __uint128_t p0 = (__uint128_t)0xd2e7470ee14c6c93u * c[0], p1 = (__uint128_t)0xca5a826395121157u * c[2];
    uint64_t next[4] = { (uint64_t)(p1 >> 64) ^ c[1] ^ key0, (uint64_t)p1, (uint64_t)(p0 >> 64) ^ c[3] ^ key1,
                         (uint64_t)p0 };
    memcpy(c, next, sizeof next);
    key0 += 0x9e3779b97f4a7c15u;
    key1 += 0xbb67ae8584caa73bu;
  }
}

START_TEST(known_answers)
{
  uint64_t zero[4] = { 0 }, ones[4] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
  static const uint64_t expect_zero[] = { 0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
                                          0x7e68b68aec7ba23b };
  static const uint64_t expect_ones[] = { 0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6,
                                          0xa09caebf594f0ba0 };
  struct ho_stream s = { { 0 } };
  philox(zero, 0, 0);
  philox(ones, UINT64_MAX, UINT64_MAX);
  for (int i = 0; i < 4; i++) {
    ck_assert_uint_eq(zero[i], expect_zero[i]);
    ck_assert_uint_eq(ones[i], expect_ones[i]);
    ck_assert_uint_eq(ho_stream_bits(&s), expect_zero[i]);
  }
}
END_TEST

START_TEST(bits_equal_naive_twin)
{
  struct ho_stream s = ho_stream_make(7, "shuffle", 3, 11);
  uint64_t key = s.word[0];
  for (uint64_t block = 0; block < 50; block++) {
    uint64_t counter[4] = { block, 3, 11, 0 };
    philox(counter, key, 0);
    for (int i = 0; i < 4; i++)
      ck_assert_uint_eq(ho_stream_bits(&s), counter[i]);
  }
}
END_TEST

START_TEST(fill_equals_single_draws)
{
  for (size_t skip = 0; skip < 6; skip++)
    for (size_t n = 0; n < 15; n++) {
      struct ho_stream one = ho_stream_make(1, "fill", skip, n), many = one;
      uint64_t out[15] = { 0 };
      for (size_t i = 0; i < skip; i++)
        ck_assert_uint_eq(ho_stream_bits(&one), ho_stream_bits(&many));
      ho_stream_fill(&many, out, n);
      for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(out[i], ho_stream_bits(&one));
      ck_assert_uint_eq(ho_stream_bits(&many), ho_stream_bits(&one));
    }
}
END_TEST

START_TEST(streams_differ_by_each_part_of_the_key)
{
  struct ho_stream s[] = { ho_stream_make(1, "noise", 2, 3), ho_stream_make(2, "noise", 2, 3),
                           ho_stream_make(1, "noisf", 2, 3), ho_stream_make(1, "noise", 3, 3),
                           ho_stream_make(1, "noise", 2, 4), ho_stream_make(1, "", 2, 3) };
  enum { N = sizeof s / sizeof *s };
  uint64_t first[N];
  for (int i = 0; i < N; i++) {
    first[i] = ho_stream_bits(&s[i]);
    for (int j = 0; j < i; j++)
      ck_assert_uint_ne(first[i], first[j]);
  }
  struct ho_stream again = ho_stream_make(1, "noise", 2, 3);
  ck_assert_uint_eq(ho_stream_bits(&again), first[0]);
}
END_TEST

/* Pearson's statistic of `cells' counts against the same expectation for each. */
static double chi_square(const int *count, int cells, double expected)
{
  double sum = 0;
  for (int i = 0; i < cells; i++)
    sum += (count[i] - expected) * (count[i] - expected) / expected;
  return sum;
}

START_TEST(uniform_is_uniform)
{
  enum { N = 200000, CELLS = 100 };
  int count[CELLS] = { 0 };
  struct ho_stream s = ho_stream_make(5, "uniform", 0, 0);
  for (int i = 0; i < N; i++) {
    double u = ho_stream_uniform(&s);
    if (!(u >= 0 && u < 1))
      ck_abort_msg("draw %d: %g", i, u);
    count[(int)(u * CELLS)]++;
  }
  ck_assert_double_lt(chi_square(count, CELLS, (double)N / CELLS), 148.23); /* 99 degrees of freedom */
}
END_TEST

START_TEST(below_is_unbiased)
{
  enum { N = 60000, SIDES = 6 };
  int count[SIDES] = { 0 };
  struct ho_stream s = ho_stream_make(5, "below", 0, 0);
  for (int i = 0; i < N; i++) {
    uint64_t v = ho_stream_below(&s, SIDES);
    if (v >= SIDES)
      ck_abort_msg("draw %d is out of range", i);
    count[v]++;
  }
  ck_assert_double_lt(chi_square(count, SIDES, (double)N / SIDES), 20.52); /* 5 degrees of freedom */
  for (int i = 0; i < 100; i++)
    ck_assert_uint_eq(ho_stream_below(&s, 1), 0);

  /* 3/4 of 2^64: a plain modulus would put two thirds of the draws into the first third, this one a third. */
  int low = 0;
  uint64_t large = (UINT64_C(3) << 62);
  for (int i = 0; i < N; i++) {
    uint64_t v = ho_stream_below(&s, large);
    if (v >= large)
      ck_abort_msg("draw %d is out of range", i);
    low += v < large / 3;
  }
  ck_assert_double_lt(fabs(low - N / 3.0), 5 * sqrt(N * 2.0 / 9));
}
END_TEST

START_TEST(normal_has_its_moments)
{
  enum { N = 200000 };
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  struct ho_stream s = ho_stream_make(5, "normal", 0, 0);
  for (int i = 0; i < N; i++) {
    double x = ho_stream_normal(&s);
    m1 += x / N;
    m2 += x * x / N;
    m3 += x * x * x / N;
    m4 += x * x * x * x / N;
  }
  ck_assert_double_lt(fabs(m1), 5 * sqrt(1.0 / N));
  ck_assert_double_lt(fabs(m2 - 1), 5 * sqrt(2.0 / N));
  ck_assert_double_lt(fabs(m3), 5 * sqrt(15.0 / N));
  ck_assert_double_lt(fabs(m4 - 3), 5 * sqrt(96.0 / N));
}
END_TEST

START_TEST(gamma_has_its_moments)
{
  static const double shapes[] = { 0.1, 0.5, 1, 2.5, 30 };
  enum { N = 100000 };
  double a = shapes[_i], mean = 0, square = 0;
  struct ho_stream s = ho_stream_make(5, "gamma", (uint64_t)_i, 0);
  for (int i = 0; i < N; i++) {
    double x = ho_stream_gamma(&s, a);
    if (!(x >= 0 && isfinite(x)))
      ck_abort_msg("draw %d: %g", i, x);
    mean += x / N;
    square += (x - a) * (x - a) / N;
  }
  ck_assert_double_lt(fabs(mean - a), 5 * sqrt(a / N)); /* variance a, fourth central moment 3a^2 + 6a */
  ck_assert_double_lt(fabs(square - a), 5 * sqrt((2 * a * a + 6 * a) / N));
}
END_TEST

START_TEST(permutations_are_uniform)
{
  enum { N = 48000, WAYS = 24 };
  int count[256] = { 0 }, seen[WAYS], ways = 0;
  struct ho_stream s = ho_stream_make(5, "permute", 0, 0);
  for (int i = 0; i < N; i++) {
    int p[4], mask = 0;
    ho_stream_permute(&s, p, 4);
    for (int k = 0; k < 4; k++)
      mask |= 1 << p[k];
    if (mask != 15)
      ck_abort_msg("draw %d is no permutation", i);
    count[p[0] | p[1] << 2 | p[2] << 4 | p[3] << 6]++;
  }
  for (int i = 0; i < 256; i++)
    if (count[i]) {
      ck_assert_int_lt(ways, WAYS);
      seen[ways++] = count[i];
    }
  ck_assert_int_eq(ways, WAYS);
  ck_assert_double_lt(chi_square(seen, WAYS, (double)N / WAYS), 49.73); /* 23 degrees of freedom */
}
END_TEST

START_TEST(permutations_of_few)
{
  int p[2] = { 9, 9 };
  struct ho_stream s = ho_stream_make(5, "few", 0, 0);
  ho_stream_permute(&s, p, 0);
  ck_assert_int_eq(p[0], 9);
  ho_stream_permute(&s, p, 1);
  ck_assert_int_eq(p[0], 0);
  ck_assert_int_eq(p[1], 9);
}
END_TEST

START_TEST(gamma_of_no_shape_is_nan)
{
  const double shapes[] = { 0, -1, NAN, INFINITY };
  struct ho_stream s = ho_stream_make(5, "gamma", 0, 0);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    ck_assert_double_nan(ho_stream_gamma(&s, shapes[i]));
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/random");
  TCase *tests = tcase_create("random");
  tcase_add_test(tests, known_answers);
  tcase_add_test(tests, bits_equal_naive_twin);
  tcase_add_test(tests, fill_equals_single_draws);
  tcase_add_test(tests, streams_differ_by_each_part_of_the_key);
  tcase_add_test(tests, uniform_is_uniform);
  tcase_add_test(tests, below_is_unbiased);
  tcase_add_test(tests, normal_has_its_moments);
  tcase_add_loop_test(tests, gamma_has_its_moments, 0, 5);
  tcase_add_test(tests, gamma_of_no_shape_is_nan);
  tcase_add_test(tests, permutations_are_uniform);
  tcase_add_test(tests, permutations_of_few);
  suite_add_tcase(suite, tests);
  return suite;
}
