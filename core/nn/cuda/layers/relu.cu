/* SPDX-License-Identifier: MIT
 * relu.cu - max(x, 0); a NaN stays one.  Not called where a batch norm does it too. */
#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

template <int W> static __global__ void relu_forward(size_t n, const float *x, float *y)
{
  size_t i = ho_flat_at<W>();
  if (i >= n)
    return;
  ho_vec<W> v = ho_load<W>(x + i);
  for (int k = 0; k < W; k++)
    v.at[k] = v.at[k] < 0 ? 0 : v.at[k];
  ho_store(y + i, v);
}

/* dx may be dy. */
template <int W> static __global__ void relu_backward(size_t n, const float *y, const float *dy, float *dx, int add)
{
  size_t i = ho_flat_at<W>();
  if (i >= n)
    return;
  ho_vec<W> v = ho_load<W>(y + i), d = ho_load<W>(dy + i);
  for (int k = 0; k < W; k++)
    d.at[k] = v.at[k] > 0 ? d.at[k] : 0;
  ho_store(dx + i, d, add);
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  size_t n = ho_gpu_floats(node, call);
  ho_launch(call->stream, ho_flat_wide(n) == 4 ? relu_forward<4> : relu_forward<1>, ho_flat_blocks(n), HO_FLAT_THREADS,
            0, n, call->x[0], call->y);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  size_t n = ho_gpu_floats(node, call);
  if (call->dx[0])
    ho_launch(call->stream, ho_flat_wide(n) == 4 ? relu_backward<4> : relu_backward<1>, ho_flat_blocks(n),
              HO_FLAT_THREADS, 0, n, call->y, call->dy, call->dx[0], call->add[0]);
}

const struct ho_cuda_layer ho_cuda_relu = { HO_GPU_KEEPS_OUTPUT | HO_GPU_GRADIENT_IN_PLACE, NULL, forward, backward };
