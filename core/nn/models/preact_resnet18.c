/* SPDX-License-Identifier: MIT
 * preact_resnet18.c - the pre-activation residual network of 18 layers for small images.
 *
 * He, Zhang, Ren and Sun, "Identity Mappings in Deep Residual Networks", ECCV 2016, in the form of kuangliu's
 * pytorch-cifar: a 3x3 stem without batch norm, four stages of two blocks
 *
 *     a = ReLU(BN(x));  y = conv(dropout(ReLU(BN(conv(a))))) + s
 *
 * with s = x, or a 1x1 convolution of a where shapes change; no batch norm after the last block.  At width 64, with
 * 3 channels and 10 classes: 11,171,146 parameters. */
#include <stdio.h>

#include "nn/models/models.h"

enum { WIDTH, DROPOUT };

static const struct ho_net_option options[] = {
  [WIDTH] = { "width", 64, 1, 1024, 1, "channels of the first stage; the others have 2, 4 and 8 times as many" },
  [DROPOUT] = { "dropout", 0, 0, 0.99, 0, "share dropped in training between a block's two convolutions" },
  { NULL, 0, 0, 0, 0, NULL }
};

enum { STAGES = 4, BLOCKS = 2, NAME = 48 };

static const double eps = 1e-5, momentum = 0.1;

static int bn_relu(struct ho_graph *g, int x, const char *block, const char *name)
{
  char full[NAME];
  snprintf(full, sizeof full, "%s.%s", block, name);
  return ho_graph_relu(g, ho_graph_batch_norm(g, x, full, 1, eps, momentum));
}

static int conv(struct ho_graph *g, int x, const char *block, const char *name, int out, int kernel, int stride)
{
  char full[NAME];
  snprintf(full, sizeof full, "%s.%s", block, name);
  return ho_graph_conv(g, x, full, out, ho_window_square(kernel, stride, kernel / 2), 0);
}

static int residual_block(struct ho_graph *g, int x, const char *block, int out, int stride, double dropout)
{
  int changes = !g->failed && (stride != 1 || g->node[x].out.channels != out);
  int a = bn_relu(g, x, block, "bn1");
  int y = conv(g, a, block, "conv1", out, 3, stride);
  y = ho_graph_dropout(g, bn_relu(g, y, block, "bn2"), dropout);
  y = conv(g, y, block, "conv2", out, 3, 1);
  return ho_graph_add(g, y, changes ? conv(g, a, block, "shortcut.0", out, 1, stride) : x);
}

static int build(struct ho_graph *g, const double *value)
{
  int width = (int)value[WIDTH];
  int x = ho_graph_conv(g, ho_graph_input(g), "conv1", width, ho_window_square(3, 1, 1), 0);
  for (int stage = 0; stage < STAGES; stage++)
    for (int block = 0; block < BLOCKS; block++) {
      char name[NAME / 2];
      snprintf(name, sizeof name, "layer%d.%d", stage + 1, block);
      x = residual_block(g, x, name, width << stage, stage > 0 && block == 0 ? 2 : 1, value[DROPOUT]);
    }
  x = ho_graph_global_average_pool(g, x);
  return ho_graph_output(g, ho_graph_dense(g, x, "linear", g->classes), x);
}

const struct ho_model ho_model_preact_resnet18 = {
  "preact-resnet18", "pre-activation residual network of 18 layers for small images",
  "He, Zhang, Ren, Sun: Identity Mappings in Deep Residual Networks (ECCV 2016)", options, build
};
