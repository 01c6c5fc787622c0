/* SPDX-License-Identifier: MIT
 * test_softmax.c - softmax cross-entropy: known values, extremes, the definition, differences. */
#include <math.h>

#include "base/memory.h"
#include "../twin.h"
#include "../unit.h"

/* z = (1, 2, 0.5), known to six digits: class 0; class 0 smoothed by 0.1; 0.3 of class 0 and 0.7 of class 2. */
START_TEST(softmax_vectors)
{
  const float z[] = { 1, 2, 0.5f, 1, 2, 0.5f, 1, 2, 0.5f };
  const float q[] = { 1, 0, 0, 0.9f + 0.1f / 3, 0.1f / 3, 0.1f / 3, 0.3f, 0, 0.7f };
  const double loss[] = { 1.464369, 1.447702, 1.814369 };
  const double slope[] = {
    -0.768776, 0.628532, 0.140244, -0.702109, 0.595198, 0.106911, -0.068776, 0.628532, -0.559756
  };
  float got[3], dz[9];
  ho_softmax_cross_entropy(3, 3, z, q, got, dz);
  for (int i = 0; i < 3; i++)
    ck_assert_double_eq_tol(got[i], loss[i], 1e-6);
  for (int i = 0; i < 9; i++)
    ck_assert_double_eq_tol(dz[i], slope[i], 1e-6);
  ho_softmax_cross_entropy(3, 3, z, q, NULL, dz);
  ho_softmax_cross_entropy(3, 3, z, q, got, NULL);
  ck_assert_double_eq_tol(got[2], loss[2], 1e-6);
}
END_TEST

START_TEST(softmax_extremes)
{
  const float z[] = { 1000, -1000, 0, 1e30f, 1e30f, -1e30f }, q[] = { 0, 1, 0, 0.5f, 0.5f, 0 };
  float loss[2], dz[6];
  ho_softmax_cross_entropy(2, 3, z, q, loss, dz);
  ck_assert_float_eq(loss[0], 2000);
  ck_assert_float_eq(dz[0], 1);
  ck_assert_float_eq(dz[1], -1);
  ck_assert_float_eq(dz[2], 0);
  ck_assert_double_eq_tol(loss[1], log(2), 1e-6);
  ck_assert_float_eq(dz[5], 0);
  const float bad[] = { NAN, 0, 0 };
  ho_softmax_cross_entropy(1, 3, bad, q, loss, dz);
  ck_assert(isnan(loss[0]) && isnan(dz[1]));
}
END_TEST

/* Many samples (several tasks) against the definition, and differences. */
START_TEST(softmax_differences)
{
  enum { N = 200, K = 7 };
  float *z = random_floats(N * K, 1), *q = random_floats(N * K, 2), loss[N], dz[N * K];
  for (int i = 0; i < N; i++) {
    double sum = 0, total = 0, want = 0, h = 1e-6;
    for (int k = 0; k < K; k++)
      total += q[i * K + k] = fabsf(q[i * K + k]);
    for (int k = 0; k < K; k++)
      q[i * K + k] /= (float)total;
    for (int k = 0; k < K; k++)
      sum += exp(z[i * K + k]);
    for (int k = 0; k < K; k++)
      want -= q[i * K + k] * log(exp(z[i * K + k]) / sum);
    ho_softmax_cross_entropy(N, K, z, q, loss, dz);
    if (!(fabs(loss[i] - want) < 1e-6 * (1 + want)))
      ck_abort_msg("sample %d: loss %g, by definition %g", i, (double)loss[i], want);
    for (int k = 0; k < K; k++) { /* d/dz of log sum exp - q.z, by differences in double */
      double e = exp(z[i * K + k]);
      double slope = (log(sum - e + e * exp(h)) - log(sum - e + e * exp(-h))) / (2 * h) - q[i * K + k];
      if (!(fabs(dz[i * K + k] - slope) < 1e-6))
        ck_abort_msg("sample %d, class %d: %g, by differences %g", i, k, (double)dz[i * K + k], slope);
    }
  }
  ho_free(z);
  ho_free(q);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("softmax");
  TCase *tc = tcase_create("softmax");
  tcase_add_test(tc, softmax_vectors);
  tcase_add_test(tc, softmax_extremes);
  tcase_add_test(tc, softmax_differences);
  suite_add_tcase(suite, tc);
  return suite;
}
