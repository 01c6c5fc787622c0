/* SPDX-License-Identifier: MIT
 * conv_sums.cu - sums of the parts of products, in order, and gradients of biases. */
#include "nn/cuda/layers/conv.h"

enum { THREADS = 256, LANES = 32, LINES = THREADS / LANES };

static __device__ __forceinline__ float sum_at(size_t n, int parts, const float *part, size_t i)
{
  float sum = part[i];
#pragma unroll 4
  for (int s = 1; s < parts; s++)
    sum += part[(size_t)s * n + i];
  return sum;
}

static __global__ void __launch_bounds__(THREADS)
    sum_parts(size_t n, int parts, const float *part, int channels, const float *bias, const float *plus, float *y)
{
  size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;
  if (i >= n)
    return;
  float sum = sum_at(n, parts, part, i);
  if (bias)
    sum += bias[i % (size_t)channels];
  y[i] = plus ? sum + plus[i] : sum;
}

void ho_conv_sum_parts(cudaStream_t stream, size_t n, int parts, const float *part, int channels, const float *bias,
                       const float *plus, float *y)
{
  ho_launch(stream, sum_parts, dim3(ho_blocks(n, THREADS)), dim3(THREADS), 0, n, parts, part, channels, bias, plus, y);
}

static __global__ void __launch_bounds__(THREADS) sum_rows(size_t n, int parts, const float *part, float *dw, size_t ld)
{
  size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x, g = blockIdx.y;
  if (i < n)
    dw[g * ld + i] = sum_at(n, parts, part + g * (size_t)parts * n, i);
}

void ho_conv_sum_rows(cudaStream_t stream, int n, int groups, int parts, const float *part, float *dw, size_t ld)
{
  ho_launch(stream, sum_rows, dim3(ho_blocks((size_t)n, THREADS), (unsigned)groups), dim3(THREADS), 0, (size_t)n, parts,
            part, dw, ld);
}

/* ---- bias ---- */

/* A block sums 32 channels over PIXELS pixels of a mini-batch; a second kernel adds up these sums. */
enum { PIXELS = 1024 };

static int pieces_of(const struct ho_conv_shape *c)
{
  return (c->images / c->groups * c->oh * c->ow + PIXELS - 1) / PIXELS;
}

/* A mini-batch may be as small as one image. */
size_t ho_conv_bias_work(const struct ho_conv_shape *c)
{
  size_t pieces = (size_t)c->images * (size_t)c->oh * (size_t)c->ow / PIXELS + (size_t)c->groups;
  return ho_size_mul(pieces, (size_t)c->out * sizeof(double));
}

/* Grid: pieces, channels, mini-batches. */
static __global__ void __launch_bounds__(THREADS) bias_pieces(int pixels, int n, const float *dy, double *piece)
{
  __shared__ double sums[LINES][LANES];
  int lane = (int)threadIdx.x % LANES, line = (int)threadIdx.x / LANES, channel = (int)blockIdx.y * LANES + lane;
  int first = (int)blockIdx.x * PIXELS, end = min(pixels, first + PIXELS);
  const float *from = dy + (size_t)blockIdx.z * (size_t)pixels * (size_t)n + channel;
  double sum = 0;
  if (channel < n)
    for (int q = first + line; q < end; q += LINES)
      sum += from[(size_t)q * (size_t)n];
  sums[line][lane] = sum;
  __syncthreads();
  if (line || channel >= n)
    return;
  for (int i = 1; i < LINES; i++)
    sum += sums[i][lane];
  piece[((size_t)blockIdx.z * gridDim.x + blockIdx.x) * (size_t)n + (size_t)channel] = sum;
}

/* Grid: channels, mini-batches. */
static __global__ void __launch_bounds__(THREADS) bias_sum(int n, int pieces, const double *piece, float *db, size_t ld)
{
  int i = (int)(blockIdx.x * THREADS + threadIdx.x);
  double sum = 0;
  if (i >= n)
    return;
  for (int k = 0; k < pieces; k++)
    sum += piece[((size_t)blockIdx.y * (size_t)pieces + (size_t)k) * (size_t)n + (size_t)i];
  db[(size_t)blockIdx.y * ld + (size_t)i] = (float)sum;
}

void ho_conv_bias(const struct ho_conv_shape *c, cudaStream_t stream, const float *dy, float *db, size_t ld, void *work)
{
  int pixels = c->images / c->groups * c->oh * c->ow, pieces = pieces_of(c);
  unsigned groups = (unsigned)c->groups, channels = ho_blocks((size_t)c->out, LANES);
  ho_launch(stream, bias_pieces, dim3((unsigned)pieces, channels, groups), dim3(THREADS), 0, pixels, c->out, dy,
            (double *)work);
  ho_launch(stream, bias_sum, dim3(ho_blocks((size_t)c->out, THREADS), groups), dim3(THREADS), 0, c->out, pieces,
            (const double *)work, db, ld);
}
