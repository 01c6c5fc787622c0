/* SPDX-License-Identifier: MIT
 * conv.c - convolution (cross-correlation, as in PyTorch): a window slides over the image, and each output channel is
 * the sum of all input channels below the window times its weights [kh][kw][in], plus a bias. */
#include "nn/graph.h"

static double multiply_adds(const struct ho_node *node)
{
  const struct ho_window *w = &node->u.window;
  return (double)w->kh * w->kw * node->in.channels * (double)ho_shape_size(node->out);
}

static const struct ho_layer layer = { HO_LAYER_CONV, "convolution", multiply_adds };

int ho_graph_conv(struct ho_graph *g, int x, const char *name, int out, struct ho_window window, int bias)
{
  struct ho_shape shape;
  if (ho_graph_slide(g, x, name, &window, out, &shape))
    return -1;
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, shape);
  if (!node)
    return -1;
  struct ho_param p = { .layout = HO_CONV,
                        .kh = window.kh,
                        .kw = window.kw,
                        .in = node->in.channels,
                        .out = out,
                        .init = HO_INIT_UNIFORM,
                        .is_weight = 1 };
  node->u.window = window;
  p.fan_in = p.kh * p.kw * p.in;
  node->weight = ho_graph_param(g, name, "weight", &p);
  if (bias) {
    struct ho_param b = {
      .layout = HO_VECTOR, .kh = 1, .kw = 1, .in = 1, .out = out, .init = HO_INIT_UNIFORM, .fan_in = p.fan_in
    };
    node->bias = ho_graph_param(g, name, "bias", &b);
  }
  return g->failed ? -1 : node->index;
}
