/* SPDX-License-Identifier: MIT
 * conv_weights.cu - the gradient of a convolution's weights, one row for each mini-batch.
 *
 * It is a product A B for each mini-batch: rows are taps of the window and channels of x, as the weights lie in memory;
 * columns are channels of y; and k runs over the pixels of y.  A(row, k) is the pixel of x that the tap meets at pixel k
 * of y.  In few mini-batches there are many pixels: they are shared out to parts, whose sums are added up in order. */
#include "nn/cuda/layers/conv.h"

struct product {
  const float *x, *dy;
  float *dw; /* or parts */
  size_t ld; /* floats from one mini-batch, or part, to the next */
  int m, c, n;
  int ih, iw, pixels, size; /* pixels of y in a mini-batch; its images */
  int parts;
  struct ho_window window;
  struct ho_divisor height, width; /* of y */
};

enum { OUTSIDE = -(1 << 28) };

/* Pixel of x below the window's first tap at a pixel of y. */
struct pixel {
  int number, y, x, unused; /* number: among all pixels of x; it may lie before the image */
};

static __device__ __forceinline__ struct pixel pixel_of(const struct product &p, int group, int q)
{
  struct pixel r = { 0, OUTSIDE, 0, 0 };
  if (q < p.pixels) {
    int line = ho_divide(q, p.width), image = ho_divide(line, p.height);
    r.y = (line - image * p.height.d) * p.window.sh - p.window.top;
    r.x = (q - line * p.width.d) * p.window.sw - p.window.left;
    r.number = ((group * p.size + image) * p.ih + r.y) * p.iw + r.x;
  }
  return r;
}

/* A row of A as one thread copies it: tap, and channel of x. */
struct place {
  int y, x, c; /* y: OUTSIDE below the last row */
};

static __device__ __forceinline__ struct place place_of(const struct product &p, int m)
{
  int tap = m / p.c;
  struct place at = { m < p.m ? tap / p.window.kw : OUTSIDE, tap % p.window.kw, m - tap * p.c };
  return at;
}

static __device__ __forceinline__ const float *source(const struct product &p, const struct pixel &q,
                                                      const struct place &at, bool *valid)
{
  *valid = (unsigned)(q.y + at.y) < (unsigned)p.ih && (unsigned)(q.x + at.x) < (unsigned)p.iw;
  return *valid ? p.x + (ptrdiff_t)(q.number + at.y * p.iw + at.x) * p.c + at.c : p.x;
}

/* WORDS: in 4 copies of 4 bytes, where channels are no multiple of 4. */
template <int BM, int THREADS, bool WORDS>
static __device__ __forceinline__ void copy_source(const struct product &p, const struct pixel *pixel,
                                                   const struct place *at, float *tile)
{
  constexpr int CHUNKS = BM / 4;
  int first = (int)threadIdx.x / CHUNKS, chunk = (int)threadIdx.x % CHUNKS;
  bool valid;
#pragma unroll
  for (int i = 0; i < HO_STEP * CHUNKS / THREADS; i++) {
    int k = first + i * (THREADS / CHUNKS);
    struct pixel q = pixel[k];
    float *to = &tile[ho_outer(BM, k, chunk)];
#pragma unroll
    for (int e = 0; e < (WORDS ? 4 : 1); e++) {
      const float *from = source(p, q, at[e], &valid);
      if constexpr (WORDS)
        ho_copy4(to + e, from, valid);
      else
        ho_copy16(to, from, valid);
    }
  }
}

template <int BN, int THREADS, bool WORDS>
static __device__ __forceinline__ void copy_gradient(const struct product &p, int group, int q0, int n0, float *tile)
{
  constexpr int CHUNKS = BN / 4;
  int first = (int)threadIdx.x / CHUNKS, chunk = (int)threadIdx.x % CHUNKS, n = n0 + 4 * chunk;
#pragma unroll
  for (int i = 0; i < HO_STEP * CHUNKS / THREADS; i++) {
    int k = first + i * (THREADS / CHUNKS), q = q0 + k;
    const float *from = p.dy + ((size_t)group * (size_t)p.pixels + (size_t)q) * (size_t)p.n + n;
    float *to = &tile[ho_outer(BN, k, chunk)];
    if constexpr (WORDS) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        bool valid = q < p.pixels && n + e < p.n;
        ho_copy4(to + e, valid ? from + e : p.dy, valid);
      }
    } else {
      bool valid = q < p.pixels && n < p.n;
      ho_copy16(to, valid ? from : p.dy, valid);
    }
  }
}

/* Rows of theta's size begin anywhere: `unit' floats can be stored at once. */
static __device__ __forceinline__ void store(float4 v, float *to, int left, int unit)
{
  float sum[4] = { v.x, v.y, v.z, v.w };
  if (left >= 4 && unit == 4)
    *(float4 *)to = v;
  else if (left >= 4 && unit == 2) {
    *(float2 *)to = make_float2(v.x, v.y);
    *(float2 *)(to + 2) = make_float2(v.z, v.w);
  } else
#pragma unroll
    for (int e = 0; e < 4; e++)
      if (e < left)
        to[e] = sum[e];
}

template <int WM, int WN>
static __device__ __forceinline__ void store_all(const struct product &p, const struct ho_sums<WM, WN> &sums, int m0,
                                                 int n0, float *dw)
{
  int lane = (int)threadIdx.x % 32, beyond = (int)((uintptr_t)dw / sizeof(float) % 4) | p.n % 4;
  int unit = beyond == 0 ? 4 : beyond == 2 ? 2 : 1;
#pragma unroll
  for (int i = 0; i < WM / 16; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int m = m0 + ho_sum_row(i, h, lane);
      if (m >= p.m)
        continue;
#pragma unroll
      for (int j = 0; j < WN / HO_BLOCK; j++)
#pragma unroll
        for (int b = 0; b < 2; b++) {
          int n = n0 + ho_sum_column(j, b, lane);
          store(ho_four_sums(sums, i, h, j, b), dw + (size_t)m * (size_t)p.n + n, p.n - n, unit);
        }
    }
}

/* A block computes BM x BN of one mini-batch's product, or of a part of it.  The pixels of a step are found by the first
 * warp, one step ahead of the copies that need them. */
template <int PRECISION, int BM, int BN, int WM, int WN, int STAGES, bool SOURCE_WORDS, bool GRADIENT_WORDS>
static __global__ void __launch_bounds__(BM / WM * (BN / WN) * 32, ho_resident(BM, BN))
    weights_product(const __grid_constant__ struct product p)
{
  constexpr int THREADS = BM / WM * (BN / WN) * 32, TILE = (BM + BN) * HO_STEP;
  __shared__ __align__(16) struct pixel pixel[2][HO_STEP];
  HO_SHARED(shared);
  float *tiles = (float *)shared;
  int group = (int)blockIdx.z / p.parts, part = (int)blockIdx.z % p.parts, m0 = (int)blockIdx.x * BM;
  int n0 = (int)blockIdx.y * BN, lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
  int all = (p.pixels + HO_STEP - 1) / HO_STEP, each = (all + p.parts - 1) / p.parts, begin = part * each;
  int steps = min(all, begin + each) - begin;
  struct place at[SOURCE_WORDS ? 4 : 1];
#pragma unroll
  for (int e = 0; e < (SOURCE_WORDS ? 4 : 1); e++)
    at[e] = place_of(p, m0 + 4 * ((int)threadIdx.x % (BM / 4)) + e);

  auto find = [&](int step) {
    if (warp == 0)
      pixel[step % 2][lane] = pixel_of(p, group, (begin + step) * HO_STEP + lane);
  };
  auto copy = [&](int step) {
    float *tile = tiles + step % STAGES * TILE;
    if (step < steps) {
      copy_source<BM, THREADS, SOURCE_WORDS>(p, pixel[step % 2], at, tile);
      copy_gradient<BN, THREADS, GRADIENT_WORDS>(p, group, (begin + step) * HO_STEP, n0, tile + BM * HO_STEP);
    }
    ho_copy_commit();
  };

  struct ho_sums<WM, WN> sums = {
  };
  int wm = warp % (BM / WM) * WM, wn = warp / (BM / WM) * WN;
  find(0);
  for (int step = 0; step < STAGES - 1; step++) {
    __syncthreads();
    copy(step);
    find(step + 1);
  }
  for (int step = 0; step < steps; step++) {
    const float *a = tiles + step % STAGES * TILE, *b = a + BM * HO_STEP;
    ho_copy_wait<STAGES - 2>();
    __syncthreads();
    copy(step + STAGES - 1);
    find(step + STAGES);
#pragma unroll(PRECISION == HO_FLOAT32 ? 1 : 2) /* registers are scarce */
    for (int half = 0; half < 2; half++) {
      ho_operand<PRECISION> ob[WN / 8];
#pragma unroll
      for (int j = 0; j < WN / HO_BLOCK; j++)
        ho_load_outer<PRECISION>(b, BN, wn + j * HO_BLOCK, half, lane, ob + 4 * j);
#pragma unroll
      for (int i = 0; i < WM / HO_BLOCK; i++) {
        ho_operand<PRECISION> oa[4];
        ho_load_outer<PRECISION>(a, BM, wm + i * HO_BLOCK, half, lane, oa);
#pragma unroll
        for (int j = 0; j < WN / 8; j++)
#pragma unroll
          for (int r = 0; r < 2; r++)
            ho_multiply<PRECISION>(sums.v[2 * i + r][j], oa[2 * r], oa[2 * r + 1], ob[j]);
      }
    }
  }
  store_all<WM, WN>(p, sums, m0 + wm, n0 + wn, p.dw + (size_t)blockIdx.z * p.ld);
}

/* ---- launches ---- */

template <int PRECISION, int BM, int BN, int WM, int WN, int STAGES, bool SOURCE_WORDS, bool GRADIENT_WORDS>
static void launch(const struct product &p, int groups, cudaStream_t stream)
{
  dim3 grid((unsigned)((p.m + BM - 1) / BM), (unsigned)((p.n + BN - 1) / BN), (unsigned)(groups * p.parts));
  ho_launch(stream, weights_product<PRECISION, BM, BN, WM, WN, STAGES, SOURCE_WORDS, GRADIENT_WORDS>, grid,
            dim3(BM / WM * (BN / WN) * 32), (size_t)STAGES * (BM + BN) * HO_STEP * sizeof(float), p);
}

template <int PRECISION> static void run(const struct product &p, int groups, int tile, cudaStream_t stream)
{
  if (p.c % 4 && p.n % 4)
    launch<PRECISION, 64, 64, 32, 32, 3, true, true>(p, groups, stream);
  else if (p.c % 4)
    launch<PRECISION, 64, 64, 32, 32, 3, true, false>(p, groups, stream);
  else if (p.n % 4)
    launch<PRECISION, 64, 64, 32, 32, 3, false, true>(p, groups, stream);
  else if (tile == HO_TILE_128_128)
    launch<PRECISION, 128, 128, 64, 32, 3, false, false>(p, groups, stream);
  else if (tile == HO_TILE_128_64)
    launch<PRECISION, 128, 64, 64, 32, 3, false, false>(p, groups, stream);
  else
    launch<PRECISION, 64, 64, 32, 32, 4, false, false>(p, groups, stream);
}

void ho_conv_weights(const struct ho_conv_shape *c, struct ho_conv_choice choice, enum ho_precision precision,
                     cudaStream_t stream, const float *x, const float *dy, float *dw, size_t ld, void *work)
{
  int m = c->window.kh * c->window.kw * c->in, size = c->images / c->groups, split = choice.parts > 1;
  struct product p = { x,
                       dy,
                       split ? (float *)work : dw,
                       split ? (size_t)m * (size_t)c->out : ld,
                       m,
                       c->in,
                       c->out,
                       c->ih,
                       c->iw,
                       size * c->oh * c->ow,
                       size,
                       choice.parts,
                       c->window,
                       ho_divisor_make(c->oh),
                       ho_divisor_make(c->ow) };
  if (precision == HO_BF16)
    run<HO_BF16>(p, c->groups, choice.tile, stream);
  else if (precision == HO_TF32)
    run<HO_TF32>(p, c->groups, choice.tile, stream);
  else
    run<HO_FLOAT32>(p, c->groups, choice.tile, stream);
  if (split)
    ho_conv_sum_rows(stream, m * c->out, c->groups, choice.parts, (const float *)work, dw, ld);
}
