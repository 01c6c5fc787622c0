/* SPDX-License-Identifier: MIT
 * dropout.c - inverted dropout: y = x m/(1 - rate), m Bernoulli(1 - rate), in training only.
 *
 * The mask is a function of the mini-batch's stream, the node and the image's place in the mini-batch, so it is drawn
 * again in backward rather than kept, and mini-batches with equal streams share it. */
#include <assert.h>

#include "compute/parallel.h"
#include "compute/random.h"
#include "nn/graph.h"

struct ho_stream ho_dropout_stream(const struct ho_stream *mask, int node, int image)
{
  struct ho_stream mixer = ho_stream_make(mask->word[0], "dropout", mask->word[1], mask->word[2]);
  mixer.word[3] = mask->word[3];
  return ho_stream_make(ho_stream_bits(&mixer), "dropout", (uint64_t)node, (uint64_t)image);
}

void ho_dropout_factors(struct ho_stream *stream, double rate, int n, float *restrict factor)
{
  uint64_t bits[HO_DROPOUT_BLOCK / 2];
  uint32_t limit = (uint32_t)(rate * 0x1p32); /* of 32-bit numbers, those below it drop */
  float keep = (float)(1 / (1 - rate));
  ho_stream_fill(stream, bits, ((size_t)n + 1) / 2);
  for (int i = 0; i < n; i++)
    factor[i] = (uint32_t)(bits[i / 2] >> 32 * (i & 1)) < limit ? 0 : keep;
}

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  const float *from; /* x or dy */
  float *to;         /* y or dx, may be the same */
  int add;
};

static void multiply(size_t n, const float *from, const float *restrict factor, float *to, int add)
{
  if (add)
#pragma omp simd
    for (size_t k = 0; k < n; k++)
      to[k] += from[k] * factor[k];
  else
#pragma omp simd
    for (size_t k = 0; k < n; k++)
      to[k] = from[k] * factor[k];
}

static void image_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t n = ho_shape_size(w->node->out), at = (size_t)i * n;
  float factor[HO_DROPOUT_BLOCK];
  struct ho_stream stream = { { 0 } };
  (void)worker;
  if (w->call->eval)
    for (int k = 0; k < HO_DROPOUT_BLOCK; k++)
      factor[k] = 1;
  else
    stream = ho_dropout_stream(&w->call->mask[i / w->call->size], w->node->index, i % w->call->size);
  for (size_t first = 0; first < n; first += HO_DROPOUT_BLOCK) {
    size_t count = n - first < HO_DROPOUT_BLOCK ? n - first : HO_DROPOUT_BLOCK;
    if (!w->call->eval)
      ho_dropout_factors(&stream, w->node->u.rate, (int)count, factor);
    multiply(count, w->from + at + first, factor, w->to + at + first, w->add);
  }
}

static void run(struct work *w)
{
  assert(w->call->eval || w->call->mask);
  if (!(w->call->eval && w->from == w->to))
    ho_parallel(w->call->groups * w->call->size, image_task, w);
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { node, call, call->x[0], call->y, 0 };
  run(&w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { node, call, call->dy, call->dx[0], call->add[0] };
  if (w.to)
    run(&w);
}

static const struct ho_layer layer = {
  .name = "dropout", .flags = HO_IN_PLACE | HO_GRADIENT_IN_PLACE, .forward = forward, .backward = backward
};

int ho_graph_dropout(struct ho_graph *g, int x, double rate)
{
  if (rate == 0 || g->failed)
    return g->failed ? -1 : x;
  if (!(rate > 0 && rate < 1))
    return ho_graph_fail(g, "dropout %g must be at least 0 and below 1", rate);
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, g->node[x].out);
  if (!node)
    return -1;
  node->u.rate = rate;
  return node->index;
}
