/* SPDX-License-Identifier: MIT
 * test_bilevel_options.c - the options of plugins/bilevel.c: which mini-batches it draws, how it weighs them. */
#include "../bilevel_rig.h"

START_TEST(without_l1)
{
  const char *const options[] = { "bilevel.minibatches=5", "bilevel.l1=false" };
  const double w[] = { 0.497512, -0.990099, 0.498753, 0.499376 };
  setup(2, options);
  mock_init(&m, 3);
  memcpy(m.rows, example, sizeof example);
  ck_assert_int_eq(run(), 0);
  for (int i = 0; i < 4; i++)
    ck_assert_double_eq_tol(m.weight[i + 1], w[i], 1e-6);
  teardown();
}
END_TEST

START_TEST(draws_as_the_authors_do)
{
  setup(0, NULL);
  mock_init(&m, 3);
  fill_random(8, 3, 1);
  ck_assert_int_eq(run(), 0);
  ck_assert_int_eq(m.draws, 2);
  ck_assert_int_eq(m.draw[0].count, 1); /* validation first */
  ck_assert_int_eq(m.draw[1].count, 7);
  ck_assert_int_eq(m.draw[0].size, 5); /* batch size 40 over 8 mini-batches */
  ck_assert(m.draw[0].matched && m.draw[1].matched);
  ck_assert(m.draw[0].pool == HO_TRAIN && m.draw[1].pool == HO_TRAIN);
  ck_assert_uint_eq(m.flags, 0);
  teardown();
}
END_TEST

START_TEST(several_validation_minibatches)
{
  const char *const options[] = { "bilevel.minibatches=4", "bilevel.validation=2" };
  setup(2, options);
  mock_init(&m, 5);
  fill_random(4, 5, 7);
  float v[5], g[10];
  for (int k = 0; k < 5; k++)
    v[k] = m.rows[k] + m.rows[5 + k];
  memcpy(g, m.rows + 10, sizeof g);
  double a = mock_dot(NULL, 5, v, g) / (mock_dot(NULL, 5, g, g) + 0.01);
  double b = mock_dot(NULL, 5, v, g + 5) / (mock_dot(NULL, 5, g + 5, g + 5) + 0.01);
  ck_assert_int_eq(run(), 0);
  ck_assert_double_eq_tol(m.weight[2], a / (fabs(a) + fabs(b)), 1e-6);
  ck_assert_double_eq_tol(m.weight[3], b / (fabs(a) + fabs(b)), 1e-6);
  teardown();
}
END_TEST

START_TEST(clipped_weights)
{
  const char *const options[] = { "bilevel.minibatches=5", "bilevel.clip=true" };
  setup(2, options);
  mock_init(&m, 3);
  memcpy(m.rows, example, sizeof example);
  ck_assert_int_eq(run(), 0);
  ck_assert_double_eq(m.weight[2], 0);
  ck_assert_double_eq_tol(m.weight[1] + m.weight[3] + m.weight[4], 1, 1e-12);
  ck_assert_double_eq_tol(m.weight[1] / m.weight[4], 0.497512 / 0.499376, 1e-5);
  teardown();
}
END_TEST

/* The control: the plain mean of the training group, on the very draws of bilevel. */
START_TEST(uniform_weights)
{
  const char *const options[] = { "bilevel.weights=uniform" };
  setup(1, options);
  mock_init(&m, 6);
  fill_random(8, 6, 8);
  ck_assert_int_eq(run(), 0);
  ck_assert_int_eq(m.draw[0].count + m.draw[1].count, 8);
  ck_assert(m.draw[0].matched);
  for (int k = 0; k < 6; k++) {
    double mean = 0;
    for (int i = 1; i < 8; i++)
      mean += m.rows[i * 6 + k] / 7.0;
    ck_assert_double_eq_tol(dir[k], mean, 1e-6);
  }
  teardown();
}
END_TEST

START_TEST(random_weights)
{
  const char *const options[] = { "bilevel.weights=random" };
  double first[8], sum = 0, zeros = 0;
  setup(1, options);
  mock_init(&m, 6);
  fill_random(8, 6, 9);
  ck_assert_int_eq(run(), 0);
  memcpy(first, m.weight, sizeof first);
  ck_assert_int_eq(run(), 0);
  ck_assert_mem_eq(first, m.weight, sizeof first); /* a function of the step */
  m.logged = 0;
  for (m.host.step = 0; m.host.step < 200; m.host.step++) {
    ck_assert_int_eq(run(), 0);
    for (int i = 1; i < 8; i++) {
      ck_assert(m.weight[i] >= 0);
      sum += m.weight[i];
      zeros += m.weight[i] == 0;
    }
    mock_free(&m);
  }
  ck_assert_double_eq_tol(sum, 200 - m.logged, 1e-9); /* 1 a step, but for the rare step of nothing but zeros */
  ck_assert_double_eq_tol(zeros / 1400, 0.5, 0.05);   /* rectified: half of them */
  teardown();
}
END_TEST

START_TEST(weights_per_layer)
{
  const char *const options[] = { "bilevel.per_layer=true", "bilevel.minibatches=3" };
  double G[MOCK_P], w[8];
  struct mock part;
  setup(2, options);
  mock_init(&m, 10);
  fill_random(3, 10, 10);
  m.tensor[0] = (struct ho_tensor){ "fc1.weight", 0, 4, 1, 0 }; /* fc1 has two tensors, fc2 one */
  m.tensor[1] = (struct ho_tensor){ "fc1.bias", 4, 2, 1, 0 };
  m.tensor[2] = (struct ho_tensor){ "fc2.weight", 6, 4, 1, 0 };
  m.host.tensors = 3;
  m.host.batch_size = 30;
  ck_assert_int_eq(run(), 0);
  part = m;
  for (int layer = 0; layer < 2; layer++) {
    size_t first = layer ? 6 : 0, size = layer ? 4 : 6;
    for (size_t i = 0; i < 3; i++)
      for (size_t k = 0; k < size; k++)
        m.rows[i * size + k] = part.rows[i * 10 + first + k];
    expect(3, size, 0.01, w, G);
    for (size_t k = 0; k < size; k++)
      ck_assert_double_eq_tol(dir[first + k], G[k], 1e-6);
  }
  teardown();
}
END_TEST

START_TEST(random_weights_per_layer)
{
  const char *const options[] = { "bilevel.weights=random", "bilevel.per_layer=true" };
  setup(2, options);
  mock_init(&m, 2);
  for (int i = 0; i < 8; i++)
    m.rows[2 * i] = m.rows[2 * i + 1] = (float)(i * i);
  m.tensor[0] = (struct ho_tensor){ "a.weight", 0, 1, 1, 0 };
  m.tensor[1] = (struct ho_tensor){ "b.weight", 1, 1, 1, 0 };
  m.host.tensors = 2;
  ck_assert_int_eq(run(), 0);
  ck_assert_float_ne(dir[0], dir[1]);
  teardown();
}
END_TEST

START_TEST(fixed_validation_set)
{
  const char *const options[] = { "bilevel.fixed=0.2" };
  setup(1, options);
  mock_init(&m, 3);
  fill_random(8, 3, 11);
  ck_assert_int_eq(run(), 0);
  ck_assert_int_eq(m.pools, 2);
  ck_assert_uint_eq(m.pool_size[0], 21); /* 20 %, rounded, of 34, 33, 33 samples a label: 7 each */
  ck_assert_uint_eq(m.pool_size[1], 79);
  ck_assert_int_eq(m.draw[0].pool, 3);
  ck_assert_int_eq(m.draw[1].pool, 4);
  teardown();
}
END_TEST

START_TEST(fixed_set_needs_every_label)
{
  const char *const options[] = { "bilevel.fixed=0.01" };
  setup(1, options);
  mock_init(&m, 3);
  ck_assert_int_eq(run(), -1);
  ck_assert_ptr_nonnull(strstr(m.message, "bilevel.fixed=0.01 keeps 0 of"));
  teardown();
}
END_TEST

START_TEST(other_switches)
{
  const char *const options[] = { "bilevel.matched=false", "bilevel.shared_masks=true" };
  setup(2, options);
  mock_init(&m, 3);
  fill_random(8, 3, 12);
  ck_assert_int_eq(run(), 0);
  ck_assert(!m.draw[0].matched && !m.draw[1].matched);
  ck_assert_uint_eq(m.flags, HO_SHARED_MASKS);
  teardown();
}
END_TEST

START_TEST(refusals)
{
  const char *const all[] = { "bilevel.minibatches=4", "bilevel.validation=4" };
  setup(2, all);
  mock_init(&m, 3);
  ck_assert_int_eq(run(), -1);
  ck_assert_ptr_nonnull(strstr(m.message, "bilevel.validation=4"));
  m.host.batch_size = 42;
  ck_assert_int_eq(run(), -1);
  ck_assert_ptr_nonnull(strstr(m.message, "42 is not a multiple"));
  teardown();
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("bilevel options");
  TCase *t = tcase_create("bilevel options");
  tcase_add_test(t, without_l1);
  tcase_add_test(t, draws_as_the_authors_do);
  tcase_add_test(t, several_validation_minibatches);
  tcase_add_test(t, clipped_weights);
  tcase_add_test(t, uniform_weights);
  tcase_add_test(t, random_weights);
  tcase_add_test(t, weights_per_layer);
  tcase_add_test(t, random_weights_per_layer);
  tcase_add_test(t, fixed_validation_set);
  tcase_add_test(t, fixed_set_needs_every_label);
  tcase_add_test(t, other_switches);
  tcase_add_test(t, refusals);
  suite_add_tcase(suite, t);
  return suite;
}
