/* SPDX-License-Identifier: MIT
 * test_concat.c - channels side by side, channels of zeros, SAME padding: against the naive twin, and by hand. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "../twin.h"
#include "../unit.h"

static int conv(struct ho_graph *g, int x, const char *name, int out)
{
  return ho_graph_conv(g, x, name, out, ho_window_square(1, 1, 0), 1);
}

static int build_concat(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), a = conv(g, x, "a", 3), b = conv(g, x, "b", 2), y;
  switch ((int)value[0]) {
  case 0: y = ho_graph_concat(g, 2, (int[]){ a, b }); break;
  case 1: /* one tensor twice, and four in all */
    y = ho_graph_concat(g, 4, (int[]){ a, b, a, conv(g, b, "c", 1) });
    break;
  case 2: /* a later reader of an operand: gradients add up */
    y = ho_graph_concat(g, 2, (int[]){ b, a });
    y = ho_graph_concat(g, 2, (int[]){ y, ho_graph_relu(g, a) });
    break;
  case 3: /* the network's input, whose gradient nobody wants */
    y = ho_graph_relu(g, ho_graph_concat(g, 3, (int[]){ x, b, a }));
    break;
  case 4:
    y = ho_graph_concat(g, 1, &a);
    b = ho_graph_add(g, b, b);
    y = ho_graph_concat(g, 2, (int[]){ y, b });
    break;
  case 5: y = ho_graph_pad_channels(g, ho_graph_concat(g, 2, (int[]){ a, b }), 2, 1); break;
  case 6: /* nothing around it; another reader */
    y = ho_graph_pad_channels(g, a, 0, 0);
    y = ho_graph_concat(g, 3, (int[]){ y, a, b });
    break;
  default:
    y = ho_graph_pad_channels(g, a, 0, 4);
    y = ho_graph_concat(g, 2, (int[]){ b, ho_graph_pad_channels(g, y, 3, 0) });
  }
  return ho_graph_output(g, ho_graph_dense(g, y, "out", 4), y);
}

START_TEST(concat)
{
  struct ho_net *net = twin_net(build_concat, (double[]){ _i }, (struct ho_shape){ 5, 4, 2 }, 4);
  struct trial *t = trial_new(net, 2, 3, 0, 30);
  trial_check(t, 40);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

static int build_wide(struct ho_graph *g, const double *value)
{
  (void)value;
  int x = ho_graph_input(g), y = ho_graph_pad_channels(g, x, 1, 2);
  return ho_graph_output(g, ho_graph_concat(g, 2, (int[]){ y, x }), y);
}

/* More pixels than a task takes; the input of three channels among the others. */
START_TEST(by_hand)
{
  enum { IMAGES = 5000, OUT = 9 };
  struct ho_net *net = twin_net(build_wide, NULL, (struct ho_shape){ 1, 1, 3 }, OUT);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, IMAGES, 0, NULL);
  float *x = random_floats(3 * IMAGES, 7);
  const float *images = x;
  engine_forward(e, &(struct ho_forward){ .groups = 1, .size = IMAGES, .x = &images });
  for (size_t i = 0; i < IMAGES; i++) {
    const float *p = x + 3 * i, want[OUT] = { 0, p[0], p[1], p[2], 0, 0, p[0], p[1], p[2] };
    if (memcmp(want, engine_logits(e) + i * OUT, sizeof want))
      ck_abort_msg("image %zu differs", i);
  }
  ho_free(x);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

static int build_bad(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), a = conv(g, x, "a", 3), y = a;
  int small = ho_graph_max_pool(g, x, ho_window_square(2, 2, 0));
  switch ((int)value[0]) {
  case 0: y = ho_graph_concat(g, 2, (int[]){ a, small }); break;
  case 1: y = ho_graph_concat(g, 0, &a); break;
  case 2: y = ho_graph_concat(g, 5, (int[]){ a, a, a, a, a }); break;
  case 3: y = ho_graph_pad_channels(g, a, -1, 2); break;
  case 4: y = ho_graph_pad_channels(g, a, 2147483647, 2147483647); break;
  default: /* after a failure nothing happens any more */
    a = conv(g, x, "a", 3);
    y = ho_graph_pad_channels(g, ho_graph_concat(g, 2, (int[]){ a, a }), 1, 1);
    y = ho_graph_init(g, ho_graph_response_norm(g, y, 1, 1, 1, 1), HO_INIT_ONE, 0, 0);
    y = ho_graph_max_pool(g, y, ho_window_same(g, y, 3, 2));
    ck_assert_int_eq(y, -1);
  }
  return ho_graph_output(g, ho_graph_dense(g, y, "out", 4), y);
}

START_TEST(bad)
{
  static const char *const message[] = { "cannot join channels of 6x4 and 3x2 pixels",
                                         "concat takes 1 to 4 tensors, not 0",
                                         "concat takes 1 to 4 tensors, not 5",
                                         "channel padding: -1 and 2 must not be negative",
                                         "channel padding: 4294967297 channels are too many",
                                         "a.weight: two tensors of this name" };
  static const struct ho_net_option none[] = { { NULL, 0, 0, 0, 0, NULL } };
  static const struct ho_model model = { "wrong", "", NULL, none, build_bad };
  struct ho_error err = { 0 };
  ck_assert_ptr_null(ho_net_build(&model, (double[]){ _i }, (struct ho_shape){ 6, 4, 2 }, 4, &err));
  if (!strstr(err.text, message[_i]))
    ck_abort_msg("%s", err.text);
}
END_TEST

/* ---- SAME ---- */

static const struct {
  int side, kernel, stride, before, after, out;
} same[] = {
  { 27, 3, 2, 1, 1, 14 }, { 14, 3, 2, 0, 1, 7 }, { 28, 3, 2, 0, 1, 14 }, { 27, 3, 1, 1, 1, 27 }, { 27, 1, 1, 0, 0, 27 },
  { 7, 1, 2, 0, 0, 4 },   { 5, 2, 1, 0, 1, 5 },  { 32, 5, 1, 2, 2, 32 }, { 1, 5, 1, 2, 2, 1 },   { 1, 3, 2, 1, 1, 1 },
  { 2, 3, 2, 0, 1, 1 },   { 4, 2, 3, 0, 1, 2 },  { 10, 2, 4, 0, 0, 3 },  { 10, 4, 3, 1, 2, 4 },
};
enum { SAME = sizeof same / sizeof *same };

static int build_same(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), kernel = (int)value[0], stride = (int)value[1];
  int y = ho_graph_conv(g, x, "a", 2, ho_window_same(g, x, kernel, stride), 1);
  int z = ho_graph_max_pool(g, conv(g, x, "b", 2), ho_window_same(g, x, kernel, stride));
  y = ho_graph_concat(g, 2, (int[]){ y, z });
  return ho_graph_output(g, ho_graph_dense(g, y, "out", 3), y);
}

/* Padding and sizes of both layers, rows and columns apart; and values and gradients by the twin. */
START_TEST(same_padding)
{
  int side = same[_i].side, more = side + 1;
  struct ho_net *net =
      twin_net(build_same, (double[]){ same[_i].kernel, same[_i].stride }, (struct ho_shape){ side, more, 1 }, 3);
  for (int i = 1, seen = 0; seen < 2; i++) {
    const struct ho_node *n = &net->graph->node[i];
    const struct ho_window *w = &n->u.window;
    if (n->layer->kind != HO_LAYER_MAX_POOL && (n->layer->kind != HO_LAYER_CONV || seen))
      continue;
    seen++;
    ck_assert_int_eq(w->top, same[_i].before);
    ck_assert_int_eq(w->bottom, same[_i].after);
    ck_assert_int_eq(n->out.height, same[_i].out);
    ck_assert_int_eq(n->out.width, (more + same[_i].stride - 1) / same[_i].stride);
    ck_assert_int_le(w->left, w->right);
    ck_assert_int_le(w->right, w->left + 1);
  }
  struct trial *t = trial_new(net, 2, 2, 0, 31);
  trial_check(t, 9);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("concat");
  TCase *tc = tcase_create("concat");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, concat, 0, 8);
  tcase_add_test(tc, by_hand);
  tcase_add_loop_test(tc, bad, 0, 6);
  tcase_add_loop_test(tc, same_padding, 0, SAME);
  suite_add_tcase(suite, tc);
  return suite;
}
