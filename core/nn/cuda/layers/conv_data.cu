/* SPDX-License-Identifier: MIT
 * conv_data.cu - convolution forward, and its gradient to data, as one kernel.
 *
 * Both are Y = A B: rows are pixels of the result, columns its channels, and k runs over taps of the window and channels
 * of the source, which lie in memory in that order.  A tap may miss the source's image; its numbers are then zeros.
 *
 * For the gradient to data with strides, a pixel of the result is reached by those taps only whose distance from it is
 * a multiple of the stride.  Pixels are sorted into classes by their position modulo the strides; each class has taps of
 * its own (maybe none), and one block works on one class.  With strides of 1 there is one class.  Later classes usually
 * have more taps, so their blocks are launched first. */
#include "nn/cuda/layers/conv.h"

struct product {
  const float *x, *w; /* source [images][xh][xw][c]; weights */
  const float *bias, *plus;
  float *y; /* result [images][yh][yw][n], or parts of it */
  int images, c, n, xh, xw, yh, yw;
  int parts;
  struct ho_window window;
  struct ho_divisor height[2], width[2]; /* pixels of a class: of the larger, of the smaller ones */
};

/* A class: result pixel (first + i*stride) of it takes source pixel (i*mul + base + j*dir) by its tap number j, which is
 * tap (tap + j*stride) of the window; each in two dimensions. */
struct part_of {
  int first_y, first_x, stride_y, stride_x;
  int mul_y, mul_x, base_y, base_x, dir;
  int taps_y, taps_x, tap_y, tap_x;
  struct ho_divisor height, width;
};

struct dimension {
  int first, base, taps, tap;
};

/* Class number `first' in one dimension. */
static __device__ __forceinline__ struct dimension dimension_of(int first, int stride, int before, int kernel)
{
  int tap = (first + before) % stride;
  struct dimension d = { first, (first + before) / stride, tap < kernel ? (kernel - tap - 1) / stride + 1 : 0, tap };
  return d;
}

template <bool TO_DATA> static __device__ __forceinline__ struct part_of class_of(const struct product &p, int number)
{
  const struct ho_window &w = p.window;
  if constexpr (TO_DATA) {
    struct dimension y = dimension_of(number / w.sw, w.sh, w.top, w.kh),
                     x = dimension_of(number % w.sw, w.sw, w.left, w.kw);
    int none = y.taps == 0 || x.taps == 0;
    return { y.first,
             x.first,
             w.sh,
             w.sw,
             1,
             1,
             y.base,
             x.base,
             -1,
             none ? 0 : y.taps,
             none ? 1 : x.taps,
             y.tap,
             x.tap,
             p.height[y.first >= 1 + (p.yh - 1) % w.sh],
             p.width[x.first >= 1 + (p.yw - 1) % w.sw] };
  }
  return { 0, 0, 1, 1, w.sh, w.sw, -w.top, -w.left, 1, w.kh, w.kw, 0, 0, p.height[0], p.width[0] };
}

/* A pixel of the class: number m of all images. */
struct pixel {
  int image, y, x;
};

static __device__ __forceinline__ struct pixel pixel_of(const struct part_of &s, int m)
{
  int line = ho_divide(m, s.width), image = ho_divide(line, s.height);
  struct pixel at = { image, line - image * s.height.d, m - line * s.width.d };
  return at;
}

/* ---- k ---- */

/* Where k is: channel of the source, and tap. */
struct place {
  int c, y, x;
};

static __device__ __forceinline__ struct place place_of(const struct product &p, const struct part_of &s, int k)
{
  int tap = k / p.c;
  struct place at = { k - tap * p.c, tap / s.taps_x, tap % s.taps_x };
  return at;
}

static __device__ __forceinline__ void go_on(const struct product &p, const struct part_of &s, struct place *at, int by)
{
  at->c += by;
  while (at->c >= p.c) {
    at->c -= p.c;
    if (++at->x == s.taps_x) {
      at->x = 0;
      at->y++;
    }
  }
}

/* ---- copies to shared memory ---- */

/* A row of A, as one thread copies it: its pixel for the tap at (0, 0). */
struct row {
  int y, x, image; /* image: number of its first pixel */
};

enum { OUTSIDE = -(1 << 28) };

static __device__ __forceinline__ struct row row_of(const struct product &p, const struct part_of &s, int m, int rows)
{
  struct row r = { OUTSIDE, 0, 0 };
  if (m < rows) {
    struct pixel at = pixel_of(s, m);
    r.y = at.y * s.mul_y + s.base_y;
    r.x = at.x * s.mul_x + s.base_x;
    r.image = at.image * p.xh * p.xw;
  }
  return r;
}

/* The source's float at a row and a place; *valid: is it within the image, and the place within the window? */
static __device__ __forceinline__ const float *source(const struct product &p, const struct part_of &s,
                                                      const struct row &r, const struct place &at, bool *valid)
{
  int y = r.y + s.dir * at.y, x = r.x + s.dir * at.x;
  *valid = (unsigned)y < (unsigned)p.xh && (unsigned)x < (unsigned)p.xw && at.y < s.taps_y;
  return *valid ? p.x + (size_t)(r.image + y * p.xw + x) * (size_t)p.c + at.c : p.x;
}

/* A float of the weights for the gradient to data, [tap][n][c]. */
static __device__ __forceinline__ const float *turned(const struct product &p, const struct part_of &s, int n,
                                                      const struct place &at, bool *valid)
{
  int tap = (s.tap_y + s.stride_y * at.y) * p.window.kw + s.tap_x + s.stride_x * at.x;
  *valid = n < p.n && at.y < s.taps_y;
  return *valid ? p.w + ((size_t)tap * (size_t)p.n + (size_t)n) * (size_t)p.c + at.c : p.w;
}

/* WORDS: in 4 copies of 4 bytes, where channels are no multiple of 4 or addresses none of 16 bytes. */
template <int BM, int THREADS, bool WORDS>
static __device__ __forceinline__ void copy_source(const struct product &p, const struct part_of &s,
                                                   const struct row *row, struct place at, float *tile)
{
  int first = (int)threadIdx.x / 8, chunk = (int)threadIdx.x % 8;
  bool valid;
#pragma unroll
  for (int e = 0; e < (WORDS ? 4 : 1); e++) {
#pragma unroll
    for (int i = 0; i < BM * 8 / THREADS; i++) {
      const float *from = source(p, s, row[i], at, &valid);
      float *to = &tile[ho_inner(first + i * (THREADS / 8), chunk)];
      if constexpr (WORDS)
        ho_copy4(to + e, from, valid);
      else
        ho_copy16(to, from, valid);
    }
    if constexpr (WORDS)
      go_on(p, s, &at, 1);
  }
}

template <int BN, int THREADS, bool WORDS>
static __device__ __forceinline__ void copy_turned(const struct product &p, const struct part_of &s, int n0,
                                                   struct place at, float *tile)
{
  int first = (int)threadIdx.x / 8, chunk = (int)threadIdx.x % 8;
  bool valid;
#pragma unroll
  for (int e = 0; e < (WORDS ? 4 : 1); e++) {
#pragma unroll
    for (int i = 0; i < BN * 8 / THREADS; i++) {
      int n = first + i * (THREADS / 8);
      const float *from = turned(p, s, n0 + n, at, &valid);
      float *to = &tile[ho_inner(n, chunk)];
      if constexpr (WORDS)
        ho_copy4(to + e, from, valid);
      else
        ho_copy16(to, from, valid);
    }
    if constexpr (WORDS)
      go_on(p, s, &at, 1);
  }
}

/* Weights for the way forward, [k][n], of which there are `depth' rows. */
template <int BN, int THREADS, bool WORDS>
static __device__ __forceinline__ void copy_weights(const struct product &p, int depth, int k0, int n0, float *tile)
{
#pragma unroll
  for (int i = 0; i < BN * 8 / THREADS; i++) {
    int number = (int)threadIdx.x + i * THREADS, k = number / (BN / 4), chunk = number % (BN / 4), n = n0 + 4 * chunk;
    const float *from = p.w + (size_t)(k0 + k) * (size_t)p.n + n;
    float *to = &tile[ho_outer(BN, k, chunk)];
    bool valid = k0 + k < depth;
    if constexpr (WORDS) {
#pragma unroll
      for (int e = 0; e < 4; e++)
        ho_copy4(to + e, valid && n + e < p.n ? from + e : p.w, valid && n + e < p.n);
    } else
      ho_copy16(to, valid && n < p.n ? from : p.w, valid && n < p.n);
  }
}

/* ---- the end ---- */

/* Four sums of the columns from n on; `at' is their index in the result. */
static __device__ __forceinline__ void store(const struct product &p, float4 v, size_t at, int n, float *y)
{
  float sum[4] = { v.x, v.y, v.z, v.w };
  bool whole = p.n % 4 == 0;
  if (n >= p.n)
    return;
  if (p.bias && p.parts == 1)
#pragma unroll
    for (int e = 0; e < 4; e++)
      sum[e] += n + e < p.n ? p.bias[n + e] : 0;
  if (p.plus && p.parts == 1) {
    if (whole) {
      float4 plus = *(const float4 *)(p.plus + at);
      sum[0] += plus.x, sum[1] += plus.y, sum[2] += plus.z, sum[3] += plus.w;
    } else
#pragma unroll
      for (int e = 0; e < 4; e++)
        sum[e] += n + e < p.n ? p.plus[at + e] : 0;
  }
  if (whole)
    *(float4 *)(y + at) = make_float4(sum[0], sum[1], sum[2], sum[3]);
  else
#pragma unroll
    for (int e = 0; e < 4; e++)
      if (n + e < p.n)
        y[at + e] = sum[e];
}

template <int WM, int WN>
static __device__ __forceinline__ void store_all(const struct product &p, const struct part_of &s,
                                                 const struct ho_sums<WM, WN> &sums, int m0, int n0, int rows, float *y)
{
  int lane = (int)threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < WM / 16; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int m = m0 + ho_sum_row(i, h, lane);
      if (m >= rows)
        continue;
      struct pixel at = pixel_of(s, m);
      size_t line = (size_t)at.image * (size_t)p.yh + (size_t)(s.first_y + s.stride_y * at.y);
      size_t first = (line * (size_t)p.yw + (size_t)(s.first_x + s.stride_x * at.x)) * (size_t)p.n;
#pragma unroll
      for (int j = 0; j < WN / HO_BLOCK; j++)
#pragma unroll
        for (int b = 0; b < 2; b++) {
          int n = n0 + ho_sum_column(j, b, lane);
          store(p, ho_four_sums(sums, i, h, j, b), first + (size_t)n, n, y);
        }
    }
}

/* ---- the kernel ---- */

/* A block computes BM x BN of the result, or one of the parts of these sums, a warp WM x WN; STAGES steps are in shared
 * memory, of which all but one are on their way. */
template <int PRECISION, int BM, int BN, int WM, int WN, int STAGES, bool TO_DATA, bool SOURCE_WORDS, bool WEIGHT_WORDS>
static __global__ void __launch_bounds__(BM / WM * (BN / WN) * 32, ho_resident(BM, BN))
    conv_product(const __grid_constant__ struct product p)
{
  constexpr int THREADS = BM / WM * (BN / WN) * 32, TILE = (BM + BN) * HO_STEP;
  HO_SHARED(shared);
  float *tiles = (float *)shared;
  const struct part_of s = class_of<TO_DATA>(p, (int)(gridDim.z - 1 - blockIdx.z) / p.parts);
  int rows = p.images * s.height.d * s.width.d, m0 = (int)blockIdx.x * BM, n0 = (int)blockIdx.y * BN;
  int part = (int)blockIdx.z % p.parts, lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
  if (m0 >= rows || (s.taps_y == 0 && p.parts == 1 && p.plus == p.y)) /* nothing, or nothing to add */
    return;

  int depth = s.taps_y * s.taps_x * p.c, all = (depth + HO_STEP - 1) / HO_STEP, each = (all + p.parts - 1) / p.parts;
  int begin = part * each, steps = min(all, begin + each) - begin;
  struct place at = place_of(p, s, begin * HO_STEP + 4 * ((int)threadIdx.x % 8));
  struct row row[BM * 8 / THREADS];
#pragma unroll
  for (int i = 0; i < BM * 8 / THREADS; i++)
    row[i] = row_of(p, s, m0 + (int)threadIdx.x / 8 + i * (THREADS / 8), rows);

  auto copy = [&](int step) {
    float *tile = tiles + step % STAGES * TILE;
    if (step < steps) {
      copy_source<BM, THREADS, SOURCE_WORDS>(p, s, row, at, tile);
      if constexpr (TO_DATA)
        copy_turned<BN, THREADS, WEIGHT_WORDS>(p, s, n0, at, tile + BM * HO_STEP);
      else
        copy_weights<BN, THREADS, WEIGHT_WORDS>(p, depth, (begin + step) * HO_STEP, n0, tile + BM * HO_STEP);
      go_on(p, s, &at, HO_STEP);
    }
    ho_copy_commit();
  };

  struct ho_sums<WM, WN> sums = {
  };
  int wm = warp % (BM / WM) * WM, wn = warp / (BM / WM) * WN;
#pragma unroll
  for (int step = 0; step < STAGES - 1; step++)
    copy(step);
  for (int step = 0; step < steps; step++) {
    const float *a = tiles + step % STAGES * TILE, *b = a + BM * HO_STEP;
    ho_copy_wait<STAGES - 2>();
    __syncthreads();
    copy(step + STAGES - 1);
#pragma unroll(PRECISION == HO_FLOAT32 ? 1 : 2) /* registers are scarce */
    for (int half = 0; half < 2; half++) {
      ho_operand<PRECISION> ob[WN / 8];
#pragma unroll
      for (int j = 0; j < WN / HO_BLOCK; j++)
        if constexpr (TO_DATA)
          ho_load_inner<PRECISION>(b, wn + j * HO_BLOCK, half, lane, ob + 4 * j);
        else
          ho_load_outer<PRECISION>(b, BN, wn + j * HO_BLOCK, half, lane, ob + 4 * j);
#pragma unroll
      for (int i = 0; i < WM / HO_BLOCK; i++) {
        ho_operand<PRECISION> oa[4];
        ho_load_inner<PRECISION>(a, wm + i * HO_BLOCK, half, lane, oa);
#pragma unroll
        for (int j = 0; j < WN / 8; j++)
#pragma unroll
          for (int r = 0; r < 2; r++)
            ho_multiply<PRECISION>(sums.v[2 * i + r][j], oa[2 * r], oa[2 * r + 1], ob[j]);
      }
    }
  }
  size_t size = (size_t)p.images * (size_t)p.yh * (size_t)p.yw * (size_t)p.n;
  store_all<WM, WN>(p, s, sums, m0 + wm, n0 + wn, rows, p.parts > 1 ? p.y + (size_t)part * size : p.y);
}

/* ---- launches ---- */

template <int PRECISION, int BM, int BN, int WM, int WN, int STAGES, bool TO_DATA, bool SOURCE_WORDS, bool WEIGHT_WORDS>
static void launch(const struct product &p, cudaStream_t stream)
{
  int classes = TO_DATA ? p.window.sh * p.window.sw : 1, rows = p.images * p.height[0].d * p.width[0].d;
  dim3 grid((unsigned)((rows + BM - 1) / BM), (unsigned)((p.n + BN - 1) / BN), (unsigned)(classes * p.parts));
  ho_launch(stream, conv_product<PRECISION, BM, BN, WM, WN, STAGES, TO_DATA, SOURCE_WORDS, WEIGHT_WORDS>, grid,
            dim3(BM / WM * (BN / WN) * 32), (size_t)STAGES * (BM + BN) * HO_STEP * sizeof(float), p);
}

template <int PRECISION, bool TO_DATA> static void run(const struct product &p, int tile, cudaStream_t stream)
{
  bool source_words = p.c % 4 != 0;
  bool weight_words = (TO_DATA ? p.c : p.n) % 4 != 0 || (uintptr_t)p.w % 16 != 0;
  if (source_words)
    launch<PRECISION, 64, 64, 32, 32, 3, TO_DATA, true, true>(p, stream);
  else if (weight_words)
    launch<PRECISION, 64, 64, 32, 32, 3, TO_DATA, false, true>(p, stream);
  else if (tile == HO_TILE_128_128)
    launch<PRECISION, 128, 128, 64, 32, 3, TO_DATA, false, false>(p, stream);
  else if (tile == HO_TILE_128_64)
    launch<PRECISION, 128, 64, 64, 32, 3, TO_DATA, false, false>(p, stream);
  else
    launch<PRECISION, 64, 64, 32, 32, 4, TO_DATA, false, false>(p, stream);
}

template <bool TO_DATA>
static void run_in(const struct product &p, int tile, enum ho_precision precision, cudaStream_t stream)
{
  if (precision == HO_BF16)
    run<HO_BF16, TO_DATA>(p, tile, stream);
  else if (precision == HO_TF32)
    run<HO_TF32, TO_DATA>(p, tile, stream);
  else
    run<HO_FLOAT32, TO_DATA>(p, tile, stream);
}

void ho_conv_forward(const struct ho_conv_shape *c, struct ho_conv_choice choice, enum ho_precision precision,
                     cudaStream_t stream, const float *x, const float *w, const float *bias, const float *plus,
                     float *y, void *work)
{
  struct product p = { x,
                       w,
                       bias,
                       plus,
                       choice.parts > 1 ? (float *)work : y,
                       c->images,
                       c->in,
                       c->out,
                       c->ih,
                       c->iw,
                       c->oh,
                       c->ow,
                       choice.parts,
                       c->window,
                       { ho_divisor_make(c->oh), ho_divisor_make(c->oh) },
                       { ho_divisor_make(c->ow), ho_divisor_make(c->ow) } };
  run_in<false>(p, choice.tile, precision, stream);
  if (choice.parts > 1)
    ho_conv_sum_parts(stream, (size_t)c->images * (size_t)(c->oh * c->ow) * (size_t)c->out, choice.parts,
                      (const float *)work, c->out, bias, plus, y);
}

/* Pixels of a class of a side: the first classes have the larger number, the others maybe none. */
static void class_sizes(int side, int stride, struct ho_divisor size[2])
{
  size[0] = ho_divisor_make((side + stride - 1) / stride);
  if (side >= stride)
    size[1] = ho_divisor_make(side / stride);
}

void ho_conv_data(const struct ho_conv_shape *c, struct ho_conv_choice choice, enum ho_precision precision,
                  cudaStream_t stream, const float *dy, const float *w, int add, float *dx, void *work)
{
  struct product p = { dy,        w,      NULL,         add ? dx : NULL, choice.parts > 1 ? (float *)work : dx,
                       c->images, c->out, c->in,        c->oh,           c->ow,
                       c->ih,     c->iw,  choice.parts, c->window,       {},
                       {} };
  class_sizes(c->ih, c->window.sh, p.height);
  class_sizes(c->iw, c->window.sw, p.width);
  run_in<true>(p, choice.tile, precision, stream);
  if (choice.parts > 1)
    ho_conv_sum_parts(stream, (size_t)c->images * (size_t)(c->ih * c->iw) * (size_t)c->in, choice.parts,
                      (const float *)work, c->in, NULL, p.plus, dx);
}
