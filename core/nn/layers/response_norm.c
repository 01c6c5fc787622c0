/* SPDX-License-Identifier: MIT
 * response_norm.c - local response normalisation (Krizhevsky, Sutskever and Hinton 2012) over neighbouring channels:
 *
 *     y_c = x_c s_c^-beta,    s_c = k + alpha sum of x_j^2 over |j - c| <= radius,
 *
 * pixel by pixel, with zeros beyond the first and the last channel. */
#include "nn/graph.h"

static const struct ho_layer layer = { HO_LAYER_RESPONSE_NORM, "response norm", NULL };

int ho_graph_response_norm(struct ho_graph *g, int x, int radius, double k, double alpha, double beta)
{
  enum { WIDEST = 1 << 16 };
  if (g->failed)
    return -1;
  if (radius < 0 || radius > WIDEST || !(k > 0) || !(alpha >= 0) || !(beta >= 0))
    return ho_graph_fail(g,
                         "response norm: radius %d (0 to %d), k %g (above 0), alpha %g or beta %g (from 0) is out "
                         "of range",
                         radius, WIDEST, k, alpha, beta);
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, g->node[x].out);
  if (!node)
    return -1;
  node->u.response.radius = radius;
  node->u.response.k = k;
  node->u.response.alpha = alpha;
  node->u.response.beta = beta;
  return node->index;
}
