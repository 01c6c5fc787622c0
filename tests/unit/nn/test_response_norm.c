/* SPDX-License-Identifier: MIT
 * test_response_norm.c - local response normalisation: by hand, and against the naive twin. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "../twin.h"
#include "../unit.h"

static int build_alone(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g);
  x = ho_graph_response_norm(g, x, (int)value[0], value[1], value[2], value[3]);
  return ho_graph_output(g, x, x);
}

/* Channels 1, 2, 3, 4 of one pixel. */
static void ck_values(const double *value, const double want[4])
{
  struct ho_net *net = twin_net(build_alone, value, (struct ho_shape){ 1, 1, 4 }, 4);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, 1, 0, NULL);
  const float image[] = { 1, 2, 3, 4 }, *x = image;
  engine_forward(e, &(struct ho_forward){ .groups = 1, .size = 1, .x = &x });
  for (int c = 0; c < 4; c++)
    ck_assert_double_eq_tol(engine_logits(e)[c], want[c], 1e-6);
  ho_engine_free(e);
  ho_net_free(net);
}

START_TEST(by_hand)
{
  /* radius 1: sums of squares 5, 14, 29, 25; k + alpha*sum = 1 + ... */
  ck_values((double[]){ 1, 1, 1, 1 }, (double[]){ 1 / 6.0, 2 / 15.0, 3 / 30.0, 4 / 26.0 });
  ck_values((double[]){ 1, 2, 0.5, 1 }, (double[]){ 1 / 4.5, 2 / 9.0, 3 / 16.5, 4 / 14.5 });
  ck_values((double[]){ 1, 11, 1, 0.5 }, (double[]){ 1 / 4.0, 2 / 5.0, 3 / sqrt(40), 4 / 6.0 });
  ck_values((double[]){ 1, 11, 1, 0.75 },
            (double[]){ 1 / 8.0, 2 / pow(25, 0.75), 3 / pow(40, 0.75), 4 / pow(36, 0.75) });
  ck_values((double[]){ 0, 1, 1, 1 }, (double[]){ 1 / 2.0, 2 / 5.0, 3 / 10.0, 4 / 17.0 });
  ck_values((double[]){ 9, 1, 1, 1 }, (double[]){ 1 / 31.0, 2 / 31.0, 3 / 31.0, 4 / 31.0 }); /* all channels */
  ck_values((double[]){ 2, 1, 1, 0 }, (double[]){ 1, 2, 3, 4 });
  ck_values((double[]){ 2, 16, 0, 0.75 }, (double[]){ 1 / 8.0, 2 / 8.0, 3 / 8.0, 4 / 8.0 });
}
END_TEST

static int build(struct ho_graph *g, const double *value)
{
  int x = ho_graph_conv(g, ho_graph_input(g), "a", (int)value[4], ho_window_square(1, 1, 0), 1);
  int y = ho_graph_response_norm(g, x, (int)value[0], value[1], value[2], value[3]);
  if (value[5]) /* another reader of x, before and after */
    y = ho_graph_add(g, ho_graph_add(g, x, y), x);
  return ho_graph_output(g, ho_graph_dense(g, y, "b", 3), y);
}

static const double settings[][6] = {
  { 4, 1, 0.001 / 9, 0.75, 20, 0 }, { 4, 1, 0.5, 0.75, 20, 1 }, { 1, 2, 0.7, 0.5, 5, 0 }, { 2, 0.5, 1, 1.3, 7, 1 },
  { 7, 1, 0.3, 0.75, 3, 0 },        { 0, 1, 0.9, 1, 4, 0 },     { 2, 1, 1, 0, 4, 1 },
};

START_TEST(gradients)
{
  struct ho_net *net = twin_net(build, settings[_i], (struct ho_shape){ 4, 3, 2 }, 3);
  struct trial *t = trial_new(net, 2, 3, 0, 30);
  trial_check(t, 20);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

/* More pixels than a task takes, in any group: each pixel as if it were alone. */
START_TEST(pixels_are_independent)
{
  enum { CHANNELS = 70, IMAGES = 600 };
  const double value[] = { 4, 1, 0.4, 0.75 };
  struct ho_net *net = twin_net(build_alone, value, (struct ho_shape){ 1, 1, CHANNELS }, CHANNELS);
  struct ho_engine *all = ho_engine_new(&ho_cpu, net, 1, IMAGES, 0, NULL),
                   *one = ho_engine_new(&ho_cpu, net, 1, 1, 0, NULL);
  float *x = random_floats(CHANNELS * IMAGES, 7);
  const float *images = x;
  engine_forward(all, &(struct ho_forward){ .groups = 1, .size = IMAGES, .x = &images });
  for (size_t i = 0; i < IMAGES; i++) {
    const float *image = x + i * CHANNELS;
    engine_forward(one, &(struct ho_forward){ .groups = 1, .size = 1, .x = &image });
    if (first_difference(CHANNELS, engine_logits(one), engine_logits(all) + i * CHANNELS) < CHANNELS)
      ck_abort_msg("pixel %zu differs", i);
  }
  ho_free(x);
  ho_engine_free(all);
  ho_engine_free(one);
  ho_net_free(net);
}
END_TEST

START_TEST(bad)
{
  static const double value[][4] = {
    { -1, 1, 1, 1 }, { 1e6, 1, 1, 1 }, { 1, 0, 1, 1 }, { 1, 1, -1, 1 }, { 1, 1, 1, NAN }
  };
  static const struct ho_net_option none[] = { { NULL, 0, 0, 0, 0, NULL } };
  static const struct ho_model model = { "wrong", "", NULL, none, build_alone };
  struct ho_error err = { 0 };
  ck_assert_ptr_null(ho_net_build(&model, value[_i], (struct ho_shape){ 1, 1, 4 }, 4, &err));
  ck_assert_ptr_nonnull(strstr(err.text, "network wrong: response norm: radius"));
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("response norm");
  TCase *tc = tcase_create("response norm");
  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, by_hand);
  tcase_add_loop_test(tc, gradients, 0, sizeof settings / sizeof *settings);
  tcase_add_test(tc, pixels_are_independent);
  tcase_add_loop_test(tc, bad, 0, 5);
  suite_add_tcase(suite, tc);
  return suite;
}
