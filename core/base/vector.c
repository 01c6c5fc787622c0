/* SPDX-License-Identifier: MIT
 * vector.c - long vectors in fixed chunks; see vector.h. */
#include "base/vector.h"

#include <math.h>

#include "base/parallel.h"

enum { CHUNK = 16384, LANES = 8, ROUND = 256 }; /* ROUND chunks' partial sums are kept at a time */

static size_t chunk_end(size_t start, size_t n)
{
  return n - start < CHUNK ? n : start + CHUNK;
}

struct dot {
  size_t n, first;
  const float *a, *b;
  double sum[ROUND];
};

static void dot_chunk(int i, int worker, void *arg)
{
  struct dot *d = arg;
  size_t start = d->first + (size_t)i * CHUNK, end = chunk_end(start, d->n), k = start;
  double lane[LANES] = { 0 };
  (void)worker;
  for (; k + LANES <= end; k += LANES)
    for (size_t l = 0; l < LANES; l++)
      lane[l] += (double)d->a[k + l] * (double)d->b[k + l];
  for (; k < end; k++)
    lane[0] += (double)d->a[k] * (double)d->b[k];
  d->sum[i] = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double ho_vector_dot(size_t n, const float *a, const float *b)
{
  struct dot d = { .n = n, .a = a, .b = b };
  double total = 0;
  for (; d.first < n; d.first += (size_t)ROUND * CHUNK) {
    size_t chunks = (n - d.first + CHUNK - 1) / CHUNK;
    int now = chunks < ROUND ? (int)chunks : ROUND;
    ho_parallel(now, dot_chunk, &d);
    for (int i = 0; i < now; i++)
      total += d.sum[i];
  }
  return total;
}

struct combine {
  size_t n, ld;
  float *out;
  int rows;
  const double *w;
  const float *a;
};

static void combine_chunk(int i, int worker, void *arg)
{
  const struct combine *c = arg;
  size_t start = (size_t)i * CHUNK, end = chunk_end(start, c->n);
  (void)worker;
  if (c->rows == 0)
    for (size_t k = start; k < end; k++)
      c->out[k] = 0;
  for (int r = 0; r < c->rows; r++) {
    float w = (float)c->w[r];
    const float *a = c->a + (size_t)r * c->ld;
    if (r == 0)
      for (size_t k = start; k < end; k++)
        c->out[k] = w * a[k];
    else
      for (size_t k = start; k < end; k++)
        c->out[k] += w * a[k];
  }
}

void ho_vector_combine(size_t n, float *out, int rows, const double *w, const float *a, size_t ld)
{
  struct combine c = { n, ld, out, rows, w, a };
  ho_parallel((int)((n + CHUNK - 1) / CHUNK), combine_chunk, &c);
}

size_t ho_vector_nonfinite(size_t n, const float *a)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite(a[i]))
      return i;
  return n;
}
