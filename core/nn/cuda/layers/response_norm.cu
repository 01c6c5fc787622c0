/* SPDX-License-Identifier: MIT
 * response_norm.cu - local response normalisation.  Forward: y_c = x_c s_c^-beta, with s_c as in
 * nn/layers/response_norm.c.  Backward, by the chain rule:
 *
 *     dx_c = dy_c s_c^-beta - 2 alpha beta x_c sum of dy_j x_j s_j^(-beta-1) over |j - c| <= radius.
 *
 * The terms of that sum are written to memory first.  A thread has one channel of a pixel; neighbours are read through
 * the cache, so that any radius will do. */
#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

enum { THREADS = 256 };

struct response {
  size_t pixels; /* of all images */
  int channels, panels, radius;
  float k, alpha, beta, factor; /* factor: -2 alpha beta */
};

/* This thread's float of a tensor; *channel is its channel, and -1 outside. */
static __device__ size_t own(const struct response *r, int *channel)
{
  int c = ho_tile_channel<1>(r->panels);
  size_t p = ho_tile_pixel(r->panels, 1);
  *channel = c < r->channels && p < r->pixels ? c : -1;
  return p * (unsigned)r->channels + (unsigned)c;
}

/* The sum of a[...] or of its squares over the neighbours of channel c, which is at a[at], in order. */
template <int SQUARES> static __device__ float neighbours(const struct response *r, const float *a, size_t at, int c)
{
  int from = c < r->radius ? 0 : c - r->radius, to = r->channels - c > r->radius ? c + r->radius : r->channels - 1;
  const float *p = a + at - (unsigned)(c - from);
  float sum = 0;
  for (int j = from; j <= to; j++, p++)
    sum = __fadd_rn(sum, SQUARES ? __fmul_rn(*p, *p) : *p);
  return sum;
}

/* s and s^-beta of channel c. */
static __device__ float scale_of(const struct response *r, const float *x, size_t at, int c, float *s)
{
  *s = __fadd_rn(r->k, __fmul_rn(r->alpha, neighbours<1>(r, x, at, c)));
  return r->beta == 0.75f ? 1 / (sqrtf(*s) * sqrtf(sqrtf(*s))) : powf(*s, -r->beta); /* the usual one is quicker */
}

static __global__ void response_forward(const struct response r, const float *x, float *y)
{
  int c;
  size_t at = own(&r, &c);
  float s;
  if (c >= 0)
    y[at] = x[at] * scale_of(&r, x, at, c, &s);
}

static __global__ void response_terms(const struct response r, const float *x, const float *dy, float *term)
{
  int c;
  size_t at = own(&r, &c);
  float s;
  if (c < 0)
    return;
  float scale = scale_of(&r, x, at, c, &s);
  term[at] = dy[at] * x[at] * scale / s;
}

/* dx may be dy. */
static __global__ void response_backward(const struct response r, const float *x, const float *term, const float *dy,
                                         float *dx, int add)
{
  int c;
  size_t at = own(&r, &c);
  float s;
  if (c < 0)
    return;
  float scale = scale_of(&r, x, at, c, &s), sum = neighbours<0>(&r, term, at, c);
  float d = __fadd_rn(__fmul_rn(dy[at], scale), __fmul_rn(r.factor * x[at], sum));
  dx[at] = add ? dx[at] + d : d;
}

static struct response response_of(const struct ho_node *node, const struct ho_gpu_call *call, struct ho_tiles *tiles)
{
  struct response r = {};
  *tiles = ho_tiles_of(node->out.channels, 1, THREADS);
  r.pixels = (size_t)call->groups * (size_t)call->size * (size_t)node->out.height * (size_t)node->out.width;
  r.channels = node->out.channels;
  r.panels = tiles->panels;
  r.radius = node->u.response.radius;
  r.k = (float)node->u.response.k;
  r.alpha = (float)node->u.response.alpha;
  r.beta = (float)node->u.response.beta;
  r.factor = (float)(-2 * node->u.response.alpha * node->u.response.beta);
  return r;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_gpu_needs *n)
{
  (void)groups;
  n->work = backward ? ho_size_mul((size_t)images, ho_shape_size(node->out) * sizeof(float)) : 0;
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles;
  struct response r = response_of(node, call, &tiles);
  ho_launch(call->stream, response_forward, ho_tiles_blocks(&tiles, r.pixels, 1), tiles.block, 0, r, call->x[0],
            call->y);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles;
  struct response r = response_of(node, call, &tiles);
  unsigned blocks = ho_tiles_blocks(&tiles, r.pixels, 1);
  float *term = (float *)call->work;
  if (!call->dx[0])
    return;
  ho_launch(call->stream, response_terms, blocks, tiles.block, 0, r, call->x[0], call->dy, term);
  ho_launch(call->stream, response_backward, blocks, tiles.block, 0, r, call->x[0], term, call->dy, call->dx[0],
            call->add[0]);
}

const struct ho_cuda_layer ho_cuda_response_norm = { HO_GPU_KEEPS_INPUT | HO_GPU_GRADIENT_IN_PLACE, needs, forward,
                                                     backward };
