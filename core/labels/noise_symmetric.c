/* SPDX-License-Identifier: MIT
 * noise_symmetric.c - symmetric label noise: all wrong classes are equally likely.
 *
 * K is the number of classes that have training images, r the rate, T_ck = P(given k | true c), k != c.
 *
 * symmetric            Exclusive and exact, as in the code of Deep Bilevel Learning (Jenni and Favaro 2018).  Of the N_c
 *                      samples of class c in a part, floor(r N_c) are chosen without replacement; each gets one of the
 *                      K-1 other classes.  The stream (seed, "noise", part, class) first permutes the class, then draws
 *                      the replacements in that order, so a higher rate adds wrong labels and keeps the old ones.
 * symmetric-bernoulli  Exclusive, label by label: T_cc = 1 - r, T_ck = r/(K-1) (Patrini et al. 2017).
 * symmetric-inclusive  With probability r a label is replaced by any of the K classes, itself included: T_cc = 1 - r + r/K,
 *                      T_ck = r/K, so that r (K-1)/K of the labels become wrong (Zhang et al. 2017). */
#include <math.h>

#include "base/memory.h"
#include "compute/random.h"
#include "labels/noise_models.h"

/* floor(r n); where r n is an integer but for rounding, that integer (0.29 * 100 is slightly below 29). */
static int exact_count(double rate, int n)
{
  int count = (int)floor(rate * n + 1e-6);
  return count > n ? n : count;
}

/* A class with training images other than c. */
static uint16_t other_class(struct ho_stream *s, const struct ho_noise_classes *classes, int c)
{
  int other = (int)ho_stream_below(s, (uint64_t)classes->n - 1);
  return classes->class[other + (other >= classes->rank[c])];
}

int ho_noise_symmetric(const struct ho_noise *noise, const struct ho_noise_input *in,
                       const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  const uint16_t *label = in->data->train.label;
  size_t *member = ho_alloc(in->n, sizeof *member, "label noise", err);
  int *order = ho_alloc(in->n, sizeof *order, "label noise", err);
  for (int k = 0; k < classes->n && member && order; k++) {
    int c = classes->class[k], count = 0;
    for (size_t i = 0; i < in->n; i++)
      if (label[in->id[i]] == c)
        member[count++] = i;
    struct ho_stream s = ho_stream_make(in->seed, "noise", (uint64_t)in->part, (uint64_t)c);
    ho_stream_permute(&s, order, count);
    int wrong = exact_count(noise->rate, count);
    for (int w = 0; w < wrong; w++)
      given[member[order[w]]] = other_class(&s, classes, c);
  }
  int result = member && order ? 0 : -1;
  ho_free(member);
  ho_free(order);
  return result;
}

double ho_noise_symmetric_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  (void)choices;
  (void)class;
  return exact_count(noise->rate, (int)n);
}

int ho_noise_bernoulli(const struct ho_noise *noise, const struct ho_noise_input *in,
                       const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)err;
  for (size_t i = 0; i < in->n; i++) {
    struct ho_stream s = ho_noise_stream(in, i);
    if (ho_stream_uniform(&s) >= noise->rate)
      continue;
    given[i] = other_class(&s, classes, given[i]);
  }
  return 0;
}

double ho_noise_bernoulli_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  (void)choices;
  (void)class;
  return noise->rate * (double)n;
}

int ho_noise_inclusive(const struct ho_noise *noise, const struct ho_noise_input *in,
                       const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)err;
  for (size_t i = 0; i < in->n; i++) {
    struct ho_stream s = ho_noise_stream(in, i);
    if (ho_stream_uniform(&s) < noise->rate)
      given[i] = classes->class[ho_stream_below(&s, (uint64_t)classes->n)];
  }
  return 0;
}

double ho_noise_inclusive_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  (void)class;
  return noise->rate * (choices - 1) / choices * (double)n;
}
