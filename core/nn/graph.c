/* SPDX-License-Identifier: MIT
 * graph.c - builds the list of nodes and named tensors; see graph.h. */
#include "nn/graph.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

int ho_graph_fail(struct ho_graph *g, const char *format, ...)
{
  if (!g->failed && g->err) {
    va_list args;
    va_start(args, format);
    vsnprintf(g->err->text, sizeof g->err->text, format, args);
    va_end(args);
    g->err->code = HO_ERROR_FAILED;
  }
  g->failed = 1;
  return -1;
}

/* Room for one more element, doubling. */
static int grow(struct ho_graph *g, void **array, int count, int *room, size_t size)
{
  if (count < *room)
    return 0;
  int more = *room ? 2 * *room : 32;
  struct ho_error ignored;
  void *larger = ho_alloc((size_t)more, size, "a network", g->failed ? &ignored : g->err);
  if (!larger) {
    g->failed = 1;
    return -1;
  }
  if (count)
    memcpy(larger, *array, (size_t)count * size);
  ho_free(*array);
  *array = larger;
  *room = more;
  return 0;
}

struct ho_node *ho_graph_node(struct ho_graph *g, const struct ho_layer *layer, int inputs, const int *input,
                              struct ho_shape out)
{
  for (int k = 0; k < inputs; k++)
    if (input[k] < 0 || input[k] >= g->nodes)
      ho_graph_fail(g, "a %s layer reads node %d, which does not exist", layer->name, input[k]);
  if (g->failed)
    return NULL;
  double size = (double)out.height * out.width * out.channels;
  if (size > INT_MAX) { /* so that offsets within an image fit into BLAS's int */
    ho_graph_fail(g, "%s: %dx%dx%d is too large for one image: %.0f bytes, and at most %.0f are allowed", layer->name,
                  out.height, out.width, out.channels, size * sizeof(float), (double)INT_MAX * sizeof(float));
    return NULL;
  }
  if (grow(g, (void **)&g->node, g->nodes, &g->room, sizeof *g->node))
    return NULL;
  struct ho_node *node = &g->node[g->nodes];
  *node = (struct ho_node){ .layer = layer,
                            .index = g->nodes,
                            .inputs = inputs,
                            .out = out,
                            .weight = HO_ABSENT,
                            .bias = HO_ABSENT,
                            .mean = HO_ABSENT,
                            .variance = HO_ABSENT };
  for (int k = 0; k < inputs; k++)
    node->input[k] = input[k];
  node->in = inputs ? g->node[input[0]].out : out;
  g->nodes++;
  return node;
}

int ho_graph_input(struct ho_graph *g)
{
  static const struct ho_layer layer = { HO_LAYER_INPUT, "input", NULL };
  const struct ho_node *node = ho_graph_node(g, &layer, 0, NULL, g->input);
  return node ? node->index : -1;
}

/* Appends a tensor to theta or stats. */
static size_t append(struct ho_graph *g, struct ho_param **array, int *count, int *room, size_t *total,
                     const char *layer, const char *suffix, const struct ho_param *like)
{
  size_t size =
      ho_size_mul(ho_size_mul((size_t)like->kh, (size_t)like->kw), ho_size_mul((size_t)like->in, (size_t)like->out));
  if (g->failed || grow(g, (void **)array, *count, room, sizeof **array))
    return HO_ABSENT;
  struct ho_param *p = &(*array)[*count];
  *p = *like;
  if (snprintf(p->name, sizeof p->name, "%s.%s", layer, suffix) >= (int)sizeof p->name)
    ho_graph_fail(g, "%s.%s: the name is too long", layer, suffix);
  for (int i = 0; i < *count; i++)
    if (!strcmp((*array)[i].name, p->name))
      ho_graph_fail(g, "%s: two tensors of this name", p->name);
  if (size > INT_MAX)
    ho_graph_fail(g, "%s: %d x %d x %d x %d is too large: %.0f bytes, and a tensor may have %.0f", p->name, p->out,
                  p->in, p->kh, p->kw, (double)size * sizeof(float), (double)INT_MAX * sizeof(float));
  if (g->failed)
    return HO_ABSENT;
  p->size = size;
  p->offset = *total;
  *total += size;
  ++*count;
  return p->offset;
}

size_t ho_graph_param(struct ho_graph *g, const char *layer, const char *suffix, const struct ho_param *like)
{
  return append(g, &g->param, &g->nparams, &g->param_room, &g->parameters, layer, suffix, like);
}

size_t ho_graph_stat(struct ho_graph *g, const char *layer, const char *suffix, const struct ho_param *like)
{
  return append(g, &g->stat, &g->nstats, &g->stat_room, &g->statistics, layer, suffix, like);
}

struct ho_window ho_window_square(int kernel, int stride, int padding)
{
  return (struct ho_window){ kernel, kernel, stride, stride, padding, padding, padding, padding };
}

/* Returns the padding before the image; sets *after to the padding after it. */
static int same_padding(int side, int kernel, int stride, int *after)
{
  int results = (side + stride - 1) / stride, total = (results - 1) * stride + kernel - side;
  total = total > 0 ? total : 0;
  *after = total - total / 2;
  return total / 2;
}

struct ho_window ho_window_same(const struct ho_graph *g, int x, int kernel, int stride)
{
  struct ho_window w = ho_window_square(kernel, stride, 0);
  if (g->failed || kernel < 1 || stride < 1) /* the layer will report it */
    return w;
  w.top = same_padding(g->node[x].out.height, kernel, stride, &w.bottom);
  w.left = same_padding(g->node[x].out.width, kernel, stride, &w.right);
  return w;
}

int ho_graph_times(double width, int n)
{
  return width * n < 1 ? 1 : (int)lround(width * n);
}

int ho_graph_init(struct ho_graph *g, int x, enum ho_init init, double value, double bias)
{
  if (g->failed)
    return -1;
  const struct ho_node *node = &g->node[x];
  for (int i = 0; i < g->nparams; i++)
    if (g->param[i].offset == node->weight) {
      g->param[i].init = init;
      g->param[i].init_value = value;
    } else if (g->param[i].offset == node->bias) {
      g->param[i].init = HO_INIT_CONSTANT;
      g->param[i].init_value = bias;
    }
  return x;
}

int ho_graph_slide(struct ho_graph *g, int x, const char *name, const struct ho_window *w, int out,
                   struct ho_shape *shape)
{
  if (g->failed)
    return -1;
  if (w->kh < 1 || w->kw < 1 || w->sh < 1 || w->sw < 1 || out < 1)
    return ho_graph_fail(g, "%s: kernel, stride and channels must be at least 1", name);
  if (w->top < 0 || w->left < 0 || w->bottom < 0 || w->right < 0 || w->top >= w->kh || w->bottom >= w->kh ||
      w->left >= w->kw || w->right >= w->kw)
    return ho_graph_fail(g, "%s: padding must be at least 0 and smaller than the kernel", name);
  struct ho_shape in = g->node[x].out;
  long long high = (long long)in.height + w->top + w->bottom - w->kh;
  long long wide = (long long)in.width + w->left + w->right - w->kw;
  if (high < 0 || wide < 0)
    return ho_graph_fail(g, "images of %dx%d are too small: %s slides a window of %dx%d over what is by then %dx%d",
                         g->input.height, g->input.width, name, w->kh, w->kw, in.height, in.width);
  *shape = (struct ho_shape){ (int)(high / w->sh) + 1, (int)(wide / w->sw) + 1, out };
  return 0;
}

int ho_graph_output(struct ho_graph *g, int logits, int features)
{
  if (g->failed)
    return -1;
  if (ho_shape_size(g->node[logits].out) != (size_t)g->classes)
    return ho_graph_fail(g, "the last layer has %zu outputs for %d classes", ho_shape_size(g->node[logits].out),
                         g->classes);
  for (int i = 0; i < g->nodes; i++) {
    int readers = 0;
    for (int j = i + 1; j < g->nodes; j++)
      for (int k = 0; k < g->node[j].inputs; k++)
        readers += g->node[j].input[k] == i;
    if (i == logits ? readers > 0 : readers == 0)
      return ho_graph_fail(g, "node %d (%s) is %s", i, g->node[i].layer->name,
                           readers ? "the last, but another node reads it" : "read by no node");
  }
  g->logits = logits;
  g->features = features;
  return 0;
}
