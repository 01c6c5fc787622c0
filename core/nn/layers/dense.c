/* SPDX-License-Identifier: MIT
 * dense.c - the fully connected layer over the whole input: Y = X W + b, dX = dY W', dW = X' dY.
 *
 * Cut as conv.c is: within one mini-batch, into blocks of images and panels of the larger dimension. */
#include "compute/parallel.h"
#include "nn/graph.h"
#include "nn/cpu/kernels/gemm.h"

enum { ROWS = 256, LEAST_PANEL = 64 };

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  size_t in, out, blocks; /* blocks of images of a mini-batch */
  struct ho_split panels;
};

static struct work work_new(const struct ho_node *node, const struct ho_call *call)
{
  return (struct work){ .node = node,
                        .call = call,
                        .in = ho_shape_size(node->in),
                        .out = ho_shape_size(node->out),
                        .blocks = ((size_t)call->size + ROWS - 1) / ROWS };
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  (void)groups, (void)images;
  n->worker = backward ? ho_shape_size(node->out) * sizeof(double) : 0;
}

static double multiply_adds(const struct ho_node *node)
{
  return (double)ho_shape_size(node->in) * (double)ho_shape_size(node->out);
}

/* Task i: mini-batch, block of its images, panel of columns. */
struct piece {
  size_t row, rows, from, columns;
};

static struct piece piece_of(const struct work *w, int i, size_t n)
{
  size_t panel = (size_t)i % w->panels.panels, block = (size_t)i / w->panels.panels, size = (size_t)w->call->size;
  size_t image = block % w->blocks * ROWS, from = panel * w->panels.width;
  return (struct piece){ block / w->blocks * size + image, size - image < ROWS ? size - image : ROWS, from,
                         n - from < w->panels.width ? n - from : w->panels.width };
}

static void forward_piece(int i, int worker, void *arg)
{
  const struct work *w = arg;
  struct piece p = piece_of(w, i, w->out);
  const float *theta = w->call->theta, *restrict bias = theta + w->node->bias + p.from;
  float *y = w->call->y + p.row * w->out + p.from;
  (void)worker;
  ho_gemm(HO_PLAIN, HO_PLAIN, p.rows, p.columns, w->in, w->call->x[0] + p.row * w->in, w->in,
          theta + w->node->weight + p.from, w->out, 0, y, w->out);
  for (size_t r = 0; r < p.rows; r++)
    for (size_t j = 0; j < p.columns; j++)
      y[r * w->out + j] += bias[j];
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  w.panels = ho_split_columns(w.out, LEAST_PANEL);
  ho_parallel((int)((size_t)call->groups * w.blocks * w.panels.panels), forward_piece, &w);
}

static void backward_piece(int i, int worker, void *arg)
{
  const struct work *w = arg;
  struct piece p = piece_of(w, i, w->in);
  (void)worker;
  ho_gemm(HO_PLAIN, HO_TRANSPOSED, p.rows, p.columns, w->out, w->call->dy + p.row * w->out, w->out,
          w->call->theta + w->node->weight + p.from * w->out, w->out, w->call->add[0],
          w->call->dx[0] + p.row * w->in + p.from, w->in);
}

/* A panel of rows of dW of one mini-batch; with the first panel, the bias. */
static void backward_weight(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  size_t panel = (size_t)i % w->panels.panels, g = (size_t)i / w->panels.panels, size = (size_t)call->size;
  size_t from = panel * w->panels.width, columns = w->in - from < w->panels.width ? w->in - from : w->panels.width;
  const float *dy = call->dy + g * size * w->out;
  float *row = call->rows + g * call->ld_rows;
  ho_gemm(HO_TRANSPOSED, HO_PLAIN, columns, w->out, size, call->x[0] + g * size * w->in + from, w->in, dy, w->out, 0,
          row + w->node->weight + from * w->out, w->out);
  if (panel == 0) {
    double *sum = (double *)(void *)(call->worker + (size_t)worker * call->worker_bytes);
    ho_column_sums(size, w->out, dy, w->out, sum);
    for (size_t j = 0; j < w->out; j++)
      row[w->node->bias + j] = (float)sum[j];
  }
}

static void weights(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  w.panels = ho_split_columns(w.in, LEAST_PANEL);
  ho_parallel((int)((size_t)call->groups * w.panels.panels), backward_weight, &w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  w.panels = ho_split_columns(w.in, LEAST_PANEL);
  if (call->dx[0])
    ho_parallel((int)((size_t)call->groups * w.blocks * w.panels.panels), backward_piece, &w);
}

static const struct ho_layer layer = { .name = "dense",
                                       .flags = HO_KEEP_INPUT,
                                       .needs = needs,
                                       .multiply_adds = multiply_adds,
                                       .forward = forward,
                                       .weights = weights,
                                       .backward = backward };

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
