/* SPDX-License-Identifier: MIT
 * test_bilevel.c - the weights of plugins/bilevel.c: a worked example, their properties, degenerate gradients. */
#include "../bilevel_rig.h"

START_TEST(worked_example)
{
  const double w[] = { 0.200147, -0.398312, 0.200646, 0.200896 }, G[] = { 1.000250, 0.200147, 0.803084 };
  setup(1, five);
  mock_init(&m, 3);
  memcpy(m.rows, example, sizeof example);
  ck_assert_int_eq(run(), 0);
  for (int i = 0; i < 4; i++)
    ck_assert_double_eq_tol(m.weight[i + 1], w[i], 1e-6);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(dir[k], G[k], 1e-6);
  ck_assert(!m.has_weight[0]);
  teardown();
}
END_TEST

/* (1) g_i = g_v for all i: w = 1/n, G = g_v. */
START_TEST(equal_gradients_give_the_mean)
{
  setup(0, NULL);
  mock_init(&m, 7);
  fill_random(1, 7, 2);
  for (size_t i = 1; i < 8; i++)
    memcpy(m.rows + i * 7, m.rows, 7 * sizeof *m.rows);
  ck_assert_int_eq(run(), 0);
  for (int i = 1; i < 8; i++)
    ck_assert_double_eq_tol(m.weight[i], 1.0 / 7, 1e-12);
  for (int k = 0; k < 7; k++)
    ck_assert_double_eq_tol(dir[k], m.rows[k], 1e-6);
  teardown();
}
END_TEST

/* (2) scaling g_v by c > 0 changes nothing, by c < 0 flips G. */
START_TEST(scale_of_the_validation_gradient)
{
  float before[9];
  const double factor[] = { 3.5, -2 };
  setup(0, NULL);
  mock_init(&m, 9);
  fill_random(8, 9, 3);
  ck_assert_int_eq(run(), 0);
  memcpy(before, dir, sizeof before);
  for (int f = 0; f < 2; f++) {
    fill_random(8, 9, 3);
    for (int k = 0; k < 9; k++)
      m.rows[k] *= (float)factor[f];
    ck_assert_int_eq(run(), 0);
    for (int k = 0; k < 9; k++)
      ck_assert_double_eq_tol(dir[k], f ? -before[k] : before[k], 1e-5);
  }
  teardown();
}
END_TEST

/* (3) mu = 0, no L1: w_i g_i is the projection of g_v on g_i, whatever the length of g_i. */
START_TEST(projection_without_ridge)
{
  const char *const options[] = { "bilevel.mu=0", "bilevel.l1=false", "bilevel.minibatches=2" };
  setup(3, options);
  mock_init(&m, 5);
  for (int scale = 1; scale <= 100; scale *= 10) {
    fill_random(2, 5, 4);
    for (int k = 0; k < 5; k++)
      m.rows[5 + k] *= (float)scale;
    ck_assert_int_eq(run(), 0);
    const float *v = m.rows, *g = m.rows + 5;
    double share = mock_dot(NULL, 5, v, g) / mock_dot(NULL, 5, g, g), residual = 0;
    for (int k = 0; k < 5; k++) {
      ck_assert_double_eq_tol(dir[k], share * g[k], 1e-5);
      residual += (v[k] - dir[k]) * g[k];
    }
    ck_assert_double_eq_tol(residual / scale, 0, 1e-4);
  }
  teardown();
}
END_TEST

/* (4) sum |w| = 1 and |G| <= max |g_i|; and the formulas in double, on many random matrices. */
START_TEST(norms_and_naive_twin)
{
  setup(0, NULL);
  for (uint64_t seed = 0; seed < 50; seed++) {
    double w[8], G[33], sum = 0, largest = 0;
    mock_init(&m, 33);
    fill_random(8, 33, seed);
    expect(8, 33, 0.01, w, G);
    ck_assert_int_eq(run(), 0);
    for (int i = 1; i < 8; i++) {
      const float *g = m.rows + i * 33;
      sum += fabs(m.weight[i]);
      largest = fmax(largest, sqrt(mock_dot(NULL, 33, g, g)));
      ck_assert_double_eq_tol(m.weight[i], w[i], 1e-12);
    }
    for (int k = 0; k < 33; k++)
      ck_assert_double_eq_tol(dir[k], G[k], 1e-6);
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_assert(sqrt(mock_dot(NULL, 33, dir, dir)) <= largest * (1 + 1e-6));
    mock_free(&m);
  }
  teardown();
}
END_TEST

/* (5) permuting the training mini-batches permutes the weights and leaves G. */
START_TEST(permutation_equivariance)
{
  double before[8];
  float G[6], row[6];
  setup(0, NULL);
  mock_init(&m, 6);
  fill_random(8, 6, 5);
  ck_assert_int_eq(run(), 0);
  memcpy(before, m.weight, sizeof before);
  memcpy(G, dir, sizeof G);
  memcpy(row, m.rows + 2 * 6, sizeof row); /* swap rows 2 and 6 */
  memcpy(m.rows + 2 * 6, m.rows + 6 * 6, sizeof row);
  memcpy(m.rows + 6 * 6, row, sizeof row);
  ck_assert_int_eq(run(), 0);
  for (int i = 1; i < 8; i++)
    ck_assert_double_eq_tol(m.weight[i], before[i == 2 ? 6 : i == 6 ? 2 : i], 1e-12);
  for (int k = 0; k < 6; k++)
    ck_assert_double_eq_tol(dir[k], G[k], 1e-6);
  teardown();
}
END_TEST

/* (6) one training mini-batch: its weight is the sign of <g_v, g_1>. */
START_TEST(one_training_minibatch)
{
  const char *const options[] = { "bilevel.minibatches=2" };
  setup(1, options);
  mock_init(&m, 4);
  for (uint64_t seed = 0; seed < 10; seed++) {
    fill_random(2, 4, seed);
    ck_assert_int_eq(run(), 0);
    ck_assert_double_eq(m.weight[1], mock_dot(NULL, 4, m.rows, m.rows + 4) > 0 ? 1 : -1);
  }
  teardown();
}
END_TEST

/* (7) mu -> infinity: w_i in proportion to <g_v, g_i>. */
START_TEST(large_ridge)
{
  const char *const options[] = { "bilevel.mu=1e20" };
  double sum = 0;
  setup(1, options);
  mock_init(&m, 4);
  fill_random(8, 4, 6);
  ck_assert_int_eq(run(), 0);
  for (int i = 1; i < 8; i++)
    sum += fabs(mock_dot(NULL, 4, m.rows, m.rows + i * 4));
  for (int i = 1; i < 8; i++)
    ck_assert_double_eq_tol(m.weight[i], mock_dot(NULL, 4, m.rows, m.rows + i * 4) / sum, 1e-6);
  teardown();
}
END_TEST

/* No training gradient agrees or disagrees: no direction, and it is counted. */
START_TEST(vanishing_weights_skip)
{
  const char *const options[] = { "bilevel.mu=0" };
  setup(1, options);
  mock_init(&m, 3); /* all rows zero: 0/0 everywhere */
  ck_assert_int_eq(run(), 0);
  for (int k = 0; k < 3; k++)
    ck_assert_float_eq(dir[k], 0);
  ck_assert_double_eq(m.logged, 1);
  ck_assert_int_eq(m.skipped, 1);
  fill_random(8, 3, 13);
  ck_assert_int_eq(run(), 0);
  ck_assert_int_eq(m.skipped, 1); /* and only then */
  teardown();
}
END_TEST

/* The host must hear of it: training has diverged. */
START_TEST(not_a_number_goes_through)
{
  setup(0, NULL);
  mock_init(&m, 3);
  fill_random(8, 3, 14);
  m.rows[1] = NAN; /* in g_v */
  ck_assert_int_eq(run(), 0);
  ck_assert(isnan(dir[0]) && !m.skipped);
  teardown();
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("bilevel");
  TCase *t = tcase_create("bilevel");
  tcase_add_test(t, worked_example);
  tcase_add_test(t, equal_gradients_give_the_mean);
  tcase_add_test(t, scale_of_the_validation_gradient);
  tcase_add_test(t, projection_without_ridge);
  tcase_add_test(t, norms_and_naive_twin);
  tcase_add_test(t, permutation_equivariance);
  tcase_add_test(t, one_training_minibatch);
  tcase_add_test(t, large_ridge);
  tcase_add_test(t, vanishing_weights_skip);
  tcase_add_test(t, not_a_number_goes_through);
  suite_add_tcase(suite, t);
  return suite;
}
