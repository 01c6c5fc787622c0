/* SPDX-License-Identifier: MIT
 * backward-correction.c - Patrini et al., Making Deep Neural Networks Robust to Label Noise (CVPR 2017): cross-entropies
 * are combined so that their mean over the noise is the cross-entropy of the true label,
 *
 *    L_y = sum_j (T^-1)_yj (-log p_j),   dL_y/dz = p - (T^-1)_y,   T[k][j] = P(given j | true k),
 *
 * of a soft target: its mean over the target's classes.  The rows of T^-1 sum to 1, with negative entries: losses may be
 * negative.  T = I is cross-entropy.  Inverting multiplies the variance: a T close to singular is refused. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

struct backward {
  const char *matrix;
  double worst;
  double *inverse; /* [K][K] */
};

#define OPTION(field, type, value, range, help) \
  { \
#field, type, offsetof(struct backward, field), value, range, help \
  }
static const struct ho_option options[] = { OPTION(matrix, HO_TEXT, "known", NULL,
                                                   "T: `known' takes the shares of the run's own labels, an oracle; "
                                                   "else a file, as holdout eval --transition writes"),
                                            OPTION(worst, HO_REAL, "1000", "[1,inf)",
                                                   "largest condition number of T (in the 1-norm) that is accepted"),
                                            { 0 } };

/* X becomes A^-1 by Gauss and Jordan with pivots; A is lost.  -1 when A is singular. */
static int invert(size_t n, double *A, double *X)
{
  for (size_t i = 0; i < n * n; i++)
    X[i] = i % (n + 1) == 0;
  for (size_t c = 0; c < n; c++) {
    size_t pivot = c;
    for (size_t r = c + 1; r < n; r++)
      if (fabs(A[r * n + c]) > fabs(A[pivot * n + c]))
        pivot = r;
    if (fabs(A[pivot * n + c]) < 1e-12)
      return -1;
    for (size_t k = 0; k < n && pivot != c; k++) {
      double a = A[c * n + k], x = X[c * n + k];
      A[c * n + k] = A[pivot * n + k], A[pivot * n + k] = a;
      X[c * n + k] = X[pivot * n + k], X[pivot * n + k] = x;
    }
    double scale = 1 / A[c * n + c];
    for (size_t k = 0; k < n; k++)
      A[c * n + k] *= scale, X[c * n + k] *= scale;
    for (size_t r = 0; r < n; r++) {
      double factor = r == c ? 0 : A[r * n + c];
      for (size_t k = 0; k < n && factor != 0; k++)
        A[r * n + k] -= factor * A[c * n + k], X[r * n + k] -= factor * X[c * n + k];
    }
  }
  return 0;
}

/* The largest sum of a column. */
static double norm(size_t n, const double *A)
{
  double largest = 0;
  for (size_t c = 0; c < n; c++) {
    double sum = 0;
    for (size_t r = 0; r < n; r++)
      sum += fabs(A[r * n + c]);
    largest = fmax(largest, sum);
  }
  return largest;
}

static int open(void *self, const struct ho_host *h)
{
  struct backward *o = self;
  size_t K = (size_t)h->classes;
  double *T = h->scratch(h, K * K * sizeof *T);
  o->inverse = h->state(h, "inverse", "F64", K * K);
  if (!T || !o->inverse || h->transition(h, o->matrix, T))
    return -1;
  double size = norm(K, T);
  if (invert(K, T, o->inverse))
    return h->fail(
        h, "backward-correction.matrix=%s: this transition matrix has no inverse; forward-correction needs none",
        o->matrix);
  double condition = size * norm(K, o->inverse);
  if (condition > o->worst)
    return h->fail(
        h,
        "backward-correction.matrix=%s: its condition number is %.0f, above backward-correction.worst=%g: its "
        "inverse would drown the labels in noise; forward-correction needs no inverse",
        o->matrix, condition, o->worst);
  return 0;
}

/* Samples with true labels have plain cross-entropy.  region: loss */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct backward *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p), *target = h->scratch(h, K * sizeof *target);
  for (size_t i = 0; log_p && target && i < (size_t)mb->size; i++) {
    int clean = mb->id[i] >= h->samples && mb->id[i] < h->samples + h->clean;
    double L = 0;
    memset(target, 0, K * sizeof *target);
    for (size_t y = 0; y < K; y++)
      for (size_t j = 0; j < K; j++)
        target[j] += mb->target[i * K + y] * (clean ? j == y : o->inverse[y * K + j]);
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t j = 0; j < K; j++) {
      L -= target[j] * log_p[j];
      head->dlogits[i * K + j] = (float)(exp(log_p[j]) - target[j]);
    }
    head->loss[i] = (float)L;
  }
  return log_p && target ? 0 : -1;
}

HO_PLUGIN(struct backward, .name = "backward-correction", .citation = "patrini2017",
          .summary = "losses whose mean over the noise is the loss of the true label", .options = options, .open = open,
          .loss = loss);
