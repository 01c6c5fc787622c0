/* SPDX-License-Identifier: MIT
 * relu.c - max(x, 0), in place if nothing else reads x; not called if a batch norm computes it. */
#include "compute/parallel.h"
#include "nn/cpu/layer.h"

struct work {
  const struct ho_call *call;
  size_t n;
};

static void forward_chunk(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const float *x = w->call->x[0];
  float *y = w->call->y; /* may be x */
  (void)worker;
#pragma omp simd
  for (size_t k = (size_t)i * HO_CHUNK; k < ho_chunk_end(i, w->n); k++)
    y[k] = x[k] < 0 ? 0 : x[k];
}

static void backward_chunk(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const float *restrict y = w->call->y, *dy = w->call->dy;
  float *dx = w->call->dx[0]; /* may be dy */
  size_t end = ho_chunk_end(i, w->n);
  (void)worker;
  if (w->call->add[0]) /* reads dy even if y is 0, because a conditional load would not be vectorised */
#pragma omp simd
    for (size_t k = (size_t)i * HO_CHUNK; k < end; k++) {
      float d = dy[k];
      dx[k] += y[k] > 0 ? d : 0;
    }
  else
#pragma omp simd
    for (size_t k = (size_t)i * HO_CHUNK; k < end; k++) {
      float d = dy[k];
      dx[k] = y[k] > 0 ? d : 0;
    }
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { call, (size_t)call->groups * (size_t)call->size * ho_shape_size(node->out) };
  ho_parallel(ho_chunks(w.n), forward_chunk, &w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { call, (size_t)call->groups * (size_t)call->size * ho_shape_size(node->out) };
  if (call->dx[0])
    ho_parallel(ho_chunks(w.n), backward_chunk, &w);
}

const struct ho_cpu_layer ho_cpu_relu = { .flags = HO_KEEP_OUTPUT | HO_IN_PLACE | HO_GRADIENT_IN_PLACE,
                                          .forward = forward,
                                          .backward = backward };
