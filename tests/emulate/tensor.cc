/* SPDX-License-Identifier: MIT
 * tensor.cc - what tensor cores do: fragments of matrices, spread over the lanes of a warp as the PTX manual says.
 *
 * The operands of a TF32 product are cut to 10 bits of mantissa, as the hardware does to operands that were not rounded
 * before.  Products are summed in double and cut to float once; the hardware cuts to about as many bits, but more often. */
#include "emulate.h"

enum { LANES = 32 };

/* ---- rounding ---- */

unsigned ho_tf32(float a)
{
  unsigned bits = __float_as_uint(a);
  return isfinite(a) ? (bits + 0x1000u) & 0xffffe000u : isnan(a) ? 0x7fffe000u : bits;
}

static unsigned bf16_of(float a)
{
  unsigned bits = __float_as_uint(a);
  return isnan(a) ? 0x7fffu : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

unsigned ho_bf16_pair(float low, float high)
{
  return bf16_of(low) | bf16_of(high) << 16;
}

/* ---- products ---- */

struct operands {
  const unsigned *a, *b;
};

static float tf32(unsigned bits)
{
  return __uint_as_float(bits & 0xffffe000u);
}

static float bf16(unsigned pair, int half)
{
  return __uint_as_float(pair >> 16 * half << 16);
}

/* Rounded towards zero. */
static float cut(double a)
{
  float f = (float)a;
  return fabs((double)f) > fabs(a) ? nextafterf(f, 0) : f;
}

/* d += A B of a warp: A is 16 x k, B is k x 8. */
static void multiply(const float a[16][16], const float b[16][8], int k, void *const *out)
{
  for (int lane = 0; lane < LANES; lane++)
    for (int r = 0; r < 4; r++) {
      int row = lane / 4 + r / 2 * 8, column = lane % 4 * 2 + r % 2;
      float *d = (float *)out[lane] + r;
      double sum = *d;
      for (int i = 0; i < k; i++)
        sum += (double)a[row][i] * b[i][column];
      *d = cut(sum);
    }
}

static void mma_tf32(const void *const *in, void *const *out, int)
{
  float a[16][16], b[16][8];
  for (int lane = 0; lane < LANES; lane++) {
    const struct operands *o = (const struct operands *)in[lane];
    for (int r = 0; r < 4; r++)
      a[lane / 4 + r % 2 * 8][lane % 4 + r / 2 * 4] = tf32(o->a[r]);
    for (int r = 0; r < 2; r++)
      b[lane % 4 + r * 4][lane / 4] = tf32(o->b[r]);
  }
  multiply(a, b, 8, out);
}

static void mma_bf16(const void *const *in, void *const *out, int)
{
  float a[16][16], b[16][8];
  for (int lane = 0; lane < LANES; lane++) {
    const struct operands *o = (const struct operands *)in[lane];
    for (int half = 0; half < 2; half++) {
      for (int r = 0; r < 4; r++)
        a[lane / 4 + r % 2 * 8][lane % 4 * 2 + r / 2 * 8 + half] = bf16(o->a[r], half);
      for (int r = 0; r < 2; r++)
        b[lane % 4 * 2 + r * 8 + half][lane / 4] = bf16(o->b[r], half);
    }
  }
  multiply(a, b, 16, out);
}

void ho_mma_tf32(float d[4], const unsigned a[4], const unsigned b[2])
{
  struct operands in = { a, b };
  emulate_warp(0xffffffffu, &in, d, mma_tf32);
}

void ho_mma_bf16(float d[4], const unsigned a[4], const unsigned b[2])
{
  struct operands in = { a, b };
  emulate_warp(0xffffffffu, &in, d, mma_bf16);
}
