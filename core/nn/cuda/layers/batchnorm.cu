/* SPDX-License-Identifier: MIT
 * batchnorm.cu - batch norm, then ReLU if a node of that kind alone reads the result.
 *
 * Sums over x and x^2 are in double: each block sums some pixels (a part), then the parts of a mini-batch are added up.
 * The parts depend on the shape of a mini-batch alone, so that its result is the same in whatever pass it takes part.
 * A product of two float32 is exact in double, so E[x^2] - E[x]^2 loses nothing that float32 had.
 *
 * Forward ends with y = max(floor, scale (x - mean) + shift).  Backward finds the ReLU's mask again from x. */
#include "nn/cuda/layer.h"
#include "nn/cuda/pixels.h"

enum {
  THREADS = 256,
  LEAST = HO_BATCH, /* fewest and most pixels of a thread in kernels that sum, multiples of HO_BATCH */
  MOST = 4 * HO_BATCH,
  EACH = HO_BATCH, /* pixels of a thread in the others */
  QUAD = 4,        /* channels of a block that adds up parts: 32 bytes of doubles */
  SLICES = 64,     /* threads that add up parts of the same channel, at most */
  WARP = 32,
  SAVED = 4, /* saved is [groups][SAVED][C]: mean, 1/sqrt(var + eps), scale, shift */
  SLOPE = 3  /* of backward: [groups][SLOPE][C], see norm_slope */
};

struct norm {
  int channels, panels, groups, each, eval;
  size_t pixels, parts; /* of a mini-batch */
  double eps, momentum;
  float floor;
  size_t weight; /* in theta, or HO_ABSENT */
  size_t bias, mean, variance;
  float *saved;
  double *part;    /* [groups][parts][2][C] */
  double *moments; /* [groups][2][C]: mean, variance; forward */
  float *slope;    /* [groups][SLOPE][C]; backward */
};

/* The parameters of channels c ... of mini-batch g. */
template <int W> struct affine {
  ho_vec<W> mean, scale, shift;
  float floor;
};

template <int W> static __device__ struct affine<W> affine_of(const struct norm *n, int g, int c) {
  const float *mean = n->saved + (size_t)g * SAVED * (unsigned)n->channels + c;
  return { ho_load<W>(mean), ho_load<W>(mean + 2 * n->channels), ho_load<W>(mean + 3 * n->channels), n->floor };
}

/* Channel k of the result before the ReLU; v = x - mean. */
template <int W>
static __device__ float normalised(const struct affine<W> *a, int k, float v)
{
  return __fadd_rn(__fmul_rn(a->scale.at[k], v), a->shift.at[k]);
}

/* ---- sums of a part, and of the parts ---- */

/* Adds up the threads of a block that have the same channels and stores the two sums of each. */
template <int W> static __device__ void store_part(const struct norm *n, int g, int c, const double *s, const double *q)
{
  HO_SHARED(shared);
  double *mine = (double *)(void *)shared + threadIdx.y * blockDim.x + threadIdx.x; /* 2*W sums, THREADS apart */
  for (int k = 0; k < W; k++) {
    mine[k * THREADS] = s[k];
    mine[(W + k) * THREADS] = q[k];
  }
  __syncthreads();
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    for (int k = 0; threadIdx.y < half && k < 2 * W; k++)
      mine[k * THREADS] += mine[k * THREADS + half * blockDim.x];
    __syncthreads();
  }
  if (threadIdx.y == 0 && c < n->channels) {
    size_t chunk = blockIdx.x / (unsigned)n->panels;
    double *part = n->part + ((size_t)g * n->parts + chunk) * 2 * (unsigned)n->channels + c;
    for (int k = 0; k < W; k++) {
      part[k] = mine[k * THREADS];
      part[n->channels + k] = mine[(W + k) * THREADS];
    }
  }
}

/* The two sums of channel c over the parts of mini-batch g, in threads with threadIdx.y = 0.  Blocks are [slices][QUAD]
 * threads; each adds up every slices-th part, in order; then the threads of a warp, and the warps. */
static __device__ void add_parts(const struct norm *n, int g, int c, double *sum, double *square)
{
  __shared__ double warp_sum[SLICES * QUAD / WARP][QUAD][2];
  const double *part = n->part + (size_t)g * n->parts * 2 * (unsigned)n->channels + c;
  double s = 0, q = 0;
  for (size_t i = threadIdx.y; c < n->channels && i < n->parts; i += blockDim.y) {
    const double *p = part + i * 2 * (unsigned)n->channels;
    s += p[0];
    q += p[n->channels];
  }
  for (int apart = QUAD; apart < WARP; apart *= 2) {
    s += __shfl_xor_sync(0xffffffff, s, apart);
    q += __shfl_xor_sync(0xffffffff, q, apart);
  }
  unsigned per_warp = WARP / QUAD;
  if (threadIdx.y % per_warp == 0) {
    warp_sum[threadIdx.y / per_warp][threadIdx.x][0] = s;
    warp_sum[threadIdx.y / per_warp][threadIdx.x][1] = q;
  }
  __syncthreads();
  *sum = *square = 0;
  for (unsigned w = 0; threadIdx.y == 0 && w < blockDim.y / per_warp; w++) {
    *sum += warp_sum[w][threadIdx.x][0];
    *square += warp_sum[w][threadIdx.x][1];
  }
}

/* ---- forward ---- */

/* Threads beyond the last channel sum the first ones again, and store_part forgets it. */
template <int W> static __global__ void norm_moments(const __grid_constant__ struct norm n, const float *x)
{
  int c = ho_tile_channel<W>(n.panels), g = (int)blockIdx.y;
  size_t p = ho_tile_pixel(n.panels, n.each);
  double s[W] = {}, q[W] = {};
  x += (size_t)g * n.pixels * (unsigned)n.channels + (unsigned)(c < n.channels ? c : 0);
  for (int e = 0; e < n.each; e += HO_BATCH, p += HO_BATCH * blockDim.y) {
    ho_vec<W> v[HO_BATCH];
    ho_load_batch<W>(x, (unsigned)n.channels, p, n.pixels, v);
    for (int i = 0; i < HO_BATCH; i++)
      for (int k = 0; k < W; k++) {
        double d = v[i].at[k];
        s[k] += d;
        q[k] += d * d;
      }
  }
  store_part<W>(&n, g, c, s, q);
}

/* The coefficients of a mini-batch from its sums, or in evaluation from the running statistics. */
static __global__ void norm_statistics(const __grid_constant__ struct norm n, const float *theta, const float *stats)
{
  int c = (int)(blockIdx.x * QUAD + threadIdx.x), g = (int)blockIdx.y, apart = n.channels;
  double mu, square, var;
  if (!n.eval)
    add_parts(&n, g, c, &mu, &square);
  if (threadIdx.y > 0 || c >= n.channels)
    return;
  if (n.eval) {
    mu = stats[n.mean + (unsigned)c];
    var = stats[n.variance + (unsigned)c];
  } else {
    mu /= (double)n.pixels;
    var = square / (double)n.pixels - mu * mu;
    var = var < 0 ? 0 : var; /* rounding; NaN stays NaN */
    double *moments = n.moments + (size_t)g * 2 * (unsigned)apart + c;
    moments[0] = mu;
    moments[apart] = var;
  }
  float *saved = n.saved + (size_t)g * SAVED * (unsigned)apart + c, inverse = (float)(1 / sqrt(var + n.eps));
  saved[0] = (float)mu;
  saved[apart] = inverse;
  saved[2 * apart] = n.weight == HO_ABSENT ? inverse : __fmul_rn(inverse, theta[n.weight + (unsigned)c]);
  saved[3 * apart] = theta[n.bias + (unsigned)c];
}

/* Moves the running statistics of channel c by one mini-batch after the other. */
static __device__ void advance_running(const struct norm *n, int c, const unsigned char *advance, float *stats)
{
  double m = (double)n->pixels, unbiased = m > 1 ? m / (m - 1) : 1, momentum = n->momentum;
  float mean = stats[n->mean + (unsigned)c], variance = stats[n->variance + (unsigned)c];
  for (int g = 0; g < n->groups; g++)
    if (advance[g]) {
      const double *moments = n->moments + (size_t)g * 2 * (unsigned)n->channels + c;
      mean = (float)((1 - momentum) * mean + momentum * moments[0]);
      variance = (float)((1 - momentum) * variance + momentum * moments[n->channels] * unbiased);
    }
  stats[n->mean + (unsigned)c] = mean;
  stats[n->variance + (unsigned)c] = variance;
}

/* The first blocks do the running statistics, too. */
template <int W>
static __global__ void norm_apply(const __grid_constant__ struct norm n, const float *x, float *y,
                                  const unsigned char *advance, float *stats)
{
  int c = ho_tile_channel<W>(n.panels), g = (int)blockIdx.y;
  size_t p = ho_tile_pixel(n.panels, EACH), first = (size_t)g * n.pixels * (unsigned)n.channels + (unsigned)c;
  if (c >= n.channels)
    return;
  struct affine<W> a = affine_of<W>(&n, g, c);
  ho_vec<W> v[HO_BATCH];
  ho_load_batch<W>(x + first, (unsigned)n.channels, p, n.pixels, v);
  for (int e = 0; e < EACH; e++, p += blockDim.y) {
    for (int k = 0; k < W; k++) {
      float z = normalised<W>(&a, k, v[e].at[k] - a.mean.at[k]);
      v[e].at[k] = z < a.floor ? a.floor : z;
    }
    if (p < n.pixels)
      ho_store(y + first + p * (unsigned)n.channels, v[e]);
  }
  if (!n.eval && g == 0 && blockIdx.x < (unsigned)n.panels && threadIdx.y < W) /* blocks have at least W rows */
    advance_running(&n, c + (int)threadIdx.y, advance, stats);
}

/* ---- backward ---- */

/* The gradient of channel k of the result, through the ReLU; v = x - mean. */
template <int W> static __device__ float through_relu(const struct affine<W> *a, int k, float v, float dy)
{
  return normalised<W>(a, k, v) > a->floor ? dy : 0;
}

/* Zeros beyond the last pixel add nothing. */
template <int W>
static __global__ void norm_products(const __grid_constant__ struct norm n, const float *x, const float *dy)
{
  int c = ho_tile_channel<W>(n.panels), g = (int)blockIdx.y, inside = c < n.channels ? c : 0;
  size_t p = ho_tile_pixel(n.panels, n.each), first = (size_t)g * n.pixels * (unsigned)n.channels + (unsigned)inside;
  double s[W] = {}, q[W] = {};
  struct affine<W> a = affine_of<W>(&n, g, inside);
  for (int e = 0; e < n.each; e += HO_BATCH, p += HO_BATCH * blockDim.y) {
    ho_vec<W> v[HO_BATCH], d[HO_BATCH];
    ho_load_batch<W>(x + first, (unsigned)n.channels, p, n.pixels, v);
    ho_load_batch<W>(dy + first, (unsigned)n.channels, p, n.pixels, d);
    for (int i = 0; i < HO_BATCH; i++)
      for (int k = 0; k < W; k++) {
        float centred = v[i].at[k] - a.mean.at[k];
        double passes = through_relu<W>(&a, k, centred, d[i].at[k]);
        s[k] += passes;
        q[k] += passes * centred;
      }
  }
  store_part<W>(&n, g, c, s, q);
}

/* dbeta = sum dy, dgamma = sum dy xhat.  With batch statistics, dx = gamma/sigma (dy - dbeta/m - xhat dgamma/m); with
 * running statistics, which are constants, dx = gamma/sigma dy. */
static __global__ void norm_gradients(const __grid_constant__ struct norm n, const float *theta, float *rows, size_t ld)
{
  int c = (int)(blockIdx.x * QUAD + threadIdx.x), g = (int)blockIdx.y, apart = n.channels;
  double dbeta, product, gamma = 1;
  add_parts(&n, g, c, &dbeta, &product);
  if (threadIdx.y > 0 || c >= n.channels)
    return;
  double inverse = n.saved[((size_t)g * SAVED + 1) * (unsigned)apart + (unsigned)c];
  double dgamma = product * inverse, share = n.eval ? 0 : 1 / (double)n.pixels;
  float *row = rows + (size_t)g * ld, *slope = n.slope + (size_t)g * SLOPE * (unsigned)apart + c;
  if (n.weight != HO_ABSENT) {
    gamma = theta[n.weight + (unsigned)c];
    row[n.weight + (unsigned)c] = (float)dgamma;
  }
  row[n.bias + (unsigned)c] = (float)dbeta;
  slope[0] = (float)(gamma * inverse);
  slope[apart] = (float)(-gamma * inverse * dgamma * inverse * share);
  slope[2 * apart] = (float)(-gamma * inverse * dbeta * share);
}

/* dx = a m dy + b (x - mean) + c, m the mask of the ReLU; dx may be dy. */
template <int W>
static __global__ void norm_slope(const __grid_constant__ struct norm n, const float *x, const float *dy, float *dx,
                                  int add)
{
  int c = ho_tile_channel<W>(n.panels), g = (int)blockIdx.y;
  size_t p = ho_tile_pixel(n.panels, EACH), first = (size_t)g * n.pixels * (unsigned)n.channels + (unsigned)c;
  if (c >= n.channels)
    return;
  struct affine<W> affine = affine_of<W>(&n, g, c);
  const float *slope = n.slope + (size_t)g * SLOPE * (unsigned)n.channels + c;
  ho_vec<W> a = ho_load<W>(slope), b = ho_load<W>(slope + n.channels), shift = ho_load<W>(slope + 2 * n.channels);
  ho_vec<W> v[HO_BATCH], d[HO_BATCH];
  ho_load_batch<W>(x + first, (unsigned)n.channels, p, n.pixels, v);
  ho_load_batch<W>(dy + first, (unsigned)n.channels, p, n.pixels, d);
  for (int e = 0; e < EACH; e++, p += blockDim.y) {
    for (int k = 0; k < W; k++) {
      float centred = v[e].at[k] - affine.mean.at[k], rest = __fadd_rn(__fmul_rn(b.at[k], centred), shift.at[k]);
      d[e].at[k] = __fadd_rn(__fmul_rn(a.at[k], through_relu<W>(&affine, k, centred, d[e].at[k])), rest);
    }
    if (p < n.pixels)
      ho_store(dx + first + p * (unsigned)n.channels, d[e], add);
  }
}

/* ---- launches ---- */

/* How many pixels a thread sums: the fewer, the smaller the tensor of a mini-batch. */
static size_t pixels_of_thread(size_t pixels, const struct ho_tiles *t, int channels)
{
  size_t each = (pixels * (size_t)channels / (size_t)t->wide >> 17) / HO_BATCH * HO_BATCH;
  return each < LEAST ? (size_t)LEAST : each > MOST ? (size_t)MOST : each;
}

static struct ho_tiles tiles_of(const struct ho_node *node)
{
  return ho_tiles_of(node->out.channels, ho_flat_wide((size_t)node->out.channels), THREADS);
}

static size_t part_bytes(size_t groups, size_t parts, size_t channels)
{
  return ho_size_mul(ho_size_mul(groups, parts), 2 * channels * sizeof(double));
}

static struct norm norm_of(const struct ho_node *node, const struct ho_gpu_call *call, const struct ho_tiles *tiles)
{
  struct norm n = {};
  n.channels = node->out.channels;
  n.panels = tiles->panels;
  n.groups = call->groups;
  n.eval = call->eval;
  n.pixels = (size_t)call->size * (size_t)node->out.height * (size_t)node->out.width;
  n.each = (int)pixels_of_thread(n.pixels, tiles, n.channels);
  n.parts = ho_blocks(n.pixels, (size_t)n.each * tiles->block.y);
  n.eps = node->u.norm.eps;
  n.momentum = node->u.norm.momentum;
  n.floor = call->relu ? 0 : -INFINITY;
  n.weight = node->weight;
  n.bias = node->bias;
  n.mean = node->mean;
  n.variance = node->variance;
  n.saved = (float *)call->saved;
  n.part = (double *)call->work;
  n.moments = n.part + part_bytes((size_t)n.groups, n.parts, (size_t)n.channels) / sizeof(double);
  n.slope = (float *)n.moments;
  return n;
}

static dim3 sum_blocks(const struct norm *n)
{
  return dim3((unsigned)(n->parts * (size_t)n->panels), (unsigned)n->groups);
}

/* Blocks of norm_statistics and norm_gradients: no more threads than parts, but whole warps. */
static dim3 add_block(const struct norm *n)
{
  unsigned slices = WARP / QUAD;
  while (slices < n->parts && slices < SLICES)
    slices *= 2;
  return dim3(QUAD, slices);
}

static dim3 add_blocks(const struct norm *n)
{
  return dim3(ho_blocks((size_t)n->channels, QUAD), (unsigned)n->groups);
}

static size_t shared_bytes(const struct ho_tiles *tiles)
{
  return (size_t)THREADS * 2 * (size_t)tiles->wide * sizeof(double);
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_gpu_needs *need)
{
  struct ho_tiles tiles = tiles_of(node);
  size_t c = (size_t)node->out.channels, g = (size_t)groups;
  size_t pixels = ho_size_mul((size_t)images, (size_t)node->out.height * (size_t)node->out.width);
  size_t parts = ho_size_add(pixels / ((size_t)LEAST * tiles.block.y), g); /* of all mini-batches, however cut */
  (void)backward;
  need->saved = ho_size_mul(g, SAVED * c * sizeof(float));
  need->work = ho_size_add(part_bytes(1, parts, c), ho_size_mul(g, 2 * c * sizeof(double)));
}

static void forward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles = tiles_of(node);
  struct norm n = norm_of(node, call, &tiles);
  dim3 blocks(ho_tiles_blocks(&tiles, n.pixels, EACH), (unsigned)n.groups);
  if (!n.eval)
    ho_launch(call->stream, tiles.wide == 4 ? norm_moments<4> : norm_moments<1>, sum_blocks(&n), tiles.block,
              shared_bytes(&tiles), n, call->x[0]);
  ho_launch(call->stream, norm_statistics, add_blocks(&n), add_block(&n), 0, n, call->theta, call->stats);
  ho_launch(call->stream, tiles.wide == 4 ? norm_apply<4> : norm_apply<1>, blocks, tiles.block, 0, n, call->x[0],
            call->y, call->advance, call->stats);
}

static void backward(const struct ho_node *node, const struct ho_gpu_call *call)
{
  struct ho_tiles tiles = tiles_of(node);
  struct norm n = norm_of(node, call, &tiles);
  dim3 blocks(ho_tiles_blocks(&tiles, n.pixels, EACH), (unsigned)n.groups);
  ho_launch(call->stream, tiles.wide == 4 ? norm_products<4> : norm_products<1>, sum_blocks(&n), tiles.block,
            shared_bytes(&tiles), n, call->x[0], call->dy);
  ho_launch(call->stream, norm_gradients, add_blocks(&n), add_block(&n), 0, n, call->theta, call->rows, call->ld);
  ho_gpu_between(call);
  if (call->dx[0])
    ho_launch(call->stream, tiles.wide == 4 ? norm_slope<4> : norm_slope<1>, blocks, tiles.block, 0, n, call->x[0],
              call->dy, call->dx[0], call->add[0]);
}

const struct ho_cuda_layer ho_cuda_batch_norm = { HO_GPU_KEEPS_INPUT | HO_GPU_GRADIENT_IN_PLACE | HO_GPU_TAKES_RELU,
                                                  needs, forward, backward };
