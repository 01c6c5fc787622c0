/* SPDX-License-Identifier: MIT
 * concat.cu - copies the channels of its inputs into one tensor; adds channels of zeros. */
#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

enum { THREADS = 256, EACH = HO_BATCH }; /* threads of a block; pixels of a thread */

struct join {
  size_t pixels;                          /* of all images */
  int channels, inputs;                   /* of the result */
  int begin[HO_INPUTS], width[HO_INPUTS]; /* which channels of the result are those of input k */
  const float *x[HO_INPUTS];              /* forward */
  float *dx[HO_INPUTS];                   /* backward; may be NULL */
  unsigned char add[HO_INPUTS];
};

/* The input that channel c of the result comes from; -1: it is zero. */
static __device__ int input_of(const struct join *j, int c)
{
  for (int k = 0; k < j->inputs; k++)
    if (c >= j->begin[k] && c < j->begin[k] + j->width[k])
      return k;
  return -1;
}

template <int W> static __global__ void join_forward(const __grid_constant__ struct join j, int panels, float *y)
{
  int c = ho_tile_channel<W>(panels);
  size_t p = ho_tile_pixel(panels, EACH);
  if (c >= j.channels)
    return;
  int k = input_of(&j, c);
  ho_vec<W> v[HO_BATCH] = {};
  if (k >= 0)
    ho_load_batch<W>(j.x[k] + c - j.begin[k], (unsigned)j.width[k], p, j.pixels, v);
  for (int e = 0; e < EACH; e++, p += blockDim.y)
    if (p < j.pixels)
      ho_store(y + p * (unsigned)j.channels + c, v[e]);
}

/* If several inputs are one tensor, the threads of the first of them do the work of all. */
template <int W>
static __global__ void join_backward(const __grid_constant__ struct join j, int panels, const float *dy)
{
  int c = ho_tile_channel<W>(panels);
  size_t p = ho_tile_pixel(panels, EACH);
  int k = c < j.channels ? input_of(&j, c) : -1;
  if (k < 0 || !j.dx[k])
    return;
  for (int before = 0; before < k; before++)
    if (j.dx[before] == j.dx[k])
      return;
  c -= j.begin[k];
  for (int same = k; same < j.inputs; same++) {
    ho_vec<W> d[HO_BATCH];
    if (j.dx[same] != j.dx[k])
      continue;
    ho_load_batch<W>(dy + j.begin[same] + c, (unsigned)j.channels, p, j.pixels, d);
    for (int e = 0; e < EACH; e++)
      if (p + (unsigned)e * blockDim.y < j.pixels)
        ho_store(j.dx[k] + (p + (unsigned)e * blockDim.y) * (unsigned)j.width[k] + c, d[e], j.add[same]);
  }
}

/* Sets *wide to 4 if no vector of four channels comes from two inputs. */
static struct join join_of(const struct ho_node *node, const struct ho_gpu_call *call, int *wide)
{
  struct join j = {};
  j.pixels = (size_t)call->groups * (size_t)call->size * (size_t)node->out.height * (size_t)node->out.width;
  j.channels = node->out.channels;
  j.inputs = node->inputs;
  *wide = j.channels % 4 ? 1 : 4;
  for (int k = 0; k < node->inputs; k++) {
    j.begin[k] = k ? j.begin[k - 1] + j.width[k - 1] : node->u.join.before;
    j.width[k] = node->u.join.channels[k];
    j.x[k] = call->x[k];
    j.dx[k] = call->dx[k];
    j.add[k] = call->add[k];
    if (j.begin[k] % 4 || j.width[k] % 4)
      *wide = 1;
  }
  return j;
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  int wide;
  struct join j = join_of(node, call, &wide);
  struct ho_tiles tiles = ho_tiles_of(j.channels, wide, THREADS);
  ho_launch(call->stream, wide == 4 ? join_forward<4> : join_forward<1>, ho_tiles_blocks(&tiles, j.pixels, EACH),
            tiles.block, 0, j, tiles.panels, call->y);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  int wide, any = 0;
  struct join j = join_of(node, call, &wide);
  struct ho_tiles tiles = ho_tiles_of(j.channels, wide, THREADS);
  for (int k = 0; k < j.inputs; k++)
    any |= j.dx[k] != NULL;
  if (any)
    ho_launch(call->stream, wide == 4 ? join_backward<4> : join_backward<1>, ho_tiles_blocks(&tiles, j.pixels, EACH),
              tiles.block, 0, j, tiles.panels, call->dy);
}

const struct ho_cuda_layer ho_cuda_concat = { 0, NULL, forward, backward };
const struct ho_cuda_layer ho_cuda_pad_channels = { 0, NULL, forward, backward };
