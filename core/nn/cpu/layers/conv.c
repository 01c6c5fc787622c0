/* SPDX-License-Identifier: MIT
 * conv.c - what all ways of computing a convolution share, and the choice between them.
 *
 * 3x3 kernels of stride 1 are computed by Winograd's filtering (conv_winograd.c, conv_winograd_weights.c), all others
 * by patches and matrix products (conv_patches.c).  Tasks depend on the shapes of the pass alone, never on the number
 * of threads. */
#include "nn/cpu/layers/conv.h"

#include <string.h>

#include "compute/parallel.h"
#include "nn/cpu/kernels/gemm.h"

enum { LEAST_CHANNELS = 8 }; /* with fewer, Winograd's transforms cost more than they save */

struct ho_conv ho_conv_make(const struct ho_node *node, const struct ho_call *call)
{
  const struct ho_window *w = &node->u.window;
  struct ho_conv c = { .node = node,
                       .call = call,
                       .in = (size_t)node->in.channels,
                       .out = (size_t)node->out.channels,
                       .line = (size_t)node->out.width,
                       .lines = (size_t)node->out.height,
                       .bands = ho_shape_bands(node->out),
                       .images = (size_t)call->groups * (size_t)call->size };
  c.k = (size_t)w->kh * (size_t)w->kw * c.in;
  c.x = (struct ho_images_of){ call->x[0], c.in, node->in, call->view[0], (size_t)call->size };
  c.dy = (struct ho_images_of){ call->dy, call->ld_dy, node->out, NULL, (size_t)call->size };
  return c;
}

size_t ho_conv_band(const struct ho_conv *c, size_t b, size_t *pixel)
{
  size_t first = b % c->bands * HO_BAND, lines = c->lines - first < HO_BAND ? c->lines - first : HO_BAND;
  *pixel = (b / c->bands * c->lines + first) * c->line;
  return lines;
}

static void add_bias(size_t pixels, size_t channels, const float *restrict bias, float *restrict y, size_t ld)
{
  for (size_t p = 0; p < pixels; p++, y += ld)
    for (size_t j = 0; j < channels; j++)
      y[j] += bias[j];
}

void ho_conv_finish(const struct ho_conv *c, size_t first, size_t n)
{
  const struct ho_call *call = c->call;
  for (size_t b = first; b < first + n; b++) {
    size_t pixel, lines = ho_conv_band(c, b, &pixel);
    float *y = call->y + pixel * call->ld_y;
    if (c->node->bias != HO_ABSENT)
      add_bias(lines * c->line, c->out, call->theta + c->node->bias, y, call->ld_y);
    if (call->moments)
      ho_kernels()->moments(lines * c->line, c->out, y, call->ld_y, call->moments + b * 2 * c->out);
  }
}

void ho_conv_finish_data(const struct ho_conv *c, size_t first, size_t n)
{
  const struct ho_call *call = c->call;
  struct ho_shape in = c->node->in;
  size_t bands = ho_shape_bands(in), height = (size_t)in.height, width = (size_t)in.width;
  for (size_t b = first; b < first + n && call->products; b++) {
    size_t image = b / bands, line = b % bands * HO_BAND, lines = height - line < HO_BAND ? height - line : HO_BAND;
    size_t at = (image * height + line) * width * c->in;
    struct ho_affine view = ho_view_of(call->view[0], c->in, image / (size_t)call->size);
    ho_kernels()->products(lines * width, c->in, call->dx[0] + at, c->in, call->x[0] + at, c->in, &view,
                           call->products + b * 2 * c->in);
  }
}

size_t ho_conv_splits(int groups, size_t bands)
{
  size_t splits = groups < HO_CONV_TASKS ? (HO_CONV_TASKS + (size_t)groups - 1) / (size_t)groups : 1;
  return splits < bands ? splits : bands;
}

static void bias_task(int g, int worker, void *arg)
{
  const struct ho_conv *c = arg;
  const struct ho_call *call = c->call;
  size_t pixels = (size_t)call->size * c->lines * c->line;
  double *sum = (double *)(void *)(call->worker + (size_t)worker * call->worker_bytes);
  float *db = call->rows + (size_t)g * call->ld_rows + c->node->bias;
  ho_column_sums(pixels, c->out, call->dy + (size_t)g * pixels * call->ld_dy, call->ld_dy, sum);
  for (size_t j = 0; j < c->out; j++)
    db[j] = (float)sum[j];
}

void ho_conv_bias(const struct ho_conv *c)
{
  if (c->node->bias != HO_ABSENT)
    ho_parallel(c->call->groups, bias_task, (void *)c);
}

static int suits_winograd(const struct ho_node *node)
{
  const struct ho_window *w = &node->u.window;
  return w->kh == 3 && w->kw == 3 && w->sh == 1 && w->sw == 1 && node->in.channels >= LEAST_CHANNELS &&
         node->out.channels >= LEAST_CHANNELS;
}

static const struct ho_conv_method *method(const struct ho_node *node)
{
  return suits_winograd(node) ? &ho_conv_winograd : &ho_conv_patches;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  method(node)->needs(node, groups, images, backward, n);
  if (backward && n->worker < (size_t)node->out.channels * sizeof(double)) /* for the bias */
    n->worker = (size_t)node->out.channels * sizeof(double);
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct ho_conv c = ho_conv_make(node, call);
  method(node)->forward(&c);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct ho_conv c = ho_conv_make(node, call);
  method(node)->data(&c);
}

static void weights(const struct ho_node *node, const struct ho_call *call)
{
  struct ho_conv c = ho_conv_make(node, call);
  method(node)->weights(&c);
  ho_conv_bias(&c);
}

const struct ho_cpu_layer ho_cpu_conv = { .flags = HO_KEEP_INPUT | HO_READS_VIEWS | HO_WRITES_SLICES | HO_ADDS_RESIDUAL,
                                          .needs = needs,
                                          .forward = forward,
                                          .weights = weights,
                                          .backward = backward };
