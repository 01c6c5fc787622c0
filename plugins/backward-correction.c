/* SPDX-License-Identifier: MIT
 * backward-correction.c - Patrini et al., Making Deep Neural Networks Robust to Label Noise (CVPR 2017):
 * cross-entropies are combined so that their expectation over the noise is the cross-entropy of the true label (Theorem
 * 1),
 *
 *    L_y = sum_j (T^-1)_yj (-log p_j),   dL_y/dz = p - (T^-1)_y,   T[k][j] = P(given j | true k),
 *
 * averaged over the classes of a soft target.  The rows of T^-1 sum to 1 but have negative entries, so losses may be
 * negative.  T = I is cross-entropy.  The inverse amplifies variance, so a T close to singular is refused. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

struct backward {
  const char *matrix;
  double worst;
  double *inverse; /* [K][K] */
};

static const struct ho_option options[] = {
  HO_OPTION(struct backward, matrix, HO_TEXT, "known", NULL,
            "T: `known', counted from the run's own labels, an oracle; "
            "or a file as written by holdout eval --transition"),
  HO_OPTION(struct backward, worst, HO_REAL, "1000", "[1,inf)",
            "largest condition number of T (in the 1-norm) that is accepted"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct backward *o = self;
  size_t K = (size_t)h->classes;
  double *T = h->scratch(h, K * K * sizeof *T);
  o->inverse = h->state(h, "inverse", "F64", K * K);
  if (!T || !o->inverse || h->transition(h, o->matrix, T))
    return -1;
  double condition = 0;
  int singular = h->invert(h, h->classes, T, o->inverse, &condition);
  if (singular > 0)
    return h->fail(
        h,
        "backward-correction.matrix=%s: this transition matrix of %d classes has no inverse: it is singular, "
        "its pivot %d is 0; forward-correction needs no inverse",
        o->matrix, h->classes, singular);
  if (!singular && !(condition <= o->worst))
    return h->fail(
        h,
        "backward-correction.matrix=%s: its condition number is %.4g, above backward-correction.worst=%g: its "
        "inverse would drown the labels in noise; forward-correction needs no inverse",
        o->matrix, condition, o->worst);
  return singular;
}

/* Samples with true labels get plain cross-entropy.  region: loss */
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
      for (size_t j = 0; j < K && mb->target[i * K + y] != 0; j++)
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
          .loss = loss, .opaque = 1);
