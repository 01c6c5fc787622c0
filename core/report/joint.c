/* SPDX-License-Identifier: MIT
 * joint.c - the confident joint; see joint.h. */
#include "report/joint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- counting ---- */

struct counter {
  const struct ho_samples *of;
  size_t K;
  double *mean_given; /* [n] p of the given label, a mean over evaluations */
  double *t, *n;      /* [K] thresholds; samples with this given label */
  double *sum;        /* [K] of one sample: p of each class, summed over evaluations; 0 between samples */
};

static double p_given(const struct ho_samples *of, size_t at)
{
  return exp(-(double)of->loss[at]);
}

/* Of a prediction that is not the given label: loss = -log p(given), margin = log p(given) - log p(best other). */
static double p_other(const struct ho_samples *of, size_t at)
{
  return fmin(1, exp(-(double)of->loss[at] - (double)of->margin[at]));
}

/* Means of the given labels' probabilities, and thresholds: infinity for a class without samples. */
static void find_thresholds(struct counter *c, int first, int rows)
{
  memset(c->t, 0, c->K * sizeof *c->t);
  memset(c->n, 0, c->K * sizeof *c->n);
  for (size_t i = 0; i < c->of->n; i++) {
    double sum = 0;
    for (int r = first; r < first + rows; r++)
      sum += p_given(c->of, (size_t)r * c->of->n + i);
    c->mean_given[i] = sum / rows;
    c->t[c->of->given[i]] += sum / rows;
    c->n[c->of->given[i]]++;
  }
  for (size_t k = 0; k < c->K; k++)
    c->t[k] = c->n[k] > 0 ? c->t[k] / c->n[k] : INFINITY;
}

/* The class that a sample is counted in: of those that reach their thresholds the most probable, of equals the given label;
 * -1: nowhere. */
static int class_of(const struct counter *c, size_t i, int first, int rows)
{
  const struct ho_samples *of = c->of;
  int given = of->given[i], best = c->mean_given[i] >= c->t[given] ? given : -1;
  double most = best < 0 ? 0 : c->mean_given[i];
  for (int r = first; r < first + rows; r++) {
    size_t at = (size_t)r * of->n + i;
    if (of->prediction[at] != given)
      c->sum[of->prediction[at]] += p_other(of, at);
  }
  for (int r = first; r < first + rows; r++) {
    int k = of->prediction[(size_t)r * of->n + i];
    double p = c->sum[k] / rows;
    if (k != given && p >= c->t[k] && p > most) {
      best = k;
      most = p;
    }
  }
  for (int r = first; r < first + rows; r++)
    c->sum[of->prediction[(size_t)r * of->n + i]] = 0;
  return best;
}

/* Scales row i of C to n_i. */
static void scale(double *row, size_t K, size_t i, double samples)
{
  double sum = 0;
  for (size_t j = 0; j < K; j++)
    sum += row[j];
  for (size_t j = 0; j < K && sum > 0; j++)
    row[j] *= samples / sum;
  if (sum == 0)
    row[i] = samples;
}

/* Q [K][K] from some evaluations; returns its sum outside the diagonal. */
static double count(struct counter *c, int first, int rows, double *Q)
{
  double wrong = 0;
  find_thresholds(c, first, rows);
  memset(Q, 0, c->K * c->K * sizeof *Q);
  for (size_t i = 0; i < c->of->n; i++) {
    int class = class_of(c, i, first, rows);
    if (class >= 0)
      Q[c->of->given[i] * c->K + (size_t) class]++;
  }
  for (size_t k = 0; k < c->K; k++)
    scale(Q + k * c->K, c->K, k, c->n[k]);
  for (size_t i = 0; i < c->K; i++)
    for (size_t j = 0; j < c->K; j++)
      wrong += i == j ? 0 : Q[i * c->K + j];
  return wrong;
}

static double agreement(const struct ho_samples *of, int r)
{
  size_t agree = 0;
  for (size_t i = 0; i < of->n; i++)
    agree += of->prediction[(size_t)r * of->n + i] == of->given[i];
  return (double)agree / (double)of->n;
}

int ho_joint_make(struct ho_joint *j, const struct ho_samples *of, int first, int rows, int classes,
                  struct ho_error *err)
{
  static const char what[] = "the confident joint";
  size_t K = (size_t)classes;
  struct counter c = { .of = of, .K = K };
  *j = (struct ho_joint){ .classes = classes, .first = first, .rows = rows, .least = INFINITY };
  int bad = !(c.mean_given = ho_alloc(of->n, sizeof *c.mean_given, what, err)) ||
            !(c.t = ho_alloc(K, 3 * sizeof *c.t, what, err)) ||
            !(j->count = ho_alloc(K * K, sizeof *j->count, what, err)) ||
            !(j->given = ho_alloc(K, sizeof *j->given, what, err));
  if (!bad) {
    c.n = c.t + K;
    c.sum = c.n + K;
    for (int r = first; r < first + rows; r++) {
      double one = count(&c, r, 1, j->count);
      j->least = fmin(j->least, one);
      j->most = fmax(j->most, one);
    }
    j->wrong = count(&c, first, rows, j->count);
    j->agree = agreement(of, first + rows - 1);
    for (size_t i = 0; i < of->n; i++)
      j->given[of->given[i]]++;
  }
  ho_free(c.mean_given);
  ho_free(c.t);
  if (bad)
    ho_joint_free(j);
  return bad ? -1 : 0;
}

void ho_joint_free(struct ho_joint *j)
{
  ho_free(j->count);
  ho_free(j->given);
  *j = (struct ho_joint){ 0 };
}

double ho_joint_wrong_of(const struct ho_joint *j, int i)
{
  size_t K = (size_t)j->classes;
  double sum = 0;
  for (size_t k = 0; k < K; k++)
    sum += (int)k == i ? 0 : j->count[(size_t)i * K + k];
  return sum;
}

/* ---- pairs ---- */

static int compare(const void *a, const void *b)
{
  const struct ho_joint_pair *x = a, *y = b;
  int order = (x->count < y->count) - (x->count > y->count);
  if (!order)
    order = (x->given > y->given) - (x->given < y->given);
  return order ? order : (x->class > y->class) - (x->class < y->class);
}

struct ho_joint_pair *ho_joint_pairs(const struct ho_joint *j, size_t *n, struct ho_error *err)
{
  size_t K = (size_t)j->classes, cells = K * K;
  *n = 0;
  for (size_t at = 0; at < cells; at++)
    *n += at / K != at % K && j->count[at] > 0;
  struct ho_joint_pair *pair = ho_alloc(*n, sizeof *pair, "pairs of classes", err);
  if (!pair)
    return NULL;
  *n = 0;
  for (size_t at = 0; at < cells; at++)
    if (at / K != at % K && j->count[at] > 0)
      pair[(*n)++] = (struct ho_joint_pair){ (int)(at / K), (int)(at % K), j->count[at] };
  qsort(pair, *n, sizeof *pair, compare);
  return pair;
}
