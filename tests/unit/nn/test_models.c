/* SPDX-License-Identifier: MIT
 * test_models.c - the networks of the paper's field: counts, names, shapes on the way, initial weights, gradients. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "../twin.h"
#include "../unit.h"

static struct ho_net *net_new(const char *spec, int height, int width, int channels, int classes)
{
  struct ho_error err;
  struct ho_net *net = ho_net_new(spec, (struct ho_shape){ height, width, channels }, classes, &err);
  if (!net)
    ck_abort_msg("%s", err.text);
  return net;
}

static const struct ho_param *find(const struct ho_net *net, const char *name)
{
  for (int i = 0; i < net->nparams; i++)
    if (!strcmp(net->param[i].name, name))
      return &net->param[i];
  ck_abort_msg("%s has no tensor named %s", net->spec, name);
}

/* ---- counts ---- */

static const struct {
  const char *spec;
  int side, channels, classes;
  size_t parameters;
} counts[] = {
  { "inception-small", 29, 3, 10, 1649402 },
  { "inception-small", 29, 3, 100, 1679732 },
  { "inception-small", 28, 3, 10, 1649402 }, /* any size from 3 on: the last pool is global */
  { "inception-small", 3, 3, 10, 1649402 },
  { "inception-small:dropout=0", 64, 3, 10, 1649402 },
  { "inception-small", 28, 1, 10, 1649402 - 2 * 9 * 96 },
  { "cifarnet", 32, 3, 10, 1756426 },
  { "cifarnet", 32, 3, 100, 1756426 + 90 * 193 },
  { "cifarnet", 29, 3, 10, 1756426 - 15 * 64 * 384 }, /* 29, 14, 7: pools drop what is odd */
  { "alexnet-small", 28, 3, 10, 1387786 },
  { "alexnet-small", 28, 3, 100, 1405156 },
  { "alexnet-small", 25, 3, 10, 1387786 }, /* 25, 13, 7 */
  { "alexnet-small", 1, 3, 10, 1387786 - 48 * 64 * 384 },
  { "resnet32", 32, 3, 10, 464154 },
  { "resnet32", 1, 3, 10, 464154 },
  { "resnet32", 28, 1, 100, 464154 - 2 * 9 * 16 + 90 * 65 },
  { "lenet", 28, 1, 10, 61706 },
  { "lenet", 32, 3, 10, 456 + 2416 + 577 * 120 + 121 * 84 + 850 },
};

START_TEST(parameter_counts)
{
  struct ho_net *net =
      net_new(counts[_i].spec, counts[_i].side, counts[_i].side, counts[_i].channels, counts[_i].classes);
  ck_assert_uint_eq(net->parameters, counts[_i].parameters);
  ho_net_free(net);
}
END_TEST

static void ck_multiply_adds(const char *spec, int side, int channels, double want)
{
  struct ho_net *net = net_new(spec, side, side, channels, 10);
  ck_assert_double_eq(net->multiply_adds, want);
  ho_net_free(net);
}

START_TEST(multiply_adds)
{
  /* per pixel of the three sizes 27, 14, 7: weights without shifts, from the table of the authors' network */
  double large = 2688 - 96 + 3104 + 27680 - 64 + 2080 + 27696 - 80, small = 42416 + 345760 + 59312 + 484000 - 2 * 336;
  double middle = 57680 - 80 + 18032 + 69168 + 15456 + 92224 + 12880 + 115280 + 7728 + 138336 - 3 * 160 - 144;
  ck_multiply_adds("inception-small", 29, 3, 729 * large + 196 * middle + 49 * (124512 - 96 + small) + 3360);
  ck_multiply_adds("cifarnet", 32, 3, 1024 * 4800.0 + 256 * 102400.0 + 4096 * 384 + 384 * 192 + 1920);
  ck_multiply_adds("alexnet-small", 28, 3, 784 * 4800.0 + 196 * 102400.0 + 3136 * 384 + 384 * 192 + 1920);
  ck_multiply_adds("lenet", 28, 1, 784 * 150.0 + 100 * 2400.0 + 400 * 120 + 120 * 84 + 840);
  ck_multiply_adds("resnet32", 32, 3, 1024 * 432.0 + 1024 * 23040.0 + 256 * 87552.0 + 64 * 350208.0 + 640);
}
END_TEST

/* ---- names ---- */

static const struct {
  const char *net, *name;
  int dimensions;
  size_t shape[4];
  enum ho_init init;
  double value;
  int is_weight;
} tensors[] = {
  { "inception-small", "conv_1.conv.weight", 4, { 96, 3, 3, 3 }, HO_INIT_SCALED, 2.6, 1 },
  { "inception-small", "conv_1.bn.bias", 1, { 96 }, HO_INIT_ZERO, 0, 0 },
  { "inception-small", "incept_2.branch1x1.conv.weight", 4, { 32, 64, 1, 1 }, HO_INIT_SCALED, 2.6, 1 },
  { "inception-small", "incept_2.branch3x3.conv.weight", 4, { 48, 64, 3, 3 }, HO_INIT_SCALED, 2.6, 1 },
  { "inception-small", "down_1.branch3x3.conv.weight", 4, { 80, 80, 3, 3 }, HO_INIT_SCALED, 2.6, 1 },
  { "inception-small", "incept_8.branch3x3.bn.bias", 1, { 160 }, HO_INIT_ZERO, 0, 0 },
  { "inception-small", "fc1.weight", 4, { 10, 336, 1, 1 }, HO_INIT_SCALED, 2.6, 1 },
  { "inception-small", "fc1.bias", 1, { 10 }, HO_INIT_CONSTANT, 0, 0 },
  { "cifarnet", "conv1.weight", 4, { 64, 3, 5, 5 }, HO_INIT_TRUNCATED, 0.05, 1 },
  { "cifarnet", "conv2.bias", 1, { 64 }, HO_INIT_CONSTANT, 0, 0 },
  { "cifarnet", "fc3.weight", 2, { 384, 3136 }, HO_INIT_TRUNCATED, 0.04, 1 },
  { "cifarnet", "fc4.bias", 1, { 192 }, HO_INIT_CONSTANT, 0.1, 0 },
  { "cifarnet", "logits.weight", 2, { 10, 192 }, HO_INIT_TRUNCATED, 1.0 / 192, 1 },
  { "alexnet-small", "conv2.weight", 4, { 64, 64, 5, 5 }, HO_INIT_SCALED, 2.6, 1 },
  { "alexnet-small", "fc2.weight", 2, { 192, 384 }, HO_INIT_SCALED, 2.6, 1 },
  { "alexnet-small", "fc3.bias", 1, { 10 }, HO_INIT_CONSTANT, 0, 0 },
  { "resnet32", "conv1.weight", 4, { 16, 3, 3, 3 }, HO_INIT_UNIFORM, 0, 1 },
  { "resnet32", "layer2.0.conv1.weight", 4, { 32, 16, 3, 3 }, HO_INIT_UNIFORM, 0, 1 },
  { "resnet32", "layer3.4.bn2.weight", 1, { 64 }, HO_INIT_ONE, 0, 0 },
  { "resnet32", "linear.weight", 2, { 10, 64 }, HO_INIT_UNIFORM, 0, 1 },
  { "lenet", "conv2.weight", 4, { 16, 6, 5, 5 }, HO_INIT_UNIFORM, 0, 1 },
  { "lenet", "fc1.bias", 1, { 120 }, HO_INIT_UNIFORM, 0, 0 },
};

START_TEST(names_and_shapes)
{
  struct ho_net *net = net_new(tensors[_i].net, 29, 29, 3, 10);
  const struct ho_param *p = find(net, tensors[_i].name);
  size_t shape[4];
  ck_assert_int_eq(ho_param_file_shape(p, shape), tensors[_i].dimensions);
  for (int k = 0; k < tensors[_i].dimensions; k++)
    ck_assert_uint_eq(shape[k], tensors[_i].shape[k]);
  ck_assert_int_eq(p->init, tensors[_i].init);
  ck_assert_double_eq_tol(p->init_value, tensors[_i].value, 1e-15);
  ck_assert_int_eq(p->is_weight, tensors[_i].is_weight);
  ho_net_free(net);
}
END_TEST

/* Batch norm as the authors have it: no scale, epsilon 1e-3, averages that keep 0.975; 3,424 of these. */
START_TEST(inception_batch_norm)
{
  struct ho_net *net = net_new("inception-small", 29, 29, 3, 10);
  int layers = 0;
  for (int i = 0; i < net->graph->nodes; i++) {
    const struct ho_node *n = &net->graph->node[i];
    if (n->layer->kind != HO_LAYER_BATCH_NORM)
      continue;
    layers++;
    ck_assert_uint_eq(n->weight, HO_ABSENT);
    ck_assert_double_eq(n->u.norm.eps, 1e-3);
    ck_assert_double_eq_tol(n->u.norm.momentum, 0.025, 1e-15);
  }
  ck_assert_int_eq(layers, 19);
  ck_assert_uint_eq(net->statistics, 3424);
  ck_assert_int_eq(net->features, 336);
  ho_net_free(net);
}
END_TEST

/* What the modules give, in the table of the authors' network; and the padding TensorFlow chooses. */
START_TEST(inception_shapes)
{
  static const int want[] = { 64, 80, 160, 160, 160, 160, 144, 240, 336, 336 };
  static const int side[] = { 27, 27, 14, 14, 14, 14, 14, 7, 7, 7 };
  struct ho_net *net = net_new("inception-small", 29, 29, 3, 10);
  int module = 0, halvings = 0;
  for (int i = 0; i < net->graph->nodes; i++) {
    const struct ho_node *n = &net->graph->node[i];
    int slides = n->layer->kind == HO_LAYER_MAX_POOL || n->layer->kind == HO_LAYER_CONV;
    if (n->layer->kind == HO_LAYER_CONCAT) {
      ck_assert_int_eq(n->out.channels, want[module]);
      ck_assert_int_eq(n->out.height, side[module]);
      ck_assert_int_eq(n->out.width, side[module++]);
    } else if (slides && n->u.window.sh == 2) {
      const struct ho_window *w = &n->u.window;
      halvings++;
      ck_assert_int_eq(w->top, n->in.height == 27);
      ck_assert_int_eq(w->left, n->in.width == 27);
      ck_assert(w->bottom == 1 && w->right == 1);
    }
  }
  ck_assert_int_eq(module, 10);
  ck_assert_int_eq(halvings, 4);
  ho_net_free(net);
}
END_TEST

/* ---- initial weights ---- */

/* A normal of deviation s cut at 2 s has variance 0.7737413 s^2 and fourth moment 1.3741 s^4. */
static void ck_truncated(const struct ho_net *net, const float *theta, const char *name, double s)
{
  const struct ho_param *p = find(net, name);
  double n = (double)p->size, sum = 0, squares = 0, most = 0;
  for (size_t k = 0; k < p->size; k++) {
    double v = theta[p->offset + k] / s;
    sum += v;
    squares += v * v;
    most = fmax(most, fabs(v));
  }
  ck_assert_double_le(most, 2 * (1 + 1e-6));
  ck_assert_double_ge(most, 1.95); /* of many thousand: far out */
  ck_assert_double_le(fabs(sum / n), 5 * sqrt(0.7737413 / n));
  ck_assert_double_le(fabs(squares / n - 0.7737413), 5 * sqrt((1.3741 - 0.7737413 * 0.7737413) / n));
}

START_TEST(initial_weights)
{
  struct ho_net *inception = net_new("inception-small", 29, 29, 3, 10);
  struct ho_net *cifarnet = net_new("cifarnet", 32, 32, 3, 10);
  float *theta = ho_alloc(cifarnet->parameters, 4, "a test", NULL), *stats = ho_alloc(3424, 4, "a test", NULL);
  ho_net_init(inception, 5, 0, theta, stats);
  ck_truncated(inception, theta, "conv_1.conv.weight", sqrt(2.6 / 27));
  ck_truncated(inception, theta, "incept_8.branch3x3.conv.weight", sqrt(2.6 / (9 * 336)));
  ck_truncated(inception, theta, "fc1.weight", sqrt(2.6 / 336));
  for (size_t k = 0; k < 10; k++)
    ck_assert_float_eq(theta[find(inception, "fc1.bias")->offset + k], 0);
  ho_net_init(cifarnet, 5, 0, theta, stats);
  ck_truncated(cifarnet, theta, "conv2.weight", 0.05);
  ck_truncated(cifarnet, theta, "fc3.weight", 0.04);
  ck_truncated(cifarnet, theta, "logits.weight", 1.0 / 192);
  for (size_t k = 0; k < 192; k++)
    if (theta[find(cifarnet, "fc4.bias")->offset + k] != 0.1f || theta[find(cifarnet, "conv1.bias")->offset] != 0)
      ck_abort_msg("a bias starts elsewhere");
  ho_free(theta);
  ho_free(stats);
  ho_net_free(inception);
  ho_net_free(cifarnet);
}
END_TEST

/* ---- gradients of whole networks, by differences in the twin ---- */

static const struct {
  const char *spec;
  int height, width, channels, classes, groups, size, eval;
} nets[] = {
  { "inception-small:width=0.03", 9, 8, 3, 4, 2, 4, 0 },
  { "inception-small:width=0.02,dropout=0", 6, 7, 1, 3, 2, 4, 1 },
  { "cifarnet:width=0.06", 9, 8, 2, 4, 2, 3, 0 },
  { "cifarnet:width=0.2,dropout=0", 4, 5, 3, 3, 2, 2, 0 },
  { "alexnet-small:width=0.06", 9, 8, 2, 4, 2, 3, 0 },
  { "alexnet-small:width=0.2", 1, 3, 3, 3, 2, 2, 0 },
  { "resnet32:width=2", 8, 7, 3, 4, 2, 4, 0 },
  { "resnet32:width=3", 5, 5, 1, 3, 2, 3, 1 },
  { "lenet:width=0.5", 13, 12, 2, 4, 2, 3, 0 },
};

START_TEST(gradients)
{
  struct ho_net *net = net_new(nets[_i].spec, nets[_i].height, nets[_i].width, nets[_i].channels, nets[_i].classes);
  struct trial *t = trial_new(net, nets[_i].groups, nets[_i].size, nets[_i].eval, 40 + (uint64_t)_i);
  trial_check(t, 2);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("models");
  TCase *tc = tcase_create("models");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, parameter_counts, 0, sizeof counts / sizeof *counts);
  tcase_add_test(tc, multiply_adds);
  tcase_add_loop_test(tc, names_and_shapes, 0, sizeof tensors / sizeof *tensors);
  tcase_add_test(tc, inception_batch_norm);
  tcase_add_test(tc, inception_shapes);
  tcase_add_test(tc, initial_weights);
  tcase_add_loop_test(tc, gradients, 0, sizeof nets / sizeof *nets);
  suite_add_tcase(suite, tc);
  return suite;
}
