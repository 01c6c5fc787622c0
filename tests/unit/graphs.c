/* SPDX-License-Identifier: MIT
 * graphs.c - graphs for tests of engines that leave out work and share memory; see twin.h. */
#include <stdio.h>

#include "compute/random.h"
#include "twin.h"

/* A random network: every tensor so far may be read by what comes next, so that all pairs of neighbours, shared inputs
 * and nestings occur.  Shapes stay 9x7, channels vary; what nobody reads ends in the last concat. */
enum { NODES = 12, CHANNELS = 9 };

struct growth {
  struct ho_graph *g;
  struct ho_stream stream;
  int names;
};

static int pick(struct growth *w, int n)
{
  return (int)ho_stream_below(&w->stream, (uint64_t)n);
}

static const char *name_of(struct growth *w)
{
  static char name[16];
  snprintf(name, sizeof name, "n%d", w->names++);
  return name;
}

static int conv(struct growth *w, int x, int out)
{
  int kernel = 1 + 2 * pick(w, 2);
  return ho_graph_conv(w->g, x, name_of(w), out, ho_window_square(kernel, 1, kernel / 2), pick(w, 3) == 0);
}

static int norm(struct growth *w, int x)
{
  x = ho_graph_batch_norm(w->g, x, name_of(w), pick(w, 2), 1e-3, 0.1);
  return pick(w, 3) ? ho_graph_relu(w->g, x) : x;
}

static int grow(struct growth *w)
{
  int nodes = w->g->nodes, x = pick(w, nodes), y = pick(w, nodes);
  int channels = w->g->node[x].out.channels;
  switch (pick(w, 8)) {
  case 0:
  case 1: return norm(w, conv(w, x, CHANNELS));
  case 2: return ho_graph_add(w->g, conv(w, x, CHANNELS), conv(w, y, CHANNELS));
  case 3: return w->g->node[y].out.channels == channels ? ho_graph_add(w->g, x, y) : conv(w, x, channels);
  case 4: return ho_graph_add(w->g, conv(w, norm(w, x), channels), x);
  case 5: x = norm(w, conv(w, x, 8)); return ho_graph_concat(w->g, 2, (int[]){ x, norm(w, conv(w, y, 3)) });
  case 6:
    x = ho_graph_max_pool(w->g, x, ho_window_same(w->g, x, 3, 1));
    return ho_graph_concat(w->g, 2, (int[]){ x, norm(w, conv(w, y, 5)) });
  default: return norm(w, x);
  }
}

/* Everything that is read by nothing, side by side, then a small head. */
static int finish(struct growth *w)
{
  struct ho_graph *g = w->g;
  int end = -1;
  for (int i = 0, nodes = g->nodes; i < nodes && !g->failed; i++) {
    int readers = 0;
    for (int j = i + 1; j < g->nodes; j++)
      for (int k = 0; k < g->node[j].inputs; k++)
        readers += g->node[j].input[k] == i;
    if (!readers)
      end = end < 0 ? i : ho_graph_concat(g, 2, (int[]){ end, i });
  }
  end = ho_graph_global_average_pool(g, norm(w, conv(w, end, CHANNELS)));
  return ho_graph_output(g, ho_graph_dense(g, end, "out", 3), end);
}

int build_random(struct ho_graph *g, const double *value)
{
  struct growth w = { g, ho_stream_make((uint64_t)value[0], "graph", 0, 0), 0 };
  ho_graph_input(g);
  while (g->nodes < NODES && !g->failed)
    grow(&w);
  return finish(&w);
}

/* What must not be shared or left undone, each by itself. */
int build_case(struct ho_graph *g, const double *value)
{
  struct ho_window one = ho_window_square(1, 1, 0), three = ho_window_square(3, 1, 1);
  int in = ho_graph_input(g), x = ho_graph_conv(g, in, "x", 4, one, 1), c, r;
  switch ((int)value[0]) {
  case 0: /* r writes to the gradient of x before c has read that of the sum */
    c = ho_graph_conv(g, x, "c", 4, three, 0);
    r = ho_graph_conv(g, x, "r", 4, three, 0);
    x = ho_graph_concat(g, 2, (int[]){ ho_graph_add(g, c, x), r });
    break;
  case 1: /* batch norm works in place on a gradient that x has still to read */
    r = ho_graph_batch_norm(g, ho_graph_conv(g, in, "r", 4, one, 0), "norm", 1, 1e-3, 0.1);
    x = ho_graph_add(g, x, r);
    break;
  case 2:
    r = ho_graph_batch_norm(g, ho_graph_conv(g, in, "r", 4, one, 0), "norm", 1, 1e-3, 0.1);
    x = ho_graph_add(g, r, x);
    break;
  case 3: /* features are a batch norm and ReLU that a convolution reads: they must be written down */
    x = ho_graph_relu(g, ho_graph_batch_norm(g, x, "norm", 1, 1e-3, 0.1));
    return ho_graph_output(g, ho_graph_conv(g, x, "out", 1, one, 1), x);
  case 4: /* a ReLU works in place on a gradient that x has still to read, two additions further on */
    r = ho_graph_relu(g, ho_graph_conv(g, in, "r", 4, one, 0));
    c = ho_graph_conv(g, in, "c", 4, three, 0);
    x = ho_graph_add(g, ho_graph_add(g, r, c), x);
    break;
  case 5: /* batch norm adds to the gradient of x while it reads that of the sum */
    x = ho_graph_add(g, ho_graph_relu(g, ho_graph_batch_norm(g, x, "norm", 1, 1e-3, 0.1)), x);
    break;
  default: x = ho_graph_add(g, x, x);
  }
  return ho_graph_output(g, ho_graph_dense(g, x, "out", 12), x);
}
