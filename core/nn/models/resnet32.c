/* SPDX-License-Identifier: MIT
 * resnet32.c - the residual network of 32 layers for CIFAR.
 *
 * He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2: a 3x3 stem, three
 * stages of five blocks
 *
 *     y = ReLU(BN(conv(ReLU(BN(conv(x))))) + s)
 *
 * of 16, 32 and 64 channels.  Shortcuts have no parameters (option A): s = x, or, where shapes change, every second
 * pixel of x with channels of zeros added, half before and half after.  With 3 channels and 10 classes: 464,154
 * parameters. */
#include <stdio.h>

#include "nn/models/models.h"

enum { WIDTH };

static const struct ho_net_option options[] = {
  [WIDTH] = { "width", 16, 1, 1024, 1, "channels of the first stage; the others have 2 and 4 times as many" },
  { NULL, 0, 0, 0, 0, NULL }
};

enum { STAGES = 3, BLOCKS = 5, NAME = 48 };

static const double eps = 1e-5, momentum = 0.1;

/* Batch norm of a 3x3 convolution, number `which' of a block (or of the stem, whose prefix is empty). */
static int conv_bn(struct ho_graph *g, int x, const char *prefix, int which, int out, int stride)
{
  char name[NAME];
  snprintf(name, sizeof name, "%sconv%d", prefix, which);
  x = ho_graph_conv(g, x, name, out, ho_window_square(3, stride, 1), 0);
  snprintf(name, sizeof name, "%sbn%d", prefix, which);
  return ho_graph_batch_norm(g, x, name, 1, eps, momentum);
}

static int shortcut(struct ho_graph *g, int x, int out, int stride)
{
  if (stride == 1 || g->failed)
    return x;
  int more = out - g->node[x].out.channels;
  x = ho_graph_average_pool(g, x, ho_window_square(1, stride, 0));
  return ho_graph_pad_channels(g, x, more / 2, more - more / 2);
}

static int residual_block(struct ho_graph *g, int x, const char *prefix, int out, int stride)
{
  int y = ho_graph_relu(g, conv_bn(g, x, prefix, 1, out, stride));
  y = conv_bn(g, y, prefix, 2, out, 1);
  return ho_graph_relu(g, ho_graph_add(g, y, shortcut(g, x, out, stride)));
}

static int build(struct ho_graph *g, const double *value)
{
  int width = (int)value[WIDTH];
  int x = ho_graph_relu(g, conv_bn(g, ho_graph_input(g), "", 1, width, 1));
  for (int stage = 0; stage < STAGES; stage++)
    for (int block = 0; block < BLOCKS; block++) {
      char prefix[NAME / 2];
      snprintf(prefix, sizeof prefix, "layer%d.%d.", stage + 1, block);
      x = residual_block(g, x, prefix, width << stage, stage > 0 && block == 0 ? 2 : 1);
    }
  x = ho_graph_global_average_pool(g, x);
  return ho_graph_output(g, ho_graph_dense(g, x, "linear", g->classes), x);
}

const struct ho_model ho_model_resnet32 = {
  "resnet32", "residual network of 32 layers for small images",
  "He, Zhang, Ren, Sun: Deep residual learning for image recognition (CVPR 2016)", options, build
};
