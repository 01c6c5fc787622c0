/* SPDX-License-Identifier: MIT
 * inception_small.c - the small Inception network for CIFAR, in the form of the authors of Deep Bilevel Learning.
 *
 * Zhang, Bengio, Hardt, Recht and Vinyals, "Understanding deep learning requires rethinking generalization", ICLR 2017;
 * Jenni and Favaro add dropout before the last layer.  An Inception module (a, b) is the concatenation of a 1x1
 * convolution to a channels and a 3x3 convolution to b; a downsampling module (c) that of a 3x3 convolution of stride 2
 * to c channels and a 3x3 maximum of stride 2.  Every convolution but the last has no bias and is followed by batch
 * norm, which shifts but does not scale, and ReLU.  All pad as TensorFlow's SAME, except the first, which does not pad.
 * On images of 29x29x3 with 10 classes: 1,649,402 parameters, 200.75 million multiply-adds. */
#include <stdio.h>

#include "nn/models/models.h"

enum { WIDTH, DROPOUT };

static const struct ho_net_option options[] = {
  [WIDTH] = { "width", 1, 0.01, 16, 0, "factor of all numbers of channels" },
  [DROPOUT] = { "dropout", 0.5, 0, 0.99, 0, "share of features dropped in training before the last layer" },
  { NULL, 0, 0, 0, 0, NULL }
};

enum { NAME = 48 };

static const double eps = 1e-3, momentum = 1 - 0.975;
static const double scaling = 1.3 * 2; /* variance 2/fan_in, times 1.3 for the variance that truncation removes */

static int conv(struct ho_graph *g, int x, const char *name, int out, struct ho_window window)
{
  char full[NAME];
  snprintf(full, sizeof full, "%s.conv", name);
  x = ho_graph_init(g, ho_graph_conv(g, x, full, out, window, 0), HO_INIT_SCALED, scaling, 0);
  snprintf(full, sizeof full, "%s.bn", name);
  return ho_graph_relu(g, ho_graph_batch_norm(g, x, full, 0, eps, momentum));
}

static int branch(struct ho_graph *g, int x, const char *module, int kernel, int out, int stride)
{
  char full[NAME];
  snprintf(full, sizeof full, "%s.branch%dx%d", module, kernel, kernel);
  return conv(g, x, full, out, ho_window_same(g, x, kernel, stride));
}

static int inception(struct ho_graph *g, int x, const char *name, int a, int b)
{
  int narrow = branch(g, x, name, 1, a, 1), wide = branch(g, x, name, 3, b, 1);
  return ho_graph_concat(g, 2, (int[]){ narrow, wide });
}

static int downsample(struct ho_graph *g, int x, const char *name, int c)
{
  int y = branch(g, x, name, 3, c, 2), pool = ho_graph_max_pool(g, x, ho_window_same(g, x, 3, 2));
  return ho_graph_concat(g, 2, (int[]){ y, pool });
}

static int build(struct ho_graph *g, const double *value)
{
  static const struct {
    const char *name;
    int a, b; /* b = 0: downsampling */
  } modules[] = {
    { "incept_1", 32, 32 },   { "incept_2", 32, 48 },   { "down_1", 80, 0 },    { "incept_3", 112, 48 },
    { "incept_4", 96, 64 },   { "incept_5", 80, 80 },   { "incept_6", 48, 96 }, { "down_2", 96, 0 },
    { "incept_7", 176, 160 }, { "incept_8", 176, 160 },
  };
  double width = value[WIDTH];
  int x = conv(g, ho_graph_input(g), "conv_1", ho_graph_times(width, 96), ho_window_square(3, 1, 0));
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    int a = ho_graph_times(width, modules[i].a), b = ho_graph_times(width, modules[i].b);
    x = modules[i].b ? inception(g, x, modules[i].name, a, b) : downsample(g, x, modules[i].name, a);
  }
  x = ho_graph_dropout(g, ho_graph_global_average_pool(g, x), value[DROPOUT]);
  int y = ho_graph_conv(g, x, "fc1", g->classes, ho_window_square(1, 1, 0), 1);
  return ho_graph_output(g, ho_graph_init(g, y, HO_INIT_SCALED, scaling, 0), x);
}

const struct ho_model ho_model_inception_small = {
  "inception-small", "small Inception network with dropout, the paper's demonstration; made for crops of 29x29",
  "Zhang, Bengio, Hardt, Recht, Vinyals: Understanding deep learning requires rethinking generalization (ICLR 2017); "
  "Jenni, Favaro: Deep Bilevel Learning (ECCV 2018)",
  options, build
};
