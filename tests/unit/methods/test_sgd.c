/* SPDX-License-Identifier: MIT
 * test_sgd.c - plugins/sgd.c: its loss against worked numbers and finite differences, momentum, mini-batches. */
#include <math.h>

#include "../mock_host.h"
#include "plugin/chain.h"
#include "../unit.h"

static struct ho_chain chain;
static struct ho_link *sgd;
static struct mock m;

static void setup(int n, const char *const *options)
{
  struct ho_plugin_path path;
  struct ho_error err;
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_msg(!ho_chain_make(&chain, "sgd", &path, options, n, &err), "%s", err.text);
  ho_plugin_path_free(&path);
  sgd = &chain.link[0];
}

static void teardown(void)
{
  mock_free(&m);
  ho_chain_free(&chain);
}

static void loss(const float *logits, const float *target, float *value, float *dlogits)
{
  struct ho_minibatch mb = { .size = 1, .target = (float *)target };
  struct ho_head head = { .logits = logits, .loss = value, .dlogits = dlogits, .first = 1 };
  ck_assert_int_eq(sgd->plugin->hooks.loss(sgd->self, &m.host, &mb, &head), 0);
}

START_TEST(worked_cross_entropy)
{
  const float z[] = { 1, 2, 0.5f }, q[] = { 1, 0, 0 };
  const double d[] = { -0.768776, 0.628532, 0.140244 };
  float l, dz[3];
  setup(0, NULL);
  mock_init(&m, 3);
  loss(z, q, &l, dz);
  ck_assert_double_eq_tol(l, 1.464369, 1e-5);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(dz[k], d[k], 1e-5);
  teardown();
}
END_TEST

/* Mixed targets, as mixup makes them: 0.3 of class 0, 0.7 of class 2. */
START_TEST(worked_soft_target)
{
  const float z[] = { 1, 2, 0.5f }, q[] = { 0.3f, 0, 0.7f };
  const double d[] = { -0.068776, 0.628532, -0.559756 };
  float l, dz[3];
  setup(0, NULL);
  mock_init(&m, 3);
  loss(z, q, &l, dz);
  ck_assert_double_eq_tol(l, 1.814369, 1e-5);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(dz[k], d[k], 1e-5);
  teardown();
}
END_TEST

/* L = -sum q_k log p_k by its definition in double; p [7] is the softmax of z. */
static double cross_entropy(const float *z, const float *q, double *p)
{
  double top = z[0], sum = 0, loss = 0;
  for (int k = 1; k < 7; k++)
    top = z[k] > top ? z[k] : top;
  for (int k = 0; k < 7; k++)
    sum += exp(z[k] - top);
  for (int k = 0; k < 7; k++) {
    p[k] = exp(z[k] - top) / sum;
    loss -= q[k] * (z[k] - top - log(sum));
  }
  return loss;
}

/* Huge logits do not overflow; gradient rows sum to 0; loss and gradient are those of the definition. */
START_TEST(agrees_with_the_definition)
{
  struct ho_stream s = ho_stream_make(1, "test", 0, 0);
  float z[7], q[7], l, dz[7];
  setup(0, NULL);
  mock_init(&m, 3);
  m.host.classes = 7;
  for (int trial = 0; trial < 200; trial++) {
    float sum = 0;
    double zero = 0;
    for (int k = 0; k < 7; k++) {
      z[k] = (float)(ho_stream_normal(&s) * (trial % 2 ? 200 : 2));
      sum += q[k] = (float)ho_stream_uniform(&s);
    }
    for (int k = 0; k < 7; k++)
      q[k] /= sum;
    loss(z, q, &l, dz);
    double p[7], e = cross_entropy(z, q, p);
    ck_assert(fabs(l - e) <= 1e-5 * (1 + fabs(e)));
    for (int k = 0; k < 7; k++) {
      zero += dz[k];
      ck_assert(fabs(dz[k] - (p[k] - q[k])) <= 1e-6);
    }
    ck_assert_double_eq_tol(zero, 0, 1e-6);
  }
  teardown();
}
END_TEST

START_TEST(loss_by_finite_differences)
{
  struct ho_stream s = ho_stream_make(2, "test", 0, 0);
  float z[5], q[] = { 0.1f, 0.4f, 0, 0.3f, 0.2f }, l[2], dz[5], unused[5];
  setup(0, NULL);
  mock_init(&m, 3);
  m.host.classes = 5;
  for (int k = 0; k < 5; k++)
    z[k] = (float)ho_stream_normal(&s);
  loss(z, q, l, dz);
  for (int k = 0; k < 5; k++) {
    const float h = 0.01f; /* float32 losses near 2: rounding 1e-7 / 2h = 1e-5, truncation h^2/6 = 2e-5 */
    float old = z[k];
    z[k] = old - h;
    loss(z, q, &l[0], unused);
    z[k] = old + h;
    loss(z, q, &l[1], unused);
    z[k] = old;
    ck_assert_double_eq_tol((l[1] - l[0]) / (2 * h), dz[k], 1e-4);
  }
  teardown();
}
END_TEST

/* Two steps by hand: a <- 0.9 a + (g + wd theta), theta <- theta - lr rate a; and Nesterov's variant. */
START_TEST(momentum_by_hand)
{
  const char *const options[] = { _i ? "sgd.nesterov=true" : "sgd.nesterov=false" };
  float theta[] = { 1 }, g[] = { 2 }, a[] = { 0 }, *slot[] = { a };
  struct ho_tensor t = { "w", 0, 1, 0.5, 0.1 };
  double x = 1, v = 0;
  setup(1, options);
  mock_init(&m, 1);
  for (int step = 0; step < 2; step++) {
    double d = 2 + 0.1 * x;
    v = 0.9 * v + d;
    x -= 0.1 * 0.5 * (_i ? d + 0.9 * v : v);
    ck_assert_int_eq(sgd->plugin->hooks.update(sgd->self, &m.host, &t, theta, g, slot), 0);
    ck_assert_double_eq_tol(theta[0], x, 1e-6);
  }
  teardown();
}
END_TEST

START_TEST(no_momentum_is_plain_descent)
{
  const char *const options[] = { "sgd.momentum=0" };
  float theta[] = { 1, -1 }, g[] = { 2, 4 }, a[] = { 7, 7 }, *slot[] = { a };
  struct ho_tensor t = { "w", 0, 2, 1, 0 };
  setup(1, options);
  mock_init(&m, 2);
  ck_assert_int_eq(sgd->plugin->hooks.update(sgd->self, &m.host, &t, theta, g, slot), 0);
  ck_assert_float_eq(theta[0], 1 - 0.1f * 2);
  ck_assert_float_eq(theta[1], -1 - 0.1f * 4);
  teardown();
}
END_TEST

START_TEST(minibatches_are_averaged)
{
  const char *const options[] = { "sgd.minibatches=4", "sgd.matched=true" };
  float dir[5], *out = dir;
  setup(2, options);
  mock_init(&m, 5);
  for (int i = 0; i < 20; i++)
    m.rows[i] = (float)(i * i % 7);
  ck_assert_int_eq(sgd->plugin->hooks.direction(sgd->self, &m.host, &out), 0);
  ck_assert(m.draw[0].count == 4 && m.draw[0].size == 10 && m.draw[0].matched);
  for (int k = 0; k < 5; k++)
    ck_assert_float_eq_tol(dir[k], (m.rows[k] + m.rows[5 + k] + m.rows[10 + k] + m.rows[15 + k]) / 4, 1e-6);
  m.host.batch_size = 42;
  ck_assert_int_eq(sgd->plugin->hooks.direction(sgd->self, &m.host, &out), -1);
  ck_assert_ptr_nonnull(strstr(m.message, "not a multiple of sgd.minibatches=4"));
  teardown();
}
END_TEST

START_TEST(one_minibatch_goes_straight_into_the_direction)
{
  float dir[5], *out = dir;
  setup(0, NULL);
  mock_init(&m, 5);
  for (int i = 0; i < 5; i++)
    m.rows[i] = (float)i / 3;
  ck_assert_int_eq(sgd->plugin->hooks.direction(sgd->self, &m.host, &out), 0);
  ck_assert(m.draw[0].count == 1 && m.draw[0].size == 40 && !m.draw[0].matched);
  ck_assert_mem_eq(dir, m.rows, sizeof dir);
  teardown();
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("sgd");
  TCase *c = tcase_create("sgd");
  tcase_add_test(c, worked_cross_entropy);
  tcase_add_test(c, worked_soft_target);
  tcase_add_test(c, agrees_with_the_definition);
  tcase_add_test(c, loss_by_finite_differences);
  tcase_add_loop_test(c, momentum_by_hand, 0, 2);
  tcase_add_test(c, no_momentum_is_plain_descent);
  tcase_add_test(c, minibatches_are_averaged);
  tcase_add_test(c, one_minibatch_goes_straight_into_the_direction);
  suite_add_tcase(suite, c);
  return suite;
}
