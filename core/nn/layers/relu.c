/* SPDX-License-Identifier: MIT
 * relu.c - max(x, 0); a NaN stays one, so that divergence is seen. */
#include "nn/graph.h"

static const struct ho_layer layer = { HO_LAYER_RELU, "relu", NULL };

int ho_graph_relu(struct ho_graph *g, int x)
{
  const struct ho_node *node = g->failed ? NULL : ho_graph_node(g, &layer, 1, &x, g->node[x].out);
  return node ? node->index : -1;
}
