/* SPDX-License-Identifier: MIT
 * dense.c - the fully connected layer by matrix products: Y = X W + b, dX = dY W', dW = X' dY.
 *
 * A task is a block of the images of one mini-batch and a panel of the larger dimension. */
#include "compute/parallel.h"
#include "nn/cpu/layer.h"
#include "nn/cpu/kernels/gemm.h"

enum { ROWS = 256, LEAST_PANEL = 64 };

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  size_t in, out, blocks; /* blocks of images of a mini-batch */
  struct ho_panels panels;
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
  w.panels = ho_panels_of(w.out, LEAST_PANEL);
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
  w.panels = ho_panels_of(w.in, LEAST_PANEL);
  ho_parallel((int)((size_t)call->groups * w.panels.panels), backward_weight, &w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  w.panels = ho_panels_of(w.in, LEAST_PANEL);
  ho_parallel((int)((size_t)call->groups * w.blocks * w.panels.panels), backward_piece, &w);
}

const struct ho_cpu_layer ho_cpu_dense = {
  .flags = HO_KEEP_INPUT, .needs = needs, .forward = forward, .weights = weights, .backward = backward
};
