/* SPDX-License-Identifier: MIT
 * dense.c - the fully connected layer over the whole input: y = x W + b, with W [height][width][channels][out]. */
#include "nn/graph.h"

static double multiply_adds(const struct ho_node *node)
{
  return (double)ho_shape_size(node->in) * (double)ho_shape_size(node->out);
}

static const struct ho_layer layer = { HO_LAYER_DENSE, "dense", multiply_adds };

int ho_graph_dense(struct ho_graph *g, int x, const char *name, int out)
{
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, (struct ho_shape){ 1, 1, out });
  if (!node)
    return -1;
  struct ho_param p = { .layout = HO_DENSE,
                        .kh = node->in.height,
                        .kw = node->in.width,
                        .in = node->in.channels,
                        .out = out,
                        .init = HO_INIT_UNIFORM,
                        .is_weight = 1 };
  p.fan_in = (int)ho_shape_size(node->in);
  struct ho_param b = {
    .layout = HO_VECTOR, .kh = 1, .kw = 1, .in = 1, .out = out, .init = HO_INIT_UNIFORM, .fan_in = p.fan_in
  };
  node->weight = ho_graph_param(g, name, "weight", &p);
  node->bias = ho_graph_param(g, name, "bias", &b);
  return g->failed ? -1 : node->index;
}
