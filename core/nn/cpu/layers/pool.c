/* SPDX-License-Identifier: MIT
 * pool.c - maximum and average over windows.  In training, max pooling saves which tap was the maximum. */
#include <stdint.h>
#include <string.h>

#include "compute/parallel.h"
#include "nn/cpu/layer.h"

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
};

/* The input pixel under tap `t' of output pixel (oy, ox) as an offset in floats, or -1 in the padding. */
static ptrdiff_t under(const struct ho_node *node, int oy, int ox, int t)
{
  const struct ho_window *w = &node->u.window;
  int y = oy * w->sh - w->top + t / w->kw, x = ox * w->sw - w->left + t % w->kw;
  if (y < 0 || x < 0 || y >= node->in.height || x >= node->in.width)
    return -1;
  return ((ptrdiff_t)y * node->in.width + x) * node->in.channels;
}

/* Offsets of the taps of output pixel (oy, ox) that are not padding, in order, and their numbers. */
static int taps_of(const struct ho_node *node, int oy, int ox, ptrdiff_t *at, uint16_t *number)
{
  int n = 0;
  for (int t = 0; t < node->u.window.kh * node->u.window.kw; t++)
    if ((at[n] = under(node, oy, ox, t)) >= 0)
      number[n++] = (uint16_t)t;
  return n;
}

/* A worker's memory for the taps of a window: offsets and numbers. */
static ptrdiff_t *room(const struct work *w, int worker, uint16_t **number)
{
  ptrdiff_t *at = (ptrdiff_t *)(void *)(w->call->worker + (size_t)worker * w->call->worker_bytes);
  *number = (uint16_t *)(at + (ptrdiff_t)w->node->u.window.kh * w->node->u.window.kw);
  return at;
}

static void max_forward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  const struct ho_call *call = w->call;
  size_t channels = (size_t)node->out.channels, pixel = (size_t)i * (size_t)node->out.height * (size_t)node->out.width;
  const float *image = call->x[0] + (size_t)i * ho_shape_size(node->in);
  uint16_t *tap = call->saved, *number;
  ptrdiff_t *at = room(w, worker, &number);
  struct ho_affine affine = { 0 };
  if (call->view[0])
    affine = ho_view_of(call->view[0], channels, (size_t)(i / call->size));
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++, pixel++) {
      int n = taps_of(node, oy, ox, at, number);
      uint16_t *which = tap ? tap + pixel * channels : NULL;
      ho_kernels()->maximum(channels, image, n, at, call->view[0] ? &affine : NULL, call->y + pixel * call->ld_y,
                            which);
      for (size_t c = 0; which && c < channels; c++)
        which[c] = number[which[c]];
    }
}

static void max_backward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  size_t channels = (size_t)node->out.channels, pixels = ho_shape_size(node->in);
  size_t pixel = (size_t)i * (size_t)node->out.height * (size_t)node->out.width;
  float *image = w->call->dx[0] + (size_t)i * pixels;
  const uint16_t *tap = w->call->saved;
  (void)worker;
  if (!w->call->add[0])
    memset(image, 0, pixels * sizeof *image);
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++, pixel++)
      for (size_t c = 0; c < channels; c++)
        image[under(node, oy, ox, tap[pixel * channels + c]) + (ptrdiff_t)c] += w->call->dy[pixel * w->call->ld_dy + c];
}

static void average_forward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  int taps = node->u.window.kh * node->u.window.kw, channels = node->out.channels;
  const float *image = w->call->x[0] + (size_t)i * ho_shape_size(node->in);
  float *restrict y = w->call->y + (size_t)i * ho_shape_size(node->out), share = 1 / (float)taps;
  struct ho_affine affine = { 0 };
  (void)worker;
  if (w->call->view[0])
    affine = ho_view_of(w->call->view[0], (size_t)channels, (size_t)(i / w->call->size));
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++, y += channels) {
      for (int c = 0; c < channels; c++)
        y[c] = 0;
      for (int t = 0; t < taps; t++) {
        const float *restrict x = image + under(node, oy, ox, t);
        if (affine.scale)
          for (int c = 0; c < channels; c++) {
            float v = affine.scale[c] * (x[c] - affine.mean[c]) + affine.shift[c];
            y[c] += v < affine.floor[c] ? affine.floor[c] : v;
          }
        else
          for (int c = 0; c < channels; c++)
            y[c] += x[c];
      }
      for (int c = 0; c < channels; c++)
        y[c] *= share;
    }
}

static void average_backward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  int taps = node->u.window.kh * node->u.window.kw, channels = node->out.channels;
  size_t pixels = ho_shape_size(node->in);
  float *image = w->call->dx[0] + (size_t)i * pixels, share = 1 / (float)taps;
  const float *restrict dy = w->call->dy + (size_t)i * ho_shape_size(node->out);
  (void)worker;
  if (!w->call->add[0])
    memset(image, 0, pixels * sizeof *image);
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++, dy += channels)
      for (int t = 0; t < taps; t++) {
        float *restrict dx = image + under(node, oy, ox, t);
        for (int c = 0; c < channels; c++)
          dx[c] += dy[c] * share;
      }
}

static void max_needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  size_t taps = (size_t)node->u.window.kh * (size_t)node->u.window.kw;
  (void)groups;
  n->worker = taps * (sizeof(ptrdiff_t) + sizeof(uint16_t));
  n->saved = backward ? ho_size_mul((size_t)images, ho_shape_size(node->out) * sizeof(uint16_t)) : 0;
}

static void max_forward(const struct ho_node *node, const struct ho_call *call)
{
  ho_parallel(call->groups * call->size, max_forward_image, &(struct work){ node, call });
}

static void max_backward(const struct ho_node *node, const struct ho_call *call)
{
  if (call->dx[0])
    ho_parallel(call->groups * call->size, max_backward_image, &(struct work){ node, call });
}

static void average_forward(const struct ho_node *node, const struct ho_call *call)
{
  ho_parallel(call->groups * call->size, average_forward_image, &(struct work){ node, call });
}

static void average_backward(const struct ho_node *node, const struct ho_call *call)
{
  if (call->dx[0])
    ho_parallel(call->groups * call->size, average_backward_image, &(struct work){ node, call });
}

const struct ho_cpu_layer ho_cpu_max_pool = {
  .flags = HO_READS_VIEWS | HO_WRITES_SLICES, .needs = max_needs, .forward = max_forward, .backward = max_backward
};
const struct ho_cpu_layer ho_cpu_average_pool = { .flags = HO_READS_VIEWS,
                                                  .forward = average_forward,
                                                  .backward = average_backward };
