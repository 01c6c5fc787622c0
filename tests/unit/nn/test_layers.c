/* SPDX-License-Identifier: MIT
 * test_layers.c - dense, ReLU, pools, dropout and residual add against the naive twin, and by hand. */
#include <math.h>

#include "base/memory.h"
#include "compute/random.h"
#include "../twin.h"
#include "../unit.h"

/* Compares values, and gradients at `elements' random places of each parameter tensor, with the twin, for two mini-batches
 * of `size' images. */
static void check_net(int (*build)(struct ho_graph *, const double *), const double *value, struct ho_shape input,
                      int classes, int size, int eval, int elements)
{
  struct ho_net *net = twin_net(build, value, input, classes);
  struct trial *t = trial_new(net, 2, size, eval, 30);
  trial_check(t, elements);
  trial_free(t);
  ho_net_free(net);
}

/* ---- dense ---- */

static int build_dense(struct ho_graph *g, const double *value)
{
  int x = ho_graph_dense(g, ho_graph_input(g), "a", (int)value[0]);
  int y = ho_graph_dense(g, x, "b", (int)value[1]);
  if (value[2]) /* two readers of x, whose gradients add up */
    y = ho_graph_add(g, y, ho_graph_dense(g, x, "c", (int)value[1]));
  return ho_graph_output(g, y, x);
}

START_TEST(dense)
{
  /* few and many units (several panels), more images than a block */
  static const int hidden[] = { 5, 300, 140, 1 }, out[] = { 3, 4, 280, 2 }, size[] = { 3, 2, 4, 260 };
  check_net(build_dense, (double[]){ hidden[_i], out[_i], _i < 2 }, (struct ho_shape){ 3, 4, 2 }, out[_i], size[_i], 0,
            2);
}
END_TEST

/* ---- relu ---- */

static int build_relu(struct ho_graph *g, const double *value)
{
  int x = ho_graph_conv(g, ho_graph_input(g), "a", 4, ho_window_square(1, 1, 0), 1);
  int y = ho_graph_relu(g, x);
  if (value[0]) /* x has another reader: neither in place nor overwriting gradients */
    y = ho_graph_add(g, y, x);
  return ho_graph_output(g, ho_graph_dense(g, y, "b", 3), y);
}

START_TEST(relu)
{
  check_net(build_relu, (double[]){ _i }, (struct ho_shape){ 5, 4, 2 }, 3, 3, 0, 60);
}
END_TEST

static int build_relu_alone(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_input(g);
  return ho_graph_output(g, ho_graph_relu(g, x), x);
}

START_TEST(relu_keeps_nan)
{
  struct ho_net *net = twin_net(build_relu_alone, NULL, (struct ho_shape){ 1, 1, 4 }, 4);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, 1, 0, NULL);
  const float image[] = { -1, 2, NAN, INFINITY }, *x = image;
  engine_forward(e, &(struct ho_forward){ .groups = 1, .size = 1, .x = &x });
  const float *y = engine_logits(e);
  ck_assert(y[0] == 0 && y[1] == 2 && isnan(y[2]) && isinf(y[3]));
  ck_assert_float_eq(engine_features(e)[0], -1); /* the input is read by the caller: not overwritten */
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* ---- pools ---- */

static const struct ho_window pools[] = {
  { 2, 2, 2, 2, 0, 0, 0, 0 }, { 3, 3, 2, 2, 0, 0, 0, 0 }, { 3, 2, 1, 3, 0, 0, 0, 0 },
  { 3, 3, 2, 2, 1, 1, 1, 1 }, { 3, 3, 2, 2, 0, 1, 0, 1 }, { 3, 3, 1, 1, 1, 1, 1, 1 },
};
enum { POOLS = sizeof pools / sizeof *pools, UNPADDED = 3 };

static int build_pool(struct ho_graph *g, const double *value)
{
  int kind = (int)value[0], x = ho_graph_conv(g, ho_graph_input(g), "a", 3, ho_window_square(1, 1, 0), 1);
  int y = kind < POOLS ? ho_graph_max_pool(g, x, pools[kind]) : ho_graph_average_pool(g, x, pools[kind - POOLS]);
  if (value[1]) /* another reader of x, before the pool in backward */
    return ho_graph_output(g, ho_graph_add(g, ho_graph_dense(g, y, "b", 4), ho_graph_dense(g, x, "c", 4)), y);
  return ho_graph_output(g, ho_graph_dense(g, y, "b", 4), y);
}

START_TEST(pool)
{
  check_net(build_pool, (double[]){ _i / 2, _i % 2 }, (struct ho_shape){ 7, 8, 2 }, 4, 2, 0, 8);
}
END_TEST

static int build_global(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_conv(g, ho_graph_input(g), "a", 5, ho_window_square(3, 1, 1), 0);
  return ho_graph_output(g, ho_graph_global_average_pool(g, x), x);
}

START_TEST(global_average)
{
  check_net(build_global, NULL, (struct ho_shape){ 5, 3, 2 }, 5, 3, 0, 40);
}
END_TEST

static int build_max_alone(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_conv(g, ho_graph_input(g), "a", 1, ho_window_square(1, 1, 0), 0);
  return ho_graph_output(g, ho_graph_max_pool(g, x, ho_window_square(3, 2, 1)), x);
}

/* Padding is -inf, not 0; of equal values the first takes the gradient; NaN wins. */
START_TEST(max_by_hand)
{
  struct ho_net *net = twin_net(build_max_alone, NULL, (struct ho_shape){ 3, 3, 1 }, 4);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, 1, 1, NULL);
  float image[] = { -5, -1, -2, -1, -3, -7, -9, -8, -6 }, row, theta = 1;
  const float *x = image, want[] = { -1, -1, -1, -3 };
  struct ho_forward f = { .groups = 1, .size = 1, .x = &x, .theta = &theta };
  engine_forward(e, &f);
  ck_assert_uint_eq(first_difference(4, engine_logits(e), want), 4);
  image[4] = NAN;
  engine_forward(e, &f);
  for (int i = 0; i < 4; i++)
    ck_assert(isnan(engine_logits(e)[i]));
  for (int i = 0; i < 9; i++)
    image[i] = 1 + (float)i / 1024;
  theta = 0; /* every product is 0: all equal, so the first of each window takes the gradient */
  engine_forward(e, &f);
  engine_backward(e, (float[]){ 1, 10, 100, 1000 }, &row, 1);
  ck_assert_float_eq_tol(row, image[0] + 10 * image[1] + 100 * image[3] + 1000 * image[4], 1e-3);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* ---- dropout ---- */

static int build_dropout(struct ho_graph *g, const double *value)
{
  int x = ho_graph_conv(g, ho_graph_input(g), "a", 40, ho_window_square(1, 1, 0), 1);
  int y = ho_graph_dropout(g, value[1] ? ho_graph_relu(g, x) : x, value[0]);
  int z = ho_graph_dropout(g, y, value[0]);
  return ho_graph_output(g, ho_graph_dense(g, ho_graph_add(g, z, x), "b", 2), y);
}

/* 6x5x40 = 1200 values per image: more than a block of draws. */
START_TEST(dropout)
{
  double rate[] = { 0.3, 0.8, 0 };
  check_net(build_dropout, (double[]){ rate[_i / 2 % 3], _i % 2 }, (struct ho_shape){ 6, 5, 2 }, 2, 2, _i >= 6, 4);
}
END_TEST

static int build_dropout_alone(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), y = ho_graph_dropout(g, x, value[0]);
  return ho_graph_output(g, value[0] > 0 ? ho_graph_dropout(g, y, value[0]) : y, y);
}

START_TEST(dropout_masks)
{
  enum { N = 20000 };
  struct ho_net *net = twin_net(build_dropout_alone, (double[]){ 0.35 }, (struct ho_shape){ 1, 1, N }, N);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 3, 6, 0, NULL);
  struct trial *t = trial_new(net, 3, 2, 0, 3);
  for (size_t i = 0; i < 6 * N; i++)
    t->x[i] = 1;
  t->mask[2] = t->mask[0];
  trial_forward(t, e, 0, 3);
  const float *y = engine_features(e), *z = engine_logits(e);
  int dropped = 0, same_image = 0, same_group = 0, same_node = 0;
  for (size_t i = 0; i < N; i++) {
    if (y[i] != 0 && y[i] != (float)(1 / 0.65))
      ck_abort_msg("neither dropped nor scaled: %g", (double)y[i]);
    dropped += y[i] == 0;
    same_image += (y[i] == 0) == (y[N + i] == 0);
    same_group += (y[i] == 0) == (y[2 * N + i] == 0);
    same_node += y[i] != 0 && z[i] == 0;
  }
  /* counts are binomial: five standard deviations */
  double sd = sqrt(N * 0.35 * 0.65), equal = 0.35 * 0.35 + 0.65 * 0.65;
  ck_assert_double_eq_tol(dropped, N * 0.35, 5 * sd);
  ck_assert_double_eq_tol(same_image, N * equal, 5 * sqrt(N * equal * (1 - equal)));
  ck_assert_double_eq_tol(same_group, N * equal, 5 * sqrt(N * equal * (1 - equal)));
  ck_assert_double_eq_tol(same_node, N * 0.65 * 0.35, 5 * sd);
  ck_assert_uint_eq(first_difference(2 * N, y, y + 4 * N), 2 * N); /* equal streams, equal masks */
  float first = y[0];
  trial_forward(t, e, 0, 3); /* and again */
  y = engine_features(e);
  ck_assert_float_eq(first, y[0]);
  for (int word = 0; word < 4; word++) { /* another word of the stream, another mask */
    t->mask[2] = t->mask[0];
    t->mask[2].word[word] ^= 1;
    trial_forward(t, e, 0, 3);
    y = engine_features(e);
    ck_assert_uint_lt(first_difference(2 * N, y, y + 4 * N), 64);
  }
  trial_free(t);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

START_TEST(dropout_identity)
{
  for (int rate = 0; rate < 2; rate++) { /* rate 0 in training; rate 0.5 in evaluation */
    struct ho_net *net = twin_net(build_dropout_alone, (double[]){ 0.5 * rate }, (struct ho_shape){ 2, 3, 5 }, 30);
    struct ho_engine *e = ho_engine_new(&ho_cpu, net, 2, 4, 0, NULL);
    struct trial *t = trial_new(net, 2, 2, rate, 3);
    trial_forward(t, e, 0, 2);
    ck_assert_uint_eq(first_difference(120, engine_logits(e), t->x), 120);
    trial_free(t);
    ho_engine_free(e);
    ho_net_free(net);
  }
}
END_TEST

/* ---- add ---- */

static int build_add(struct ho_graph *g, const double *value)
{
  int x = ho_graph_conv(g, ho_graph_input(g), "a", 3, ho_window_square(3, 1, 1), 1);
  int y = ho_graph_relu(g, x);
  switch ((int)value[0]) {
  case 0: return ho_graph_output(g, ho_graph_dense(g, ho_graph_add(g, y, y), "b", 3), x);
  case 1: /* a residual block */
    y = ho_graph_add(g, ho_graph_conv(g, y, "c", 3, ho_window_square(3, 1, 1), 0), x);
    break;
  case 2: /* the sum must not be written over what backward of the ReLU reads */
    y = ho_graph_add(g, y, ho_graph_conv(g, x, "c", 3, ho_window_square(3, 1, 1), 0));
    break;
  default: /* the operands exchanged, and twice in a row */
    y = ho_graph_add(g, x, ho_graph_conv(g, y, "c", 3, ho_window_square(3, 1, 1), 0));
    y = ho_graph_add(g, y, x);
  }
  return ho_graph_output(g, ho_graph_dense(g, ho_graph_relu(g, y), "b", 3), x);
}

START_TEST(add)
{
  check_net(build_add, (double[]){ _i }, (struct ho_shape){ 4, 5, 2 }, 3, 3, 0, 60);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("layers");
  TCase *tc = tcase_create("layers");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, dense, 0, 4);
  tcase_add_loop_test(tc, relu, 0, 2);
  tcase_add_test(tc, relu_keeps_nan);
  tcase_add_loop_test(tc, pool, 0, 2 * (POOLS + UNPADDED));
  tcase_add_test(tc, global_average);
  tcase_add_test(tc, max_by_hand);
  tcase_add_loop_test(tc, dropout, 0, 10);
  tcase_add_test(tc, dropout_masks);
  tcase_add_test(tc, dropout_identity);
  tcase_add_loop_test(tc, add, 0, 4);
  suite_add_tcase(suite, tc);
  return suite;
}
