/* SPDX-License-Identifier: MIT
 * vector_lanes.h - one chunk of a long vector's dot product and combination, over lanes. */
#include "compute/lanes.h"
#include "compute/vector_chunks.h"

/* Four sums of vectors, then the rest, one after the other. */
static double dot(size_t n, const float *a, const float *b)
{
  enum { SUMS = 4 };
  wide sum[SUMS] = { { 0 } };
  double total = 0;
  size_t i = 0;
  for (; i + SUMS * WIDE <= n; i += SUMS * WIDE)
    for (size_t s = 0; s < SUMS; s++)
      sum[s] += load_wide(a + i + s * WIDE, WIDE) * load_wide(b + i + s * WIDE, WIDE);
  sum[0] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  for (size_t l = 0; l < WIDE; l++)
    total += sum[0][l];
  for (; i < n; i++)
    total += (double)a[i] * (double)b[i];
  return total;
}

static void combine(size_t n, float *out, int rows, const double *w, const float *a, size_t ld)
{
  for (size_t i = 0; i < n; i += HO_LANES) {
    size_t left = n - i < HO_LANES ? n - i : HO_LANES;
    vec sum = { 0 };
    for (int r = 0; r < rows; r++) {
      vec x = left == HO_LANES ? load(a + (size_t)r * ld + i, HO_LANES) : load(a + (size_t)r * ld + i, left);
      sum = r ? sum + (float)w[r] * x : (float)w[r] * x;
    }
    store(out + i, sum, left);
  }
}

const struct ho_vector_kernels HO_TABLE = { dot, combine };
