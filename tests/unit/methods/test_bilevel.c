/* SPDX-License-Identifier: MIT
 * test_bilevel.c - the weights of plugins/bilevel.c: worked example, properties, every option. */
#include <math.h>

#include "../mock_host.h"
#include "../unit.h"
#include "plugin/chain.h"

static struct ho_chain chain;
static struct ho_link *bilevel;
static struct mock m;
static float dir[MOCK_P];

/* The plugin with options `a=1 b=2' (without its name). */
static void setup(int n, const char *const *options)
{
  struct ho_plugin_path path;
  struct ho_error err;
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_msg(!ho_chain_make(&chain, "bilevel", &path, options, n, &err), "%s", err.text);
  ho_plugin_path_free(&path);
  bilevel = &chain.link[0];
}

static void teardown(void)
{
  mock_free(&m);
  ho_chain_free(&chain);
}

static int run(void)
{
  float *out = dir;
  m.drawn = m.draws = 0;
  memset(m.has_weight, 0, sizeof m.has_weight);
  if (bilevel->plugin->hooks.open(bilevel->self, &m.host))
    return -1;
  return bilevel->plugin->hooks.direction(bilevel->self, &m.host, &out);
}

static void fill_random(int rows, size_t P, uint64_t seed)
{
  struct ho_stream s = ho_stream_make(seed, "test", 0, 0);
  for (size_t i = 0; i < (size_t)rows * P; i++)
    m.rows[i] = (float)ho_stream_normal(&s);
}

/* w and sum w g straight from the formulas, in double, for one validation row. */
static void expect(int rows, size_t P, double mu, double *w, double *G)
{
  double sum = 0;
  for (int i = 1; i < rows; i++) {
    const float *g = m.rows + (size_t)i * P;
    w[i] = mock_dot(NULL, P, m.rows, g) / (mock_dot(NULL, P, g, g) + mu);
    sum += fabs(w[i]);
  }
  for (size_t k = 0; k < P; k++)
    G[k] = 0;
  for (int i = 1; i < rows; i++) {
    w[i] /= sum;
    for (size_t k = 0; k < P; k++)
      G[k] += w[i] * m.rows[(size_t)i * P + k];
  }
}

static const float example[] = { 1, 0, 1, 1, 1, 0, -1, 0, 0, 0, 0, 2, 2, 0, 2 };
static const char *const five[] = { "bilevel.minibatches=5" };

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

START_TEST(refusals)
{
  const char *const all[] = { "bilevel.minibatches=4", "bilevel.validation=4" };
  setup(2, all);
  mock_init(&m, 3);
  ck_assert_int_eq(run(), -1);
  ck_assert_ptr_nonnull(strstr(m.message, "bilevel.validation=4"));
  m.host.batch_size = 42;
  ck_assert_int_eq(run(), -1);
  ck_assert_ptr_nonnull(strstr(m.message, "42 is no multiple"));
  teardown();
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("bilevel");
  TCase *c = tcase_create("weights");
  tcase_add_test(c, worked_example);
  tcase_add_test(c, without_l1);
  tcase_add_test(c, draws_as_the_authors_do);
  tcase_add_test(c, equal_gradients_give_the_mean);
  tcase_add_test(c, scale_of_the_validation_gradient);
  tcase_add_test(c, projection_without_ridge);
  tcase_add_test(c, norms_and_naive_twin);
  tcase_add_test(c, permutation_equivariance);
  tcase_add_test(c, one_training_minibatch);
  tcase_add_test(c, large_ridge);
  tcase_add_test(c, several_validation_minibatches);
  tcase_add_test(c, clipped_weights);
  tcase_add_test(c, uniform_weights);
  tcase_add_test(c, random_weights);
  tcase_add_test(c, weights_per_layer);
  tcase_add_test(c, fixed_validation_set);
  tcase_add_test(c, other_switches);
  tcase_add_test(c, vanishing_weights_skip);
  tcase_add_test(c, not_a_number_goes_through);
  tcase_add_test(c, random_weights_per_layer);
  tcase_add_test(c, fixed_set_needs_every_label);
  tcase_add_test(c, refusals);
  suite_add_tcase(suite, c);
  return suite;
}
