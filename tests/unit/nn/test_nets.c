/* SPDX-License-Identifier: MIT
 * test_nets.c - the networks: parameter counts, names, shapes, initial weights, layout in files, gradients. */
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

static const struct ho_param *find(const struct ho_param *p, int n, const char *name)
{
  for (int i = 0; i < n; i++)
    if (!strcmp(p[i].name, name))
      return &p[i];
  ck_abort_msg("no tensor named %s", name);
}

/* ---- counts ---- */

static const struct {
  const char *spec;
  int side, channels, classes;
  size_t parameters;
} counts[] = {
  { "preact-resnet18", 32, 3, 10, 11171146 },
  { "preact-resnet18", 32, 3, 100, 11217316 },
  { "preact-resnet18:dropout=0.3", 32, 3, 10, 11171146 },
  { "preact-resnet18", 1, 3, 10, 11171146 }, /* any size: the last pool is global */
  { "preact-resnet18", 57, 3, 10, 11171146 },
  { "preact-resnet18", 28, 1, 10, 11171146 - 2 * 64 * 9 },
  { "mlp:layers=3", 28, 3, 10, 1735178 },
  { "mlp:layers=1", 28, 3, 10, 1209866 },
  { "mlp:layers=3", 28, 1, 10, 784 * 512 + 512 + 2 * (512 * 512 + 512) + 512 * 10 + 10 },
  { "mlp", 28, 1, 10, 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10 },
  { "mlp:layers=0", 28, 1, 10, 7850 },
};

START_TEST(parameter_counts)
{
  struct ho_net *net =
      net_new(counts[_i].spec, counts[_i].side, counts[_i].side, counts[_i].channels, counts[_i].classes);
  size_t sum = 0;
  ck_assert_uint_eq(net->parameters, counts[_i].parameters);
  for (int i = 0; i < net->nparams; i++) {
    ck_assert_uint_eq(net->param[i].offset, sum);
    sum += net->param[i].size;
  }
  ck_assert_uint_eq(sum, net->parameters);
  ho_net_free(net);
}
END_TEST

/* Convolutions of the first layer, then per stage (as many pixels as weights are many), at 32x32. */
START_TEST(multiply_adds)
{
  struct ho_net *net = net_new("preact-resnet18", 32, 32, 3, 10);
  double want = 1024.0 * 27 * 64 + 4 * 1024.0 * 576 * 64;
  for (double width = 128, pixels = 256; width <= 512; width *= 2, pixels /= 4)
    want += pixels * (9 * width / 2 * width + width / 2 * width + 3 * 9 * width * width);
  ck_assert_double_eq(net->multiply_adds, want + 5120);
  ck_assert_int_eq(net->features, 512);
  ho_net_free(net);
  net = net_new("mlp:layers=1,hidden=7", 4, 5, 2, 3);
  ck_assert_double_eq(net->multiply_adds, 40 * 7 + 21);
  ck_assert_int_eq(net->features, 7);
  ho_net_free(net);
}
END_TEST

/* ---- names ---- */

static const struct {
  const char *name;
  int dimensions;
  size_t shape[4];
  enum ho_init init;
  int is_weight;
} tensors[] = {
  { "conv1.weight", 4, { 64, 3, 3, 3 }, HO_INIT_UNIFORM, 1 },
  { "layer1.0.bn1.weight", 1, { 64 }, HO_INIT_ONE, 0 },
  { "layer1.0.bn1.bias", 1, { 64 }, HO_INIT_ZERO, 0 },
  { "layer1.0.conv1.weight", 4, { 64, 64, 3, 3 }, HO_INIT_UNIFORM, 1 },
  { "layer1.1.conv2.weight", 4, { 64, 64, 3, 3 }, HO_INIT_UNIFORM, 1 },
  { "layer2.0.shortcut.0.weight", 4, { 128, 64, 1, 1 }, HO_INIT_UNIFORM, 1 },
  { "layer2.0.conv1.weight", 4, { 128, 64, 3, 3 }, HO_INIT_UNIFORM, 1 },
  { "layer3.0.bn1.weight", 1, { 128 }, HO_INIT_ONE, 0 },
  { "layer3.0.bn2.bias", 1, { 256 }, HO_INIT_ZERO, 0 },
  { "layer4.0.shortcut.0.weight", 4, { 512, 256, 1, 1 }, HO_INIT_UNIFORM, 1 },
  { "layer4.1.bn2.weight", 1, { 512 }, HO_INIT_ONE, 0 },
  { "layer4.1.conv2.weight", 4, { 512, 512, 3, 3 }, HO_INIT_UNIFORM, 1 },
  { "linear.weight", 2, { 10, 512 }, HO_INIT_UNIFORM, 1 },
  { "linear.bias", 1, { 10 }, HO_INIT_UNIFORM, 0 },
};

START_TEST(names_and_shapes)
{
  struct ho_net *net = net_new("preact-resnet18", 32, 32, 3, 10);
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
    const struct ho_param *p = find(net->param, net->nparams, tensors[i].name);
    size_t shape[4];
    ck_assert_int_eq(ho_param_file_shape(p, shape), tensors[i].dimensions);
    for (int k = 0; k < tensors[i].dimensions; k++)
      ck_assert_uint_eq(shape[k], tensors[i].shape[k]);
    ck_assert_int_eq(p->init, tensors[i].init);
    ck_assert_int_eq(p->is_weight, tensors[i].is_weight);
  }
  ck_assert_int_eq(net->nparams, 1 + 8 * 6 + 3 + 2);
  ck_assert_int_eq(net->nstats, 8 * 4);
  ck_assert_uint_eq(net->statistics, 2 * (4 * 64 + (64 + 3 * 128) + (128 + 3 * 256) + (256 + 3 * 512)));
  ck_assert_int_eq(find(net->stat, net->nstats, "layer2.0.bn1.running_mean")->out, 64);
  ck_assert_int_eq(find(net->stat, net->nstats, "layer2.0.bn2.running_var")->init, HO_INIT_ONE);
  ho_net_free(net);
  net = net_new("mlp:layers=1,hidden=6", 2, 3, 4, 5);
  size_t shape[4];
  ck_assert_int_eq(ho_param_file_shape(find(net->param, net->nparams, "fc1.weight"), shape), 2);
  ck_assert(shape[0] == 6 && shape[1] == 24);
  ck_assert_int_eq(find(net->param, net->nparams, "fc2.bias")->out, 5);
  ho_net_free(net);
}
END_TEST

/* ---- files ---- */

/* Every element of OIHW (and flattened CHW) has its place, found from the definition of both layouts. */
START_TEST(file_layout)
{
  struct ho_param p = {
    .offset = 5, .size = 2 * 3 * 2 * 4, .layout = _i ? HO_DENSE : HO_CONV, .kh = 2, .kw = 4, .in = 3, .out = 2
  };
  float vector[5 + 48 + 1], file[48], back[54];
  for (int i = 0; i < 54; i++)
    vector[i] = (float)i;
  ho_param_to_file(&p, vector, file);
  for (int o = 0; o < 2; o++)
    for (int i = 0; i < 3; i++)
      for (int y = 0; y < 2; y++)
        for (int x = 0; x < 4; x++)
          ck_assert_float_eq(file[((o * 3 + i) * 2 + y) * 4 + x], 5 + ((y * 4 + x) * 3 + i) * 2 + o);
  memset(back, 0, sizeof back);
  ho_param_from_file(&p, file, back);
  ck_assert_uint_eq(first_difference(48, back + 5, vector + 5), 48);
  ck_assert(back[4] == 0 && back[53] == 0);
}
END_TEST

/* A dense layer read from a file acts on the flattened channels-first image, as in PyTorch. */
START_TEST(dense_flattens_channels_first)
{
  struct ho_net *net = net_new("mlp:layers=0", 2, 2, 3, 2);
  struct ho_engine *e = ho_engine_new(&ho_cpu, net, 1, 1, 0, NULL);
  float theta[26], file[24], bias[2] = { 0, 100 };
  float image[12]; /* HWC */
  const float *x = image;
  for (int i = 0; i < 24; i++)
    file[i] = (float)(i + 1);
  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 4; k++)
      image[k * 3 + c] = (float)(10 * c + k); /* in CHW: 0 1 2 3 10 11 12 13 20 21 22 23 */
  ho_param_from_file(find(net->param, 2, "fc1.weight"), file, theta);
  ho_param_from_file(find(net->param, 2, "fc1.bias"), bias, theta);
  engine_forward(e, &(struct ho_forward){ .groups = 1, .size = 1, .x = &x, .theta = theta });
  float want[2] = { 0, 100 };
  for (int k = 0; k < 12; k++) {
    want[0] += (float)(10 * (k / 4) + k % 4) * (float)(k + 1);
    want[1] += (float)(10 * (k / 4) + k % 4) * (float)(k + 13);
  }
  ck_assert_float_eq(engine_logits(e)[0], want[0]);
  ck_assert_float_eq(engine_logits(e)[1], want[1]);
  ho_engine_free(e);
  ho_net_free(net);
}
END_TEST

/* ---- initial weights ---- */

START_TEST(initial_weights)
{
  struct ho_net *net = net_new("preact-resnet18:width=8", 8, 8, 3, 10);
  struct ho_net *drop = net_new("preact-resnet18:width=8,dropout=0.5", 8, 8, 3, 10);
  size_t n = net->parameters;
  float *theta = ho_alloc(n, 4, "a test", NULL), *other = ho_alloc(n, 4, "a test", NULL);
  float *stats = ho_alloc(net->statistics, 4, "a test", NULL);
  ho_net_init(net, 7, 0, theta, stats);
  for (int i = 0; i < net->nparams; i++) {
    const struct ho_param *p = &net->param[i];
    double bound = 1 / sqrt(p->fan_in), sum = 0, squares = 0;
    for (size_t k = 0; k < p->size; k++) {
      float v = theta[p->offset + k];
      if (p->init != HO_INIT_UNIFORM ? v != (p->init == HO_INIT_ONE) : fabs(v) > bound)
        ck_abort_msg("%s starts with %g", p->name, (double)v);
      sum += v;
      squares += (double)v * v;
    }
    double size = (double)p->size; /* uniform: mean 0, variance bound^2/3, to five standard deviations */
    if (p->init == HO_INIT_UNIFORM) {
      ck_assert_double_le(fabs(sum / size), 5 * bound / sqrt(3 * size));
      ck_assert_double_le(fabs(squares / size - bound * bound / 3), 5 * bound * bound * sqrt(4 / (45 * size)));
    }
  }
  for (int i = 0; i < net->nstats; i++)
    for (size_t k = 0; k < net->stat[i].size; k++)
      ck_assert_float_eq(stats[net->stat[i].offset + k], strstr(net->stat[i].name, "running_var") != NULL);
  ho_net_init(drop, 7, 0, other, stats); /* a node more changes nothing */
  ck_assert_uint_eq(first_difference(n, theta, other), n);
  ho_net_init(net, 7, 1, other, stats); /* another net number, another seed: other weights */
  ck_assert_uint_lt(first_difference(n, theta, other), 8);
  ho_net_init(net, 8, 0, other, stats);
  ck_assert_uint_lt(first_difference(n, theta, other), 8);
  ho_free(theta);
  ho_free(other);
  ho_free(stats);
  ho_net_free(net);
  ho_net_free(drop);
}
END_TEST

/* ---- gradients of whole networks, by differences in the twin ---- */

static const struct {
  const char *spec;
  int height, width, channels, classes, groups, size, eval;
} nets[] = {
  { "mlp:hidden=12", 4, 5, 3, 4, 3, 4, 0 },
  { "mlp:hidden=9,layers=3,dropout=0.4", 4, 5, 1, 3, 2, 5, 0 },
  { "mlp:layers=0", 3, 3, 2, 4, 2, 3, 0 },
  { "preact-resnet18:width=2", 8, 8, 3, 5, 2, 4, 0 },
  { "preact-resnet18:width=3,dropout=0.3", 9, 7, 1, 3, 2, 3, 0 },
  { "preact-resnet18:width=2", 8, 8, 3, 5, 2, 3, 1 },
};

START_TEST(gradients)
{
  struct ho_net *net = net_new(nets[_i].spec, nets[_i].height, nets[_i].width, nets[_i].channels, nets[_i].classes);
  struct trial *t = trial_new(net, nets[_i].groups, nets[_i].size, nets[_i].eval, 40 + (uint64_t)_i);
  trial_check(t, 3);
  trial_free(t);
  ho_net_free(net);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("nets");
  TCase *tc = tcase_create("nets");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, parameter_counts, 0, sizeof counts / sizeof *counts);
  tcase_add_test(tc, multiply_adds);
  tcase_add_test(tc, names_and_shapes);
  tcase_add_loop_test(tc, file_layout, 0, 2);
  tcase_add_test(tc, dense_flattens_channels_first);
  tcase_add_test(tc, initial_weights);
  tcase_add_loop_test(tc, gradients, 0, sizeof nets / sizeof *nets);
  suite_add_tcase(suite, tc);
  return suite;
}
