/* SPDX-License-Identifier: MIT
 * test_net_specs.c - what `NAME:key=value,...' may say, and every way to get it, sizes and models wrong. */
#include <stdio.h>
#include <string.h>

#include "nn/graph.h"
#include "../unit.h"

START_TEST(normalised_specs)
{
  static const char *const pairs[][2] = {
    { "mlp", "mlp" },
    { "mlp:layers=2", "mlp" },
    { "mlp:dropout=0.50,hidden=1e2", "mlp:hidden=100,dropout=0.5" },
    { "mlp:dropout=-0", "mlp" },
    { "preact-resnet18:dropout=0.1,width=16", "preact-resnet18:width=16,dropout=0.1" },
    { "inception-small:dropout=0.5,width=0.25", "inception-small:width=0.25" },
    { "cifarnet:dropout=0.2", "cifarnet:dropout=0.2" },
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct ho_error err;
    struct ho_net *net = ho_net_new(pairs[i][0], (struct ho_shape){ 5, 5, 1 }, 2, &err);
    if (!net)
      ck_abort_msg("%s", err.text);
    ck_assert_str_eq(net->spec, pairs[i][1]);
    ho_net_free(net);
  }
}
END_TEST

START_TEST(bad_specs)
{
  static const char *const bad[][2] = {
    /* what is wrong, what the message must say */
    { "", "unknown network `': choose one of alexnet-small, cifarnet, inception-small, lenet, mlp, preact-resnet18" },
    { "mpl", "unknown network `mpl': did you mean `mlp'?" },
    { "preact-resnet-18", "did you mean `preact-resnet18'?" },
    { "transformer", "choose one of alexnet-small, cifarnet" },
    { "inception-smal", "did you mean `inception-small'?" },
    { "inception-small:width=0", "`width' must be a number from 0.01 to 16" },
    { "resnet32:width=1.5", "`width' must be a whole number" },
    { "alexnet-small:dropout=0.5", "network alexnet-small has no option `dropout': its options are width" },
    { "MLP", "unknown network `MLP'" },
    { "mlp:", "must have the form key=value" },
    { "mlp:hidden", "`hidden' must have the form key=value" },
    { "mlp:hidden=", "hidden=: `hidden' must be a whole number from 1 to 65536" },
    { "mlp:hidden=0", "must be a whole number from 1 to 65536" },
    { "mlp:hidden=2.5", "must be a whole number" },
    { "mlp:hidden=12x", "must be a whole number" },
    { "mlp:hidden=nan", "must be a whole number" },
    { "mlp:hidden=1e99", "must be a whole number" },
    { "mlp:dropout=1", "`dropout' must be a number from 0 to 0.99" },
    { "mlp:dropout=-0.1", "from 0 to 0.99" },
    { "mlp:hiden=3", "network mlp has no option `hiden': did you mean `hidden'?" },
    { "mlp:momentum=3", "network mlp has no option `momentum': its options are hidden, layers, dropout" },
    { "mlp:=3", "no option `'" },
    { "mlp:hidden=3,hidden=4", "option `hidden' is given twice" },
    { "mlp:hidden=3,", "must have the form key=value" },
    { "mlp:hidden=3,,layers=1", "must have the form key=value" },
    { "preact-resnet18:width=0", "`width' must be a whole number from 1 to 1024" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct ho_error err = { 0 };
    if (ho_net_new(bad[i][0], (struct ho_shape){ 8, 8, 3 }, 10, &err))
      ck_abort_msg("`%s' was taken", bad[i][0]);
    if (!strstr(err.text, bad[i][1]))
      ck_abort_msg("`%s' gives: %s", bad[i][0], err.text);
    ck_assert_ptr_null(ho_net_new(bad[i][0], (struct ho_shape){ 8, 8, 3 }, 10, NULL));
  }
  char long_spec[400];
  struct ho_error err;
  snprintf(long_spec, sizeof long_spec, "mlp:%0390d", 1);
  ck_assert_ptr_null(ho_net_new(long_spec, (struct ho_shape){ 8, 8, 3 }, 10, &err));
  ck_assert_ptr_nonnull(strstr(err.text, "too long"));
}
END_TEST

START_TEST(bad_sizes)
{
  static const struct {
    const char *spec;
    struct ho_shape input;
    int classes;
    const char *message;
  } bad[] = {
    { "mlp", { 0, 8, 3 }, 10, "height, width and channels" },
    { "mlp", { 8, -1, 3 }, 10, "height, width and channels" },
    { "mlp", { 8, 8, 2000000 }, 10, "height, width and channels" },
    { "mlp", { 8, 8, 3 }, 1, "1 classes" },
    { "mlp", { 8, 8, 3 }, 70000, "70000 classes" },
    { "mlp", { 60000, 60000, 3 }, 10, "too large" },
    { "mlp:hidden=65536", { 500, 500, 3 }, 10, "fc1.weight: 65536 x 3 x 500 x 500 is too large: 196608000000 bytes" },
    { "preact-resnet18", { 16384, 8192, 3 }, 10, "too large" },
    { "inception-small", { 2, 29, 3 }, 10, "images of 2x29 are too small: conv_1.conv slides a window of 3x3" },
    { "cifarnet", { 3, 3, 3 }, 10, "max pool slides a window of 2x2 over what is by then 1x1" },
    { "lenet", { 28, 11, 1 }, 10, "max pool slides a window of 2x2 over what is by then 10x1" },
    { "lenet", { 9, 9, 1 }, 10, "conv2 slides a window of 5x5 over what is by then 4x4" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct ho_error err = { 0 };
    ck_assert_ptr_null(ho_net_new(bad[i].spec, bad[i].input, bad[i].classes, &err));
    if (!strstr(err.text, bad[i].message))
      ck_abort_msg("%zu: %s", i, err.text);
  }
}
END_TEST

/* ---- what a file of models/ can get wrong ---- */

static int build_wrong(struct ho_graph *g, const double *value)
{
  int x = ho_graph_input(g), y;
  struct ho_window w = ho_window_square(3, 1, 1);
  switch ((int)value[0]) {
  case 0: return ho_graph_output(g, ho_graph_conv(g, x, "c", 4, ho_window_square(9, 1, 0), 0), x);
  case 1: return ho_graph_output(g, ho_graph_dense(g, x, "a", 7), x);
  case 2: ho_graph_dense(g, x, "unread", 4); return ho_graph_output(g, ho_graph_dense(g, x, "a", 4), x);
  case 3: y = ho_graph_dense(g, ho_graph_dense(g, x, "a", 4), "a", 4); return ho_graph_output(g, y, x);
  case 4: return ho_graph_output(g, ho_graph_add(g, ho_graph_dense(g, x, "a", 4), ho_graph_dense(g, x, "b", 5)), x);
  case 5: return ho_graph_output(g, ho_graph_dense(g, ho_graph_max_pool(g, x, ho_window_square(2, 2, 2)), "a", 4), x);
  case 6: return ho_graph_output(g, ho_graph_dense(g, ho_graph_average_pool(g, x, w), "a", 4), x);
  case 7: return ho_graph_output(g, ho_graph_dense(g, ho_graph_dropout(g, x, 1), "a", 4), x);
  case 8: w.sh = 0; return ho_graph_output(g, ho_graph_dense(g, ho_graph_conv(g, x, "c", 4, w, 0), "a", 4), x);
  case 9:
    y = ho_graph_dense(g, x, "a", 4);
    ho_graph_relu(g, y);
    return ho_graph_output(g, y, x);
  case 10:
    y = ho_graph_max_pool(g, x, ho_window_square(300, 1, 299));
    return ho_graph_output(g, ho_graph_dense(g, y, "a", 4), x);
  default:
    y = ho_graph_dense(g, x, "a-name-that-is-longer-than-any-tensor-of-a-network-may-have-it", 4);
    return ho_graph_output(g, y, x);
  }
}

START_TEST(bad_models)
{
  static const char *const message[] = {
    "images of 6x5 are too small: c slides a window of 9x9 over what is by then 6x5",
    "has 7 outputs for 4 classes",
    "node 1 (dense) is read by no node",
    "a.weight: two tensors of this name",
    "cannot add 1x1x4 and 1x1x5",
    "padding must be at least 0 and smaller than the kernel",
    "padding must be 0",
    "dropout 1 must be",
    "at least 1",
    "the last, but another node reads it",
    "max pool: a window of 300x300 is too large",
    "the name is too long"
  };
  static const struct ho_net_option none[] = { { NULL, 0, 0, 0, 0, NULL } };
  static const struct ho_model model = { "wrong", "", NULL, none, build_wrong };
  struct ho_error err = { 0 };
  ck_assert_ptr_null(ho_net_build(&model, (double[]){ _i }, (struct ho_shape){ 6, 5, 2 }, 4, &err));
  if (!strstr(err.text, message[_i]) || strncmp(err.text, "network wrong: ", 15))
    ck_abort_msg("%s", err.text);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("net specs");
  TCase *tc = tcase_create("net specs");
  tcase_add_test(tc, normalised_specs);
  tcase_add_test(tc, bad_specs);
  tcase_add_test(tc, bad_sizes);
  tcase_add_loop_test(tc, bad_models, 0, 12);
  suite_add_tcase(suite, tc);
  return suite;
}
