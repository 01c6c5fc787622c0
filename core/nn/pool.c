/* SPDX-License-Identifier: MIT
 * pool.c - maximum and average over windows, each channel by itself.
 *
 * Padding counts as -inf in the maximum; of equal values the first wins; a NaN wins over all.  The average takes no
 * padding. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/parallel.h"
#include "nn/graph.h"

enum { MOST_TAPS = UINT16_MAX };

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

static void max_pixel(const struct ho_node *node, const float *image, int oy, int ox, float *restrict y,
                      uint16_t *restrict tap)
{
  int channels = node->out.channels, first = 1;
  for (int t = 0; t < node->u.window.kh * node->u.window.kw; t++) {
    ptrdiff_t at = under(node, oy, ox, t);
    if (at < 0)
      continue;
    const float *restrict x = image + at;
    for (int c = 0; c < channels; c++)
      if (first || x[c] > y[c] || isnan(x[c])) {
        y[c] = x[c];
        if (tap)
          tap[c] = (uint16_t)t;
      }
    first = 0;
  }
}

static void max_forward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  size_t channels = (size_t)node->out.channels, at = (size_t)i * ho_shape_size(node->out);
  const float *image = w->call->x[0] + (size_t)i * ho_shape_size(node->in);
  uint16_t *tap = w->call->saved;
  (void)worker;
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++, at += channels)
      max_pixel(node, image, oy, ox, w->call->y + at, tap ? tap + at : NULL);
}

static void max_backward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  size_t at = (size_t)i * ho_shape_size(node->out), pixels = ho_shape_size(node->in);
  float *image = w->call->dx[0] + (size_t)i * pixels;
  const uint16_t *tap = w->call->saved;
  (void)worker;
  if (!w->call->add[0])
    memset(image, 0, pixels * sizeof *image);
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++)
      for (int c = 0; c < node->out.channels; c++, at++)
        image[under(node, oy, ox, tap[at]) + c] += w->call->dy[at];
}

static void average_forward_image(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  int taps = node->u.window.kh * node->u.window.kw, channels = node->out.channels;
  const float *image = w->call->x[0] + (size_t)i * ho_shape_size(node->in);
  float *restrict y = w->call->y + (size_t)i * ho_shape_size(node->out), share = 1 / (float)taps;
  (void)worker;
  for (int oy = 0; oy < node->out.height; oy++)
    for (int ox = 0; ox < node->out.width; ox++, y += channels) {
      for (int c = 0; c < channels; c++)
        y[c] = 0;
      for (int t = 0; t < taps; t++) {
        const float *restrict x = image + under(node, oy, ox, t);
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
  (void)groups;
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

static const struct ho_layer max_layer = { .name = "max pool", .needs = max_needs, .forward = max_forward,
                                           .backward = max_backward };
static const struct ho_layer average_layer = { .name = "average pool", .forward = average_forward,
                                               .backward = average_backward };

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
