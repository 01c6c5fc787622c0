/* SPDX-License-Identifier: MIT
 * add.cu - the sum of two tensors.  Where a convolution adds the other input, or the gradient is passed on by sharing
 * memory, there is nothing left to do here. */
#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

template <int W> static __global__ void add_forward(size_t n, const float *a, const float *b, float *y)
{
  size_t i = ho_flat_at<W>();
  if (i >= n)
    return;
  ho_vec<W> v = ho_load<W>(a + i), w = ho_load<W>(b + i);
  for (int k = 0; k < W; k++)
    v.at[k] += w.at[k];
  ho_store(y + i, v);
}

/* Passes dy on to both inputs, or to one if the other is NULL.  They may be one tensor. */
template <int W>
static __global__ void add_backward(size_t n, const float *dy, float *da, int add_a, float *db, int add_b)
{
  size_t i = ho_flat_at<W>();
  if (i >= n)
    return;
  ho_vec<W> d = ho_load<W>(dy + i);
  if (da)
    ho_store(da + i, d, add_a);
  if (db)
    ho_store(db + i, d, add_b);
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  size_t n = ho_gpu_floats(node, call);
  ho_launch(call->stream, ho_flat_wide(n) == 4 ? add_forward<4> : add_forward<1>, ho_flat_blocks(n), HO_FLAT_THREADS, 0,
            n, call->x[0], call->x[1], call->y);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  size_t n = ho_gpu_floats(node, call);
  if (call->dx[0] || call->dx[1])
    ho_launch(call->stream, ho_flat_wide(n) == 4 ? add_backward<4> : add_backward<1>, ho_flat_blocks(n),
              HO_FLAT_THREADS, 0, n, call->dy, call->dx[0], call->add[0], call->dx[1], call->add[1]);
}

const struct ho_cuda_layer ho_cuda_add = { 0, NULL, forward, backward };
