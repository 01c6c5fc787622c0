/* SPDX-License-Identifier: MIT
 * dropout.c - multiplies by dropout's factors, image by image, and draws them again for backward. */
#include <assert.h>

#include "compute/parallel.h"
#include "compute/random.h"
#include "nn/cpu/layer.h"

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

const struct ho_cpu_layer ho_cpu_dropout = { .flags = HO_IN_PLACE | HO_GRADIENT_IN_PLACE,
                                             .forward = forward,
                                             .backward = backward };
