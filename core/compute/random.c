/* SPDX-License-Identifier: MIT
 * random.c - streams over Philox4x64-10; see random.h.
 *
 * word[0] is the key, word[1] and word[2] are (a, b), word[3] counts the 64-bit numbers drawn so far. */
#include "compute/random.h"

#include <Random123/philox.h>
#include <math.h>

static philox4x64_ctr_t block(const struct ho_stream *s, uint64_t number)
{
  philox4x64_ctr_t counter = { { number, s->word[1], s->word[2], 0 } };
  philox4x64_key_t key = { { s->word[0], 0 } };
  return philox4x64(counter, key);
}

struct ho_stream ho_stream_make(uint64_t seed, const char *purpose, uint64_t a, uint64_t b)
{
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a of the purpose, then one Philox round-trip to mix in the seed */
  for (const char *c = purpose; *c; c++)
    hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
  struct ho_stream mixer = { { seed, hash, 0, 0 } };
  return (struct ho_stream){ { ho_stream_bits(&mixer), a, b, 0 } };
}

uint64_t ho_stream_bits(struct ho_stream *s)
{
  uint64_t position = s->word[3]++;
  return block(s, position / 4).v[position % 4];
}

void ho_stream_fill(struct ho_stream *s, uint64_t *out, size_t n)
{
  size_t i = 0;
  while (i < n && s->word[3] % 4)
    out[i++] = ho_stream_bits(s);
  for (; i + 4 <= n; i += 4, s->word[3] += 4) {
    philox4x64_ctr_t b = block(s, s->word[3] / 4);
    for (int k = 0; k < 4; k++)
      out[i + (size_t)k] = b.v[k];
  }
  while (i < n)
    out[i++] = ho_stream_bits(s);
}

double ho_stream_uniform(struct ho_stream *s)
{
  return (double)(ho_stream_bits(s) >> 11) * 0x1p-53;
}

double ho_stream_normal(struct ho_stream *s)
{
  double radius = sqrt(-2 * log1p(-ho_stream_uniform(s)));
  return radius * cos(6.283185307179586476925 * ho_stream_uniform(s));
}

double ho_stream_gamma(struct ho_stream *s, double shape)
{
  double boost = 1;
  if (!(shape > 0) || isinf(shape)) /* not a distribution, and the loop below would not end */
    return NAN;
  if (shape < 1) { /* Gamma(a) = Gamma(a + 1) * U^(1/a) */
    boost = pow(1 - ho_stream_uniform(s), 1 / shape);
    shape += 1;
  }
  double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    double x = ho_stream_normal(s), v = 1 + c * x;
    double u = 1 - ho_stream_uniform(s); /* (0, 1] */
    v = v * v * v;
    if (v > 0 && log(u) < 0.5 * x * x + d - d * v + d * log(v))
      return d * v * boost;
  }
}

uint64_t ho_stream_below(struct ho_stream *s, uint64_t n)
{
  uint64_t bits, limit = -n % n; /* 2^64 mod n: redraw below it, for an unbiased result (Lemire 2019) */
  __uint128_t product;
  do {
    bits = ho_stream_bits(s);
    product = (__uint128_t)bits * n;
  } while ((uint64_t)product < limit);
  return (uint64_t)(product >> 64);
}

void ho_stream_permute(struct ho_stream *s, int *p, int n)
{
  for (int i = 0; i < n; i++) { /* Fisher and Yates, inside out */
    int j = (int)ho_stream_below(s, (uint64_t)i + 1);
    p[i] = p[j];
    p[j] = i;
  }
}
