/* SPDX-License-Identifier: MIT
 * add.c - the sum of two tensors of one shape: the end of a residual block. */
#include "nn/graph.h"

static const struct ho_layer layer = { HO_LAYER_ADD, "add", NULL };

int ho_graph_add(struct ho_graph *g, int a, int b)
{
  if (g->failed)
    return -1;
  struct ho_shape s = g->node[a].out, t = g->node[b].out;
  if (s.height != t.height || s.width != t.width || s.channels != t.channels)
    return ho_graph_fail(g, "cannot add %dx%dx%d and %dx%dx%d", s.height, s.width, s.channels, t.height, t.width,
                         t.channels);
  const struct ho_node *node = ho_graph_node(g, &layer, 2, (int[]){ a, b }, s);
  return node ? node->index : -1;
}
