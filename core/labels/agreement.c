/* SPDX-License-Identifier: MIT
 * agreement.c - a permutation test of whether labels belong to the images they are given to; see agreement.h.
 *
 * Let A be the number of images with equal labels, o_c and g_c the numbers of own and given labels of class c, and S = sum
 * o_c g_c.  If the n given labels were in random order, the mean and variance of A would be exactly
 *
 *    E = S/n,   V = (S - sum o_c g_c (o_c + g_c)/n + E^2)/(n - 1)
 *
 * for any class sizes (Hoeffding 1951).  If A > E, and Cantelli's bound V/(V + (A-E)^2), which holds for every
 * distribution, is at most 0.01, chance is rejected; this is the case for every useful file.  Otherwise 999 random orders
 * are tried, and chance is rejected unless ten or more of them agree at least as often: a test at level 0.01 without any
 * approximation, however few or unequal the classes are.
 *
 * Even a perfect list occurs by chance with probability prod o_c! / n!.  Where that is above 0.01, there are too few images
 * to judge, and is_chance is 0. */
#include "labels/agreement.h"

#include <math.h>

#include "base/memory.h"
#include "compute/random.h"

enum { ORDERS = 999 };
static const double level = 0.01;

static size_t count_equal(size_t n, const uint16_t *own, const uint16_t *given, const int *order)
{
  size_t equal = 0;
  for (size_t i = 0; i < n; i++)
    equal += own[i] == given[order ? (size_t)order[i] : i];
  return equal;
}

/* Returns whether too many random orders agree at least as often to reject chance. */
static int try_orders(size_t n, const uint16_t *own, const uint16_t *given, size_t agree, int *order)
{
  int as_many = 0;
  for (int k = 0; k < ORDERS && as_many + 1 <= level * (ORDERS + 1); k++) {
    struct ho_stream s = ho_stream_make(0, "agreement", (uint64_t)k, 0);
    ho_stream_permute(&s, order, (int)n);
    as_many += count_equal(n, own, given, order) >= agree;
  }
  return as_many + 1 > level * (ORDERS + 1);
}

/* Sets a->expected to E and a->deviation to sqrt(V); returns log(prod o_c! / n!). */
static double moments(size_t n, int classes, const double *o, const double *g, struct ho_agreement *a)
{
  double S = 0, mixed = 0, N = (double)n, log_perfect = -lgamma(N + 1);
  for (int c = 0; c < classes; c++) {
    S += o[c] * g[c];
    mixed += o[c] * g[c] * (o[c] + g[c]) / N;
    log_perfect += lgamma(o[c] + 1);
  }
  a->expected = S / N;
  a->deviation = n > 1 ? sqrt(fmax(0, (S - mixed + a->expected * a->expected) / (N - 1))) : 0;
  return log_perfect;
}

int ho_agreement_judge(size_t n, int classes, const uint16_t *own, const uint16_t *given, struct ho_agreement *a,
                       struct ho_error *err)
{
  size_t K = (size_t)classes;
  *a = (struct ho_agreement){ 0 };
  if (n == 0 || n > INT32_MAX)
    return 0;
  double *count = ho_alloc(K, 2 * sizeof *count, "label agreement", err);
  int *order = ho_alloc(n, sizeof *order, "label agreement", err);
  if (count && order) {
    for (size_t i = 0; i < n; i++) {
      count[own[i]]++;
      count[K + given[i]]++;
    }
    a->agree = count_equal(n, own, given, NULL);
    double log_perfect = moments(n, classes, count, count + K, a), above = (double)a->agree - a->expected;
    double V = a->deviation * a->deviation;
    int is_clear = above > 0 && V <= level * (V + above * above);
    a->is_chance = log_perfect <= log(level) && !is_clear && try_orders(n, own, given, a->agree, order);
  }
  int result = count && order ? 0 : -1;
  ho_free(count);
  ho_free(order);
  return result;
}
