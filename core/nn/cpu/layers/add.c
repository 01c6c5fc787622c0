/* SPDX-License-Identifier: MIT
 * add.c - the sum of two tensors, in place if nothing else reads the first.  Does nothing if a convolution has already
 * added the other input, or if the gradients share memory. */
#include "compute/parallel.h"
#include "nn/cpu/layer.h"

struct work {
  const struct ho_call *call;
  size_t n;
};

static void forward_chunk(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const float *a = w->call->x[0], *restrict b = w->call->x[1];
  float *y = w->call->y; /* may be a */
  (void)worker;
#pragma omp simd
  for (size_t k = (size_t)i * HO_CHUNK; k < ho_chunk_end(i, w->n); k++)
    y[k] = a[k] + b[k];
}

static void pass_on(size_t from, size_t to, const float *restrict dy, float *restrict dx, int add)
{
  if (add)
    for (size_t k = from; k < to; k++)
      dx[k] += dy[k];
  else
    for (size_t k = from; k < to; k++)
      dx[k] = dy[k];
}

static void backward_chunk(int i, int worker, void *arg)
{
  const struct work *w = arg;
  (void)worker;
  for (int k = 0; k < 2; k++)
    if (w->call->dx[k] && w->call->dx[k] != w->call->dy)
      pass_on((size_t)i * HO_CHUNK, ho_chunk_end(i, w->n), w->call->dy, w->call->dx[k], w->call->add[k]);
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { call, (size_t)call->groups * (size_t)call->size * ho_shape_size(node->out) };
  ho_parallel(ho_chunks(w.n), forward_chunk, &w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { call, (size_t)call->groups * (size_t)call->size * ho_shape_size(node->out) };
  ho_parallel(ho_chunks(w.n), backward_chunk, &w);
}

const struct ho_cpu_layer ho_cpu_add = { .flags = HO_IN_PLACE | HO_GRADIENT_IN_PLACE,
                                         .forward = forward,
                                         .backward = backward };
