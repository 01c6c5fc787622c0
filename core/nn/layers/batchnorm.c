/* SPDX-License-Identifier: MIT
 * batchnorm.c - batch normalisation (Ioffe and Szegedy 2015), each mini-batch by its own statistics:
 *
 *     y = gamma (x - mean)/sqrt(var + eps) + beta.
 *
 * With m values per channel, var is biased (over m) in y.  The running variance takes the unbiased one (over m - 1; the
 * biased one if m is 1), as PyTorch does: running = (1 - momentum) running + momentum batch.  In evaluation, the
 * running statistics take the place of the mini-batch's. */
#include "nn/graph.h"

static const struct ho_layer layer = { HO_LAYER_BATCH_NORM, "batch norm", NULL };

int ho_graph_batch_norm(struct ho_graph *g, int x, const char *name, int scale, double eps, double momentum)
{
  if (g->failed)
    return -1;
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, g->node[x].out);
  if (!node)
    return -1;
  node->u.norm.eps = eps;
  node->u.norm.momentum = momentum;
  struct ho_param p = { .layout = HO_VECTOR, .kh = 1, .kw = 1, .in = 1, .out = node->out.channels };
  struct ho_param one = p;
  one.init = HO_INIT_ONE;
  if (scale)
    node->weight = ho_graph_param(g, name, "weight", &one);
  node->bias = ho_graph_param(g, name, "bias", &p);
  node->mean = ho_graph_stat(g, name, "running_mean", &p);
  node->variance = ho_graph_stat(g, name, "running_var", &one);
  return g->failed ? -1 : node->index;
}
