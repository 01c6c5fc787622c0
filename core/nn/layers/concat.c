/* SPDX-License-Identifier: MIT
 * concat.c - concatenates the channels of several tensors; pads one with channels of zeros. */
#include <limits.h>
#include <string.h>

#include "nn/graph.h"

static const struct ho_layer concat_layer = { HO_LAYER_CONCAT, "concat", NULL };
static const struct ho_layer pad_layer = { HO_LAYER_PAD_CHANNELS, "channel padding", NULL };

/* Adds a node of `inputs' tensors, with `before' and `after' channels of zeros around them. */
static int join(struct ho_graph *g, const struct ho_layer *layer, int inputs, const int *x, int before, int after)
{
  struct ho_shape out = g->node[x[0]].out;
  int channels[HO_INPUTS] = { 0 };
  long long sum = (long long)before + after;
  for (int k = 0; k < inputs; k++) {
    struct ho_shape s = g->node[x[k]].out;
    if (s.height != out.height || s.width != out.width)
      return ho_graph_fail(g, "cannot join channels of %dx%d and %dx%d pixels", out.height, out.width, s.height,
                           s.width);
    sum += channels[k] = s.channels;
  }
  if (sum > INT_MAX)
    return ho_graph_fail(g, "%s: %lld channels are too many", layer->name, sum);
  out.channels = (int)sum;
  struct ho_node *node = ho_graph_node(g, layer, inputs, x, out);
  if (!node)
    return -1;
  node->u.join.before = before;
  memcpy(node->u.join.channels, channels, sizeof channels);
  return node->index;
}

int ho_graph_concat(struct ho_graph *g, int n, const int *x)
{
  if (!g->failed && (n < 1 || n > HO_INPUTS))
    return ho_graph_fail(g, "concat takes 1 to %d tensors, not %d", HO_INPUTS, n);
  return g->failed ? -1 : join(g, &concat_layer, n, x, 0, 0);
}

int ho_graph_pad_channels(struct ho_graph *g, int x, int before, int after)
{
  if (!g->failed && (before < 0 || after < 0))
    return ho_graph_fail(g, "channel padding: %d and %d must not be negative", before, after);
  return g->failed ? -1 : join(g, &pad_layer, 1, &x, before, after);
}
