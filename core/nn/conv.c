/* SPDX-License-Identifier: MIT
 * conv.c - convolution by im2col and matrix products: Y = col(X) W, col(dX) = dY W', dW = col(X)' dY.
 *
 * Tasks never straddle mini-batches and depend on shapes alone, so a mini-batch's gradient has the same bits whether
 * it runs alone or among others.  Forward: lines of output pixels; backward to data: blocks of whole images, whose
 * patches overlap; backward to weights: panels of the kh*kw*in dimension, so that one mini-batch alone keeps several
 * cores busy. */
#include <string.h>

#include "base/parallel.h"
#include "nn/graph.h"
#include "nn/kernels/gemm.h"
#include "nn/kernels/im2col.h"

enum {
  LEAST_ROWS = 256,       /* of a matrix product where there are as many: fewer cost OpenBLAS too much packing */
  PANEL_FLOATS = 1 << 16, /* of col(X) at once in backward to weights: a quarter of a megabyte stays in level 2 */
  LEAST_PANEL = 8
};

/* How one layer's work is cut up. */
struct cut {
  struct ho_patches patches;
  size_t k, in, out;          /* kh*kw*in; channels */
  size_t line;                /* output pixels of a line */
  size_t lines;               /* lines at a time, forward and to data */
  size_t block;               /* images of a task to data */
  size_t panel_lines;         /* lines at a time, to weights */
  struct ho_split panels;     /* of k */
  int direct;                 /* X itself is col(X): 1x1, stride 1 */
};

static size_t at_least_one(size_t n)
{
  return n ? n : 1;
}

static struct cut cut_up(const struct ho_node *node)
{
  const struct ho_window *w = &node->u.window;
  struct cut c = { .patches = { *w, node->in, node->out.height, node->out.width } };
  c.in = (size_t)node->in.channels;
  c.out = (size_t)node->out.channels;
  c.k = (size_t)w->kh * (size_t)w->kw * c.in;
  c.line = (size_t)node->out.width;
  c.lines = (LEAST_ROWS + c.line - 1) / c.line;
  c.block = at_least_one(LEAST_ROWS / (c.line * (size_t)node->out.height));
  c.panels = ho_split_columns(c.k, LEAST_PANEL);
  c.panel_lines = at_least_one(PANEL_FLOATS / (c.panels.width * c.line));
  c.direct = w->kh == 1 && w->kw == 1 && w->sh == 1 && w->sw == 1;
  return c;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  struct cut c = cut_up(node);
  (void)groups, (void)images;
  size_t rows = c.direct ? 0 : ho_size_mul(ho_size_mul(c.lines, c.line), c.k);
  size_t panel = ho_size_mul(ho_size_mul(c.panel_lines, c.line), c.panels.width);
  size_t most = backward && !c.direct && panel > rows ? panel : rows;
  n->worker = ho_size_mul(most, sizeof(float));
  if (backward && n->worker < c.out * sizeof(double))
    n->worker = c.out * sizeof(double);
}

static double multiply_adds(const struct ho_node *node)
{
  return (double)cut_up(node).k * (double)ho_shape_size(node->out);
}

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  struct cut cut;
  size_t all;    /* lines of a mini-batch */
  size_t tasks;  /* of a mini-batch */
};

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

static void add_bias(size_t rows, size_t columns, const float *restrict bias, float *restrict y)
{
  for (size_t r = 0; r < rows; r++, y += columns)
    for (size_t j = 0; j < columns; j++)
      y[j] += bias[j];
}

static void forward_lines(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  const struct cut *c = &w->cut;
  size_t g = (size_t)i / w->tasks, first = (size_t)i % w->tasks * c->lines, lines = least(c->lines, w->all - first);
  size_t rows = lines * c->line;
  const float *x = call->x[0] + g * (size_t)call->size * ho_shape_size(w->node->in), *col;
  float *y = call->y + (g * w->all + first) * c->line * c->out;
  if (c->direct)
    col = x + first * c->line * c->in;
  else {
    float *room = (float *)(call->worker + (size_t)worker * call->worker_bytes);
    ho_im2col(&c->patches, x, first, lines, 0, c->k, room);
    col = room;
  }
  ho_gemm(HO_PLAIN, HO_PLAIN, rows, c->out, c->k, col, c->k, call->theta + w->node->weight, c->out, 0, y, c->out);
  if (w->node->bias != HO_ABSENT)
    add_bias(rows, c->out, call->theta + w->node->bias, y);
}

static struct work work_new(const struct ho_node *node, const struct ho_call *call)
{
  return (struct work){ node, call, cut_up(node), (size_t)call->size * (size_t)node->out.height, 0 };
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  w.tasks = (w.all + w.cut.lines - 1) / w.cut.lines;
  ho_parallel((int)((size_t)call->groups * w.tasks), forward_lines, &w);
}

/* dX of a block of images of one mini-batch. */
static void backward_block(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  const struct cut *c = &w->cut;
  size_t g = (size_t)i / w->tasks, image = (size_t)i % w->tasks * c->block;
  size_t images = least(c->block, (size_t)call->size - image), pixels = ho_shape_size(w->node->in);
  size_t high = (size_t)w->node->out.height, end = images * high;
  float *dx = call->dx[0] + (g * (size_t)call->size + image) * pixels;
  const float *dy = call->dy + (g * (size_t)call->size + image) * ho_shape_size(w->node->out);
  const float *weight = call->theta + w->node->weight;
  float *col = (float *)(call->worker + (size_t)worker * call->worker_bytes);
  if (!c->direct && !call->add[0])
    memset(dx, 0, images * pixels * sizeof *dx);
  for (size_t first = 0, lines; first < end; first += lines) {
    lines = least(c->lines, end - first);
    size_t rows = lines * c->line;
    const float *from = dy + first * c->line * c->out;
    if (c->direct)
      ho_gemm(HO_PLAIN, HO_TRANSPOSED, rows, c->k, c->out, from, c->out, weight, c->out, call->add[0],
              dx + first * c->line * c->in, c->k);
    else {
      ho_gemm(HO_PLAIN, HO_TRANSPOSED, rows, c->k, c->out, from, c->out, weight, c->out, 0, col, c->k);
      ho_col2im(&c->patches, col, first, lines, dx);
    }
  }
}

static void backward_bias(const struct work *w, size_t g, double *sum)
{
  const struct ho_call *call = w->call;
  size_t rows = w->all * w->cut.line, out = w->cut.out;
  float *db = call->rows + g * call->ld + w->node->bias;
  ho_column_sums(rows, out, call->dy + g * rows * out, out, sum);
  for (size_t j = 0; j < out; j++)
    db[j] = (float)sum[j];
}

/* One panel of dW of one mini-batch; after the panels, the bias. */
static void backward_panel(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  const struct cut *c = &w->cut;
  size_t g = (size_t)i / w->tasks, panel = (size_t)i % w->tasks;
  void *room = call->worker + (size_t)worker * call->worker_bytes;
  if (panel == c->panels.panels) {
    backward_bias(w, g, room);
    return;
  }
  size_t from = panel * c->panels.width, to = least(from + c->panels.width, c->k);
  const float *x = call->x[0] + g * (size_t)call->size * ho_shape_size(w->node->in);
  const float *dy = call->dy + g * w->all * c->line * c->out;
  float *dw = call->rows + g * call->ld + w->node->weight + from * c->out;
  for (size_t first = 0, lines; first < w->all; first += lines) {
    lines = least(c->panel_lines, w->all - first);
    const float *col = room;
    if (c->direct)
      col = x + first * c->line * c->k + from;
    else
      ho_im2col(&c->patches, x, first, lines, from, to, room);
    ho_gemm(HO_TRANSPOSED, HO_PLAIN, to - from, c->out, lines * c->line, col, c->direct ? c->k : to - from,
            dy + first * c->line * c->out, c->out, first > 0, dw, c->out);
  }
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  if (call->dx[0]) {
    w.tasks = ((size_t)call->size + w.cut.block - 1) / w.cut.block;
    ho_parallel((int)((size_t)call->groups * w.tasks), backward_block, &w);
  }
  w.tasks = w.cut.panels.panels + (node->bias != HO_ABSENT);
  ho_parallel((int)((size_t)call->groups * w.tasks), backward_panel, &w);
}

static const struct ho_layer layer = { .name = "convolution", .flags = HO_KEEP_INPUT, .needs = needs,
                                       .multiply_adds = multiply_adds, .forward = forward, .backward = backward };

int ho_graph_conv(struct ho_graph *g, int x, const char *name, int out, struct ho_window window, int bias)
{
  struct ho_shape shape;
  if (ho_graph_slide(g, x, name, &window, out, &shape))
    return -1;
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, shape);
  if (!node)
    return -1;
  struct ho_param p = { .layout = HO_CONV, .kh = window.kh, .kw = window.kw, .in = node->in.channels, .out = out,
                        .init = HO_INIT_UNIFORM, .is_weight = 1 };
  node->u.window = window;
  p.fan_in = p.kh * p.kw * p.in;
  node->weight = ho_graph_param(g, name, "weight", &p);
  if (bias) {
    struct ho_param b = { .layout = HO_VECTOR, .kh = 1, .kw = 1, .in = 1, .out = out, .init = HO_INIT_UNIFORM,
                          .fan_in = p.fan_in };
    node->bias = ho_graph_param(g, name, "bias", &b);
  }
  return g->failed ? -1 : node->index;
}
