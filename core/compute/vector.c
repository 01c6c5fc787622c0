/* SPDX-License-Identifier: MIT
 * vector.c - long vectors in fixed chunks; see vector.h. */
#include "compute/vector.h"

#include <math.h>
#include <string.h>

#include "compute/parallel.h"
#include "compute/simd.h"
#include "compute/vector_chunks.h"

enum {
  CHUNK = 16384, /* floats */
  ROUND = 256,   /* chunks whose partial sums are kept at a time */
  ROWS = 8       /* rows at a time */
};

static const struct ho_vector_kernels *const table[HO_SIMD_PATHS] = {
  [HO_SIMD_PLAIN] = &ho_vector_plain,
#ifdef __x86_64__
  [HO_SIMD_AVX2] = &ho_vector_avx2,
  [HO_SIMD_AVX512] = &ho_vector_avx512,
#endif
};

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
  size_t start = d->first + (size_t)i * CHUNK, end = chunk_end(start, d->n);
  (void)worker;
  d->sum[i] = table[ho_simd()]->dot(end - start, d->a + start, d->b + start);
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

struct dots {
  size_t n, first, ld;
  int rows;
  const float *v, *a;
  double va[ROUND][ROWS], aa[ROUND][ROWS];
};

/* Each chunk of a row is in the cache for its second product, and the chunk of v for every row. */
static void dots_chunk(int i, int worker, void *arg)
{
  struct dots *d = arg;
  size_t start = d->first + (size_t)i * CHUNK, size = chunk_end(start, d->n) - start;
  (void)worker;
  for (int r = 0; r < d->rows; r++) {
    const float *row = d->a + (size_t)r * d->ld + start;
    d->va[i][r] = table[ho_simd()]->dot(size, d->v + start, row);
    d->aa[i][r] = table[ho_simd()]->dot(size, row, row);
  }
}

static void some_dots(struct dots *d, double *va, double *aa)
{
  for (int r = 0; r < d->rows; r++)
    va[r] = aa[r] = 0;
  for (d->first = 0; d->first < d->n; d->first += (size_t)ROUND * CHUNK) {
    size_t chunks = (d->n - d->first + CHUNK - 1) / CHUNK;
    int now = chunks < ROUND ? (int)chunks : ROUND;
    ho_parallel(now, dots_chunk, d);
    for (int i = 0; i < now; i++)
      for (int r = 0; r < d->rows; r++) {
        va[r] += d->va[i][r];
        aa[r] += d->aa[i][r];
      }
  }
}

void ho_vector_dots(size_t n, const float *v, int rows, const float *a, size_t ld, double *va, double *aa)
{
  struct dots d = { .n = n, .ld = ld, .v = v };
  for (int r = 0; r < rows; r += ROWS) {
    d.rows = rows - r < ROWS ? rows - r : ROWS;
    d.a = a + (size_t)r * ld;
    some_dots(&d, va + r, aa + r);
  }
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
  table[ho_simd()]->combine(end - start, c->out + start, c->rows, c->w, c->a + start, c->ld);
}

void ho_vector_combine(size_t n, float *out, int rows, const double *w, const float *a, size_t ld)
{
  struct combine c = { n, ld, out, rows, w, a };
  ho_parallel((int)((n + CHUNK - 1) / CHUNK), combine_chunk, &c);
}

struct blend {
  size_t n;
  float *out;
  int terms;
  const double *c;
  const float *const *x;
};

/* In blocks, as out may be a term that comes later.  Not fused, unless CFLAGS name a processor with FMA. */
static void blend_chunk(int i, int worker, void *arg)
{
  enum { BLOCK = 512 };
  const struct blend *b = arg;
  size_t start = (size_t)i * CHUNK, end = chunk_end(start, b->n);
  float sum[BLOCK] = { 0 };
  (void)worker;
  for (size_t size; start < end; start += size) {
    size = end - start < BLOCK ? end - start : BLOCK;
    for (int t = 0; t < b->terms; t++) {
      const float c = (float)b->c[t], *x = b->x[t] + start;
      for (size_t k = 0; k < size; k++)
        sum[k] = t ? sum[k] + c * x[k] : c * x[k];
    }
    memcpy(b->out + start, sum, size * sizeof *sum);
  }
}

void ho_vector_blend(size_t n, float *out, int terms, const double *c, const float *const *x)
{
  struct blend b = { n, out, terms, c, x };
  ho_parallel((int)((n + CHUNK - 1) / CHUNK), blend_chunk, &b);
}

size_t ho_vector_nonfinite(size_t n, const float *a)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite(a[i]))
      return i;
  return n;
}
