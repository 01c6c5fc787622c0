/* SPDX-License-Identifier: MIT
 * pool.cu - maximum and average over windows.  For backward, max pool saves which tap was the maximum.
 *
 * In backward each thread sums what reaches its vector of the input, over the windows in order: as on the CPU. */
#include <float.h>

#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

enum { THREADS = 64 }; /* few, so that small tensors are many blocks */

struct pool {
  struct ho_window w;
  struct ho_shape in, out;
  size_t images;
  int panels;
};

/* One pixel of an image. */
struct place {
  size_t image;
  int y, x, channel;
  bool inside;
};

template <int W> static __device__ struct place place_of(const struct pool *p, struct ho_shape s)
{
  size_t pixel = ho_tile_pixel(p->panels, 1), line = pixel / (unsigned)s.width;
  struct place at;
  at.x = (int)(pixel % (unsigned)s.width);
  at.y = (int)(line % (unsigned)s.height);
  at.image = line / (unsigned)s.height;
  at.channel = ho_tile_channel<W>(p->panels);
  at.inside = at.image < p->images && at.channel < s.channels;
  return at;
}

static __device__ size_t index_of(struct ho_shape s, size_t image, int y, int x, int channel)
{
  return ((image * (unsigned)s.height + (unsigned)y) * (unsigned)s.width + (unsigned)x) * (unsigned)s.channels +
         (unsigned)channel;
}

/* The windows [*from, *to) that pixel `at' of a line lies in. */
static __device__ void windows_over(int at, int kernel, int stride, int padding, int windows, int *from, int *to)
{
  int last = (at + padding) / stride, below = at + padding - kernel; /* the last pixel before which none may begin */
  *from = below < 0 ? 0 : below / stride + 1;
  *to = last < windows ? last + 1 : windows;
}

/* The taps of a vector, 16 bits each. */
template <int W> static __device__ void taps_store(uint16_t *tap, const int *which)
{
  if constexpr (W == 4)
    *(uint2 *)tap =
        make_uint2((unsigned)which[0] | (unsigned)which[1] << 16, (unsigned)which[2] | (unsigned)which[3] << 16);
  else
    *tap = (uint16_t)*which;
}

template <int W> static __device__ void taps_load(const uint16_t *tap, int *which)
{
  if constexpr (W == 4) {
    uint2 two = *(const uint2 *)tap;
    which[0] = (int)(two.x & 0xffff), which[1] = (int)(two.x >> 16);
    which[2] = (int)(two.y & 0xffff), which[3] = (int)(two.y >> 16);
  } else
    *which = *tap;
}

/* The first of equal values wins, and a NaN over all. */
template <int W> static __global__ void max_forward(const struct pool p, const float *x, float *y, uint16_t *tap)
{
  struct place at = place_of<W>(&p, p.out);
  if (!at.inside)
    return;
  ho_vec<W> best = {};
  int which[W] = {}, first = 1;
  for (int ky = 0; ky < p.w.kh; ky++)
    for (int kx = 0; kx < p.w.kw; kx++) {
      int iy = at.y * p.w.sh - p.w.top + ky, ix = at.x * p.w.sw - p.w.left + kx;
      if (iy < 0 || ix < 0 || iy >= p.in.height || ix >= p.in.width)
        continue;
      ho_vec<W> v = ho_load<W>(x + index_of(p.in, at.image, iy, ix, at.channel));
      for (int k = 0; k < W; k++)
        if (first || v.at[k] > best.at[k] || v.at[k] != v.at[k]) {
          best.at[k] = v.at[k];
          which[k] = ky * p.w.kw + kx;
        }
      first = 0;
    }
  size_t i = index_of(p.out, at.image, at.y, at.x, at.channel);
  ho_store(y + i, best);
  if (tap)
    taps_store<W>(tap + i, which);
}

template <int W>
static __global__ void max_backward(const struct pool p, const uint16_t *tap, const float *dy, float *dx, int add)
{
  struct place at = place_of<W>(&p, p.in);
  if (!at.inside)
    return;
  int y0, y1, x0, x1;
  windows_over(at.y, p.w.kh, p.w.sh, p.w.top, p.out.height, &y0, &y1);
  windows_over(at.x, p.w.kw, p.w.sw, p.w.left, p.out.width, &x0, &x1);
  size_t i = index_of(p.in, at.image, at.y, at.x, at.channel);
  ho_vec<W> sum = {};
  if (add)
    sum = ho_load<W>(dx + i);
  for (int oy = y0; oy < y1; oy++)
    for (int ox = x0; ox < x1; ox++) {
      int mine = (at.y + p.w.top - oy * p.w.sh) * p.w.kw + at.x + p.w.left - ox * p.w.sw;
      size_t o = index_of(p.out, at.image, oy, ox, at.channel);
      ho_vec<W> d = ho_load<W>(dy + o);
      int which[W];
      taps_load<W>(tap + o, which);
      for (int k = 0; k < W; k++)
        sum.at[k] = which[k] == mine ? sum.at[k] + d.at[k] : sum.at[k];
    }
  ho_store(dx + i, sum);
}

template <int W> static __global__ void average_forward(const struct pool p, const float *x, float *y)
{
  struct place at = place_of<W>(&p, p.out);
  if (!at.inside)
    return;
  float share = 1 / (float)(p.w.kh * p.w.kw);
  ho_vec<W> sum = {};
  for (int ky = 0; ky < p.w.kh; ky++)
    for (int kx = 0; kx < p.w.kw; kx++) {
      ho_vec<W> v = ho_load<W>(x + index_of(p.in, at.image, at.y * p.w.sh + ky, at.x * p.w.sw + kx, at.channel));
      for (int k = 0; k < W; k++)
        sum.at[k] += v.at[k];
    }
  for (int k = 0; k < W; k++)
    sum.at[k] *= share;
  ho_store(y + index_of(p.out, at.image, at.y, at.x, at.channel), sum);
}

template <int W> static __global__ void average_backward(const struct pool p, const float *dy, float *dx, int add)
{
  struct place at = place_of<W>(&p, p.in);
  if (!at.inside)
    return;
  float share = 1 / (float)(p.w.kh * p.w.kw);
  int y0, y1, x0, x1;
  windows_over(at.y, p.w.kh, p.w.sh, 0, p.out.height, &y0, &y1);
  windows_over(at.x, p.w.kw, p.w.sw, 0, p.out.width, &x0, &x1);
  size_t i = index_of(p.in, at.image, at.y, at.x, at.channel);
  ho_vec<W> sum = {};
  if (add)
    sum = ho_load<W>(dx + i);
  for (int oy = y0; oy < y1; oy++)
    for (int ox = x0; ox < x1; ox++) {
      ho_vec<W> d = ho_load<W>(dy + index_of(p.out, at.image, oy, ox, at.channel));
      for (int k = 0; k < W; k++)
        sum.at[k] = __fadd_rn(sum.at[k], __fmul_rn(d.at[k], share));
    }
  ho_store(dx + i, sum);
}

/* Of threads for the pixels of `s', the shape of input or result. */
static struct pool pool_of(const struct ho_node *node, const struct ho_gpu_call *call, struct ho_shape s,
                           struct ho_tiles *tiles, unsigned *blocks)
{
  size_t images = (size_t)call->groups * (size_t)call->size;
  *tiles = ho_tiles_of(s.channels, ho_flat_wide((size_t)s.channels), THREADS);
  *blocks = ho_tiles_blocks(tiles, images * (size_t)s.height * (size_t)s.width, 1);
  return { node->u.window, node->in, node->out, images, tiles->panels };
}

static void max_needs(const struct ho_node *node, int groups, int images, int backward, struct ho_gpu_needs *n)
{
  (void)groups;
  n->saved = backward ? ho_size_mul((size_t)images, ho_shape_size(node->out) * sizeof(uint16_t)) : 0;
}

static void max_pool_forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles;
  unsigned blocks;
  struct pool p = pool_of(node, call, node->out, &tiles, &blocks);
  ho_launch(call->stream, tiles.wide == 4 ? max_forward<4> : max_forward<1>, blocks, tiles.block, 0, p, call->x[0],
            call->y, (uint16_t *)call->saved);
}

static void max_pool_backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles;
  unsigned blocks;
  struct pool p = pool_of(node, call, node->in, &tiles, &blocks);
  if (call->dx[0])
    ho_launch(call->stream, tiles.wide == 4 ? max_backward<4> : max_backward<1>, blocks, tiles.block, 0, p,
              (const uint16_t *)call->saved, call->dy, call->dx[0], call->add[0]);
}

static void average_pool_forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles;
  unsigned blocks;
  struct pool p = pool_of(node, call, node->out, &tiles, &blocks);
  ho_launch(call->stream, tiles.wide == 4 ? average_forward<4> : average_forward<1>, blocks, tiles.block, 0, p,
            call->x[0], call->y);
}

static void average_pool_backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles;
  unsigned blocks;
  struct pool p = pool_of(node, call, node->in, &tiles, &blocks);
  if (call->dx[0])
    ho_launch(call->stream, tiles.wide == 4 ? average_backward<4> : average_backward<1>, blocks, tiles.block, 0, p,
              call->dy, call->dx[0], call->add[0]);
}

const struct ho_cuda_layer ho_cuda_max_pool = { 0, max_needs, max_pool_forward, max_pool_backward };
const struct ho_cuda_layer ho_cuda_average_pool = { 0, NULL, average_pool_forward, average_pool_backward };
