/* SPDX-License-Identifier: MIT
 * product.h - matrix products on tensor cores, in every precision: from tiles in shared memory to sums in registers.
 *
 * A step multiplies tiles A (rows x HO_STEP) and B (HO_STEP x columns).  A tile lies in shared memory in one of two ways:
 *
 *   inner  [rows][HO_STEP]: k, the index of summation, varies fastest
 *   outer  [HO_STEP][rows]: k varies slowest
 *
 * in chunks of 4 floats, which ho_inner and ho_outer find.  They spread the chunks so that neither a warp's 16-byte
 * reads nor its 16-byte copies have bank conflicts.
 *
 * A warp works on blocks of 32 rows by 32 columns.  In a sum k may be numbered at will, if A and B agree, and so may rows
 * and columns, if the result is stored accordingly.  They are numbered so that each lane reads 4 adjacent floats and
 * stores 4 adjacent floats.  With g = lane/4 and t = lane%4:
 *
 *   in 16 numbers of k, those of a lane are 4t .. 4t+3
 *   a block of 32 rows has 4 groups r = 0 .. 3 of 8: number g of group r is row 4*ho_chunk(g) + r; columns likewise
 *
 * HO_FLOAT32 splits each operand into two TF32 numbers, hi + lo, and sums lo*hi + hi*lo + hi*hi.  Tensor cores truncate
 * when they add, so each 16 numbers of k are summed from zero and added to the result by a rounded addition. */
#ifndef HO_PRODUCT_H
#define HO_PRODUCT_H

#include "nn/cuda/layer.h"

enum { HO_STEP = 32, HO_BLOCK = 32 };

/* ---- tiles ---- */

static __device__ __forceinline__ int ho_chunk(int g)
{
  return g >> 1 | (g & 1) << 2;
}
/* Index of the first float of chunk number `chunk' (0 .. 7) of a row. */
static __device__ __forceinline__ int ho_inner(int row, int chunk)
{
  return row * HO_STEP + (chunk ^ (row >> 4 & 1) << 2) * 4;
}
/* The same for the chunk of rows 4*chunk .. 4*chunk+3 at k; the tile has `rows' rows, a multiple of 32. */
static __device__ __forceinline__ int ho_outer(int rows, int k, int chunk)
{
  return k * rows + (chunk ^ (k >> 2 & 3)) * 4;
}

/* ---- operands ---- */

/* Four numbers of a lane, k = 4t .. 4t+3, as a product takes them: TF32 numbers, hi before lo, or pairs of bfloat16. */
template <int PRECISION> struct ho_operand {
  unsigned v[PRECISION == HO_FLOAT32 ? 8 : PRECISION == HO_TF32 ? 4 : 2];
};

template <int PRECISION> static __device__ __forceinline__ ho_operand<PRECISION> ho_round(float4 a)
{
  ho_operand<PRECISION> o;
  if constexpr (PRECISION == HO_BF16) {
    o.v[0] = ho_bf16_pair(a.x, a.y);
    o.v[1] = ho_bf16_pair(a.z, a.w);
  } else {
    o.v[0] = ho_tf32(a.x);
    o.v[1] = ho_tf32(a.y);
    o.v[2] = ho_tf32(a.z);
    o.v[3] = ho_tf32(a.w);
  }
  if constexpr (PRECISION == HO_FLOAT32) {
    o.v[4] = __float_as_uint(a.x - __uint_as_float(o.v[0]));
    o.v[5] = __float_as_uint(a.y - __uint_as_float(o.v[1]));
    o.v[6] = __float_as_uint(a.z - __uint_as_float(o.v[2]));
    o.v[7] = __float_as_uint(a.w - __uint_as_float(o.v[3]));
  }
  return o;
}

/* The four groups of a block of 32 rows that begins at `row', for half 0 or 1 of a step. */
template <int PRECISION>
static __device__ __forceinline__ void ho_load_inner(const float *tile, int row, int half, int lane,
                                                     ho_operand<PRECISION> o[4])
{
  int first = row + 4 * ho_chunk(lane >> 2);
#pragma unroll
  for (int r = 0; r < 4; r++)
    o[r] = ho_round<PRECISION>(*(const float4 *)&tile[ho_inner(first + r, half * 4 + (lane & 3))]);
}

template <int PRECISION>
static __device__ __forceinline__ void ho_load_outer(const float *tile, int rows, int row, int half, int lane,
                                                     ho_operand<PRECISION> o[4])
{
  int k = half * 16 + 4 * (lane & 3), chunk = row / 4 + ho_chunk(lane >> 2);
  float4 a = *(const float4 *)&tile[ho_outer(rows, k, chunk)];
  float4 b = *(const float4 *)&tile[ho_outer(rows, k + 1, chunk)];
  float4 c = *(const float4 *)&tile[ho_outer(rows, k + 2, chunk)];
  float4 d = *(const float4 *)&tile[ho_outer(rows, k + 3, chunk)];
  o[0] = ho_round<PRECISION>(make_float4(a.x, b.x, c.x, d.x));
  o[1] = ho_round<PRECISION>(make_float4(a.y, b.y, c.y, d.y));
  o[2] = ho_round<PRECISION>(make_float4(a.z, b.z, c.z, d.z));
  o[3] = ho_round<PRECISION>(make_float4(a.w, b.w, c.w, d.w));
}

/* ---- products ---- */

/* sum += A B over 8 numbers of k: numbers 2s and 2s+1 of the lane's four. */
static __device__ __forceinline__ void ho_multiply8(float sum[4], const unsigned *low, const unsigned *high,
                                                    const unsigned *b, int s)
{
  unsigned fa[4] = { low[2 * s], high[2 * s], low[2 * s + 1], high[2 * s + 1] }, fb[2] = { b[2 * s], b[2 * s + 1] };
  ho_mma_tf32(sum, fa, fb);
}

/* sum += A B over 16 numbers of k; A's 16 rows are two groups. */
template <int PRECISION>
static __device__ __forceinline__ void ho_multiply(float sum[4], const ho_operand<PRECISION> &low,
                                                   const ho_operand<PRECISION> &high, const ho_operand<PRECISION> &b)
{
  if constexpr (PRECISION == HO_BF16) {
    unsigned fa[4] = { low.v[0], high.v[0], low.v[1], high.v[1] };
    ho_mma_bf16(sum, fa, b.v);
  } else if constexpr (PRECISION == HO_TF32) {
    ho_multiply8(sum, low.v, high.v, b.v, 0);
    ho_multiply8(sum, low.v, high.v, b.v, 1);
  } else {
    float part[4] = { 0, 0, 0, 0 };
#pragma unroll
    for (int s = 0; s < 2; s++) {
      ho_multiply8(part, low.v + 4, high.v + 4, b.v, s);
      ho_multiply8(part, low.v, high.v, b.v + 4, s);
    }
    ho_multiply8(part, low.v, high.v, b.v, 0);
    ho_multiply8(part, low.v, high.v, b.v, 1);
#pragma unroll
    for (int i = 0; i < 4; i++)
      sum[i] += part[i];
  }
}

/* ---- results ---- */

/* A warp's sums of ROWS x COLUMNS: [i][j] are those of groups 2i, 2i+1 (numbered through all blocks) and group j. */
template <int ROWS, int COLUMNS> struct ho_sums {
  float v[ROWS / 16][COLUMNS / 8][4];
};

/* Row of the lane's sums [i][..][2*h] and [2*h+1]. */
static __device__ __forceinline__ int ho_sum_row(int i, int h, int lane)
{
  return i / 2 * HO_BLOCK + 4 * ho_chunk(lane >> 2) + i % 2 * 2 + h;
}
/* First of the four columns that the lane has in half b of block j. */
static __device__ __forceinline__ int ho_sum_column(int j, int b, int lane)
{
  return j * HO_BLOCK + b * 16 + 4 * (lane & 3);
}
/* The sums at that row and those columns. */
template <int ROWS, int COLUMNS>
static __device__ __forceinline__ float4 ho_four_sums(const struct ho_sums<ROWS, COLUMNS> &sums, int i, int h, int j,
                                                      int b)
{
  return make_float4(sums.v[i][4 * j][2 * h + b], sums.v[i][4 * j + 1][2 * h + b], sums.v[i][4 * j + 2][2 * h + b],
                     sums.v[i][4 * j + 3][2 * h + b]);
}

/* ---- division ---- */

/* n / d for 0 <= n < 2^31. */
struct ho_divisor {
  int d;
  unsigned factor, shift;
};

static inline struct ho_divisor ho_divisor_make(int d)
{
  unsigned shift = 0;
  while (1ull << shift < (unsigned long long)d)
    shift++;
  struct ho_divisor r = { d, (unsigned)((1ull << (31 + shift)) / (unsigned)d + 1), shift };
  return r;
}

static __device__ __forceinline__ int ho_divide(int n, struct ho_divisor by)
{
  return by.d == 1 ? n : (int)(__umulhi((unsigned)n, by.factor) >> (by.shift - 1));
}

#endif
