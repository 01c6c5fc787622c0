/* SPDX-License-Identifier: MIT
 * test_batchnorm.c - batch norm per mini-batch: with and without scale, in training and evaluation, its averages. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "../twin.h"
#include "../unit.h"

enum { SCALE, EVAL, FIRST, HEIGHT, SIZE, FORK };

/* [a convolution;] batch norm [read twice]; a convolution. */
static int build(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g);
  if (!value[FIRST])
    x = ho_graph_conv(g, x, "before", 3, ho_window_square(1, 1, 0), 0);
  int y = ho_graph_batch_norm(g, x, "bn", (int)value[SCALE], 1e-3, 0.25);
  int z = ho_graph_conv(g, y, "after", 3, ho_window_square(1, 1, 0), 0);
  if (value[FORK])
    z = ho_graph_add(g, ho_graph_add(g, z, y), x);
  return ho_graph_output(g, z, y);
}

/* Over (scale, eval, first layer) and shapes: many pixels; one pixel of four images; chunks of several tasks. */
START_TEST(like_the_twin)
{
  static const int high[] = { 5, 1, 9 }, size[] = { 2, 4, 24 };
  int shape = _i / 16;
  double value[] = { _i & 1, _i >> 1 & 1, _i >> 2 & 1, high[shape], size[shape], _i >> 3 & 1 };
  struct ho_shape input = { high[shape], high[shape] * 3, 3 };
  struct ho_net *net = twin_net(build, value, input, (int)ho_shape_size(input));
  struct trial *t = trial_new(net, 3, size[shape], (int)value[EVAL], 20 + (uint64_t)_i);
  trial_check(t, shape == 2 ? 1 : 6);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

static int build_alone(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g);
  return ho_graph_output(g, ho_graph_batch_norm(g, x, "bn", 0, value[0], value[1]), x);
}

/* Two mini-batches of two images of two values each: 1 2 3 6 and 10 10 10 14; eps 0. */
START_TEST(by_hand)
{
  struct ho_net *net = twin_net(build_alone, (double[]){ 0, 0.5 }, (struct ho_shape){ 1, 2, 1 }, 2);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 2, 4, 0, NULL);
  const float a[] = { 1, 2, 3, 6 }, b[] = { 10, 10, 10, 14 }, *x[] = { a, b }, beta[] = { 1 };
  float stats[] = { 8, 16 }; /* running mean, variance */
  unsigned char advance[] = { 1, 1 };
  struct ho_forward f = { .groups = 2, .size = 2, .x = x, .theta = beta, .stats = stats, .advance = advance };
  engine_forward(e, &f);
  const float *y = engine_logits(e);
  ck_assert_float_eq_tol(y[0], 1 - 2 / sqrt(3.5), 1e-6); /* mean 3, biased variance (4+1+0+9)/4 */
  ck_assert_float_eq_tol(y[3], 1 + 3 / sqrt(3.5), 1e-6);
  ck_assert_float_eq_tol(y[4], 1 - 1 / sqrt(3), 1e-6); /* mean 11, biased variance (3*1 + 9)/4 */
  ck_assert_float_eq_tol(y[7], 1 + 3 / sqrt(3), 1e-6);
  ck_assert_float_eq_tol(stats[0], (5.5 + 11) / 2, 1e-5);                /* 8 -> 5.5 -> 8.25 */
  ck_assert_float_eq_tol(stats[1], ((16 + 14.0 / 3) / 2 + 4) / 2, 1e-5); /* unbiased: 14/3, then 12/3 */
  advance[1] = 0;
  float before[2] = { 8, 16 };
  memcpy(stats, before, sizeof before);
  engine_forward(e, &f);
  ck_assert_float_eq_tol(stats[0], 5.5, 1e-6);
  f.advance = NULL;
  memcpy(stats, before, sizeof before);
  engine_forward(e, &f);
  ck_assert_float_eq(stats[0], 8);
  f.eval = 1;
  f.advance = advance;
  engine_forward(e, &f); /* evaluation moves nothing, and uses 8 and 16 */
  ck_assert_float_eq(stats[0], 8);
  ck_assert_float_eq(stats[1], 16);
  ck_assert_float_eq_tol(engine_logits(e)[0], 1 + (1 - 8) / 4.0, 1e-6);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* The order of mini-batches matters for the averages: it is that of the group. */
START_TEST(averages_advance_in_order)
{
  struct ho_net *net = twin_net(build_alone, (double[]){ 1e-5, 0.1 }, (struct ho_shape){ 2, 2, 2 }, 8);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 3, 6, 0, NULL);
  struct trial *together = trial_new(net, 3, 2, 0, 1), *apart = trial_new(net, 3, 2, 0, 1);
  trial_forward(together, e, 0, 3);
  for (int g = 0; g < 3; g++)
    trial_forward(apart, e, g, 1);
  ck_assert_uint_eq(first_difference(net->statistics, together->stats, apart->stats), net->statistics);
  trial_free(together);
  trial_free(apart);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* A mean 10,000 times the deviation: the variance must not drown. */
START_TEST(large_mean)
{
  enum { N = 64 };
  struct ho_net *net = twin_net(build_alone, (double[]){ 0, 0.1 }, (struct ho_shape){ 1, 2, 1 }, 2);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, N / 2, 0, NULL);
  float values[N], beta = 0, stats[2] = { 0, 1 };
  const float *x = values;
  for (int i = 0; i < N; i++)
    values[i] = 4096 + (i % 2 ? 0.5f : -0.5f);
  engine_forward(e, &(struct ho_forward){ .groups = 1, .size = N / 2, .x = &x, .theta = &beta, .stats = stats });
  for (int i = 0; i < N; i++)
    ck_assert_float_eq_tol(engine_logits(e)[i], i % 2 ? 1 : -1, 1e-6);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* One value per channel: variance 0, also in the running average (nothing is divided by m - 1 = 0). */
START_TEST(one_value)
{
  struct ho_net *net = twin_net(build_alone, (double[]){ 1e-5, 0.5 }, (struct ho_shape){ 1, 1, 2 }, 2);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, 1, 1, NULL);
  float image[] = { 3, -4 }, beta[] = { 0.25f, 0.5f }, stats[] = { 0, 0, 1, 1 }, row[2];
  const float *x = image;
  engine_forward(
      e, &(struct ho_forward){
             .groups = 1, .size = 1, .x = &x, .theta = beta, .stats = stats, .advance = (unsigned char[]){ 1 } });
  engine_backward(e, (float[]){ 2, 3 }, row, 2);
  ck_assert_float_eq(engine_logits(e)[0], 0.25f);
  ck_assert_float_eq(stats[1], -2);
  ck_assert_float_eq(stats[2], 0.5f);
  ck_assert_float_eq(row[1], 3);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("batchnorm");
  TCase *tc = tcase_create("batchnorm");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, like_the_twin, 0, 48);
  tcase_add_test(tc, by_hand);
  tcase_add_test(tc, averages_advance_in_order);
  tcase_add_test(tc, large_mean);
  tcase_add_test(tc, one_value);
  suite_add_tcase(suite, tc);
  return suite;
}
