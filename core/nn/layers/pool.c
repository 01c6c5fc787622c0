/* SPDX-License-Identifier: MIT
 * pool.c - maximum and average over windows, each channel by itself.
 *
 * Padding counts as -inf in the maximum; the first of equal values wins; a NaN wins over all.  The average takes no
 * padding. */
#include <stdint.h>

#include "nn/graph.h"

enum { MOST_TAPS = UINT16_MAX }; /* so that engines can keep in 16 bits which one was the maximum */

static const struct ho_layer max_layer = { HO_LAYER_MAX_POOL, "max pool", NULL };
static const struct ho_layer average_layer = { HO_LAYER_AVERAGE_POOL, "average pool", NULL };

static int pool(struct ho_graph *g, const struct ho_layer *layer, int x, struct ho_window window)
{
  struct ho_shape shape;
  if (g->failed || ho_graph_slide(g, x, layer->name, &window, g->node[x].out.channels, &shape))
    return -1;
  if ((long long)window.kh * window.kw > MOST_TAPS && layer == &max_layer)
    return ho_graph_fail(g, "%s: a window of %dx%d is too large", layer->name, window.kh, window.kw);
  struct ho_node *node = ho_graph_node(g, layer, 1, &x, shape);
  if (!node)
    return -1;
  node->u.window = window;
  return node->index;
}

int ho_graph_max_pool(struct ho_graph *g, int x, struct ho_window window)
{
  return pool(g, &max_layer, x, window);
}

int ho_graph_average_pool(struct ho_graph *g, int x, struct ho_window window)
{
  if (window.top || window.bottom || window.left || window.right)
    return ho_graph_fail(g, "average pool: padding must be 0");
  return pool(g, &average_layer, x, window);
}

int ho_graph_global_average_pool(struct ho_graph *g, int x)
{
  if (g->failed)
    return -1;
  struct ho_shape s = g->node[x].out;
  return pool(g, &average_layer, x, (struct ho_window){ .kh = s.height, .kw = s.width, .sh = 1, .sw = 1 });
}
