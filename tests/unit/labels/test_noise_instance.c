/* SPDX-License-Identifier: MIT
 * test_noise_instance.c - the noise model instance, against its definition in plain loops. */
#include <math.h>

#include "compute/parallel.h"
#include "../noise_rig.h"

/* P(given = k) of image i from formula and streams, in plain loops. */
static void instance_shares(size_t i, uint64_t seed, double rate, int part, double *share, double *u)
{
  enum { F = 24, K = 10 };
  size_t y = data.train.label[i];
  double a[K] = { 0 }, sum = 0, q = -1;
  struct ho_stream w = ho_stream_make(seed, "noise-instance-weights", y, 0);
  for (size_t f = 0; f < F; f++) {
    double x = (data.train.pixel[i * F + f] / 255.0 - data.mean[f % 2]) / data.deviation[f % 2];
    for (size_t k = 0; k < K; k++)
      a[k] += x * ho_stream_normal(&w);
  }
  struct ho_stream s = ho_stream_make(seed, "noise-instance", (uint64_t)part, i);
  while (!(q >= 0 && q <= 1))
    q = rate + 0.1 * ho_stream_normal(&s);
  for (size_t k = 0; k < K; k++)
    sum += k == y ? 0 : exp(a[k]);
  for (size_t k = 0; k < K; k++)
    share[k] = k == y ? 1 - q : q * exp(a[k]) / sum;
  *u = ho_stream_uniform(&s);
}

START_TEST(instance_is_its_twin)
{
  make_images();
  for (int part = 0; part < 2; part++) {
    apply_to("instance:0.4", 9, part, id, 2000, given);
    for (size_t i = 0; i < 2000; i++) {
      double share[10], u, sum = 0, wrong;
      instance_shares(i, 9, 0.4, part, share, &u);
      size_t y = data.train.label[i], want = y;
      wrong = 1 - share[y]; /* wrong labels first, in order; the true one after them */
      for (size_t k = 0; k < 10 && u < wrong && want == y; k++)
        if (k != y && u < (sum += share[k]))
          want = k;
      if (given[i] != want && fabs(u - sum) > 1e-6 && fabs(u - wrong) > 1e-6)
        ck_abort_msg("image %zu: %d, not %zu", i, given[i], want);
    }
  }
}
END_TEST

/* The rates of the definition: 0.4000 at 0.4, 0.2055 at 0.2, and an image's own choice of class. */
START_TEST(instance_rates_are_those_of_the_truncated_normal)
{
  static const double want[][2] = { { 0.4, 0.4000 }, { 0.2, 0.2055 }, { 0, 0.0798 }, { 1, 0.9202 } };
  static size_t matrix[100];
  make_images();
  for (size_t i = 0; i < 4; i++) {
    char spec[32];
    snprintf(spec, sizeof spec, "instance:%g", want[i][0]);
    struct ho_noise noise = parsed(spec);
    apply(spec, 11, given);
    double expected = expected_share(&noise);
    ck_assert_double_eq_tol(expected, want[i][1], 6e-5);
    ck_assert_double_eq_tol(realised(given, matrix), expected, 4 * 0.5 / sqrt(N));
  }
  /* Two images of one class and equal pixels have the same distribution: the class most likely is the same. */
  memcpy(data.train.pixel + 10 * 24, data.train.pixel, 24);
  double a[10], b[10], u;
  instance_shares(0, 11, 0.4, 0, a, &u);
  instance_shares(10, 11, 0.4, 0, b, &u);
  for (size_t k = 1; k < 10; k++)
    ck_assert_double_eq_tol(a[k] / (1 - a[0]), b[k] / (1 - b[0]), 1e-12);
}
END_TEST

START_TEST(instance_does_not_depend_on_threads_or_company)
{
  static uint32_t some[500];
  make_images();
  ho_parallel_setup(1);
  apply("instance:0.4", 2, given);
  ho_parallel_setup(3);
  apply("instance:0.4", 2, other);
  ho_parallel_setup(2);
  ck_assert_mem_eq(given, other, sizeof given);
  for (size_t i = 0; i < 500; i++)
    some[i] = (uint32_t)(3 * i + 1);
  apply_to("instance:0.4", 2, HO_PART_TRAIN, some, 500, other);
  for (size_t i = 0; i < 500; i++)
    if (other[i] != given[some[i]])
      ck_abort_msg("image %u", some[i]);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise instance");
  TCase *t = tcase_create("noise instance");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_test(t, instance_is_its_twin);
  tcase_add_test(t, instance_rates_are_those_of_the_truncated_normal);
  tcase_add_test(t, instance_does_not_depend_on_threads_or_company);
  suite_add_tcase(suite, t);
  return suite;
}
