/* SPDX-License-Identifier: MIT
 * forward-correction.c - Patrini et al., Making Deep Neural Networks Robust to Label Noise (CVPR 2017): the predicted
 * probabilities of the true label, multiplied by the transition matrix T[k][j] = P(given j | true k), are compared with
 * the given label (Theorem 2),
 *
 *    L_y = -log sum_k p_k T_ky,   dL_y/dz = p - r,   r_k = p_k T_ky / sum_l p_l T_ly,
 *
 * averaged over the classes of a soft target.  T = I is cross-entropy. */
#include <holdout/optimizer.h>
#include <math.h>

struct forward {
  const char *matrix;
  double *log_T; /* [K][K] */
};

static const struct ho_option options[] = {
  HO_OPTION(struct forward, matrix, HO_TEXT, "known", NULL,
            "T: `known', counted from the run's own labels, an oracle; "
            "or a file as written by holdout eval --transition"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct forward *o = self;
  size_t K = (size_t)h->classes;
  o->log_T = h->state(h, "log-transition", "F64", K * K);
  if (!o->log_T || h->transition(h, o->matrix, o->log_T))
    return -1;
  for (size_t y = 0; y < K; y++) {
    double given = 0;
    for (size_t k = 0; k < K; k++)
      given += o->log_T[k * K + y];
    for (size_t k = 0; k < K; k++) /* a label that T rules out carries no information */
      o->log_T[k * K + y] = log(given > 0 ? o->log_T[k * K + y] : 1 / (double)K);
  }
  return 0;
}

/* Returns log s_y, s_y = sum_k p_k T_ky; r_k = p_k T_ky / s_y.  In logarithms, so that T = I is cross-entropy for any
 * p_y.  region: posterior */
static double posterior(size_t K, const double *log_p, const double *log_T, size_t y, double *r)
{
  double top = -INFINITY, sum = 0;
  for (size_t k = 0; k < K; k++)
    top = fmax(top, r[k] = log_p[k] + log_T[k * K + y]);
  for (size_t k = 0; k < K; k++)
    sum += r[k] = exp(r[k] - top);
  for (size_t k = 0; k < K; k++)
    r[k] /= sum;
  return top + log(sum);
}

/* Samples with true labels get plain cross-entropy. */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct forward *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p), *r = h->scratch(h, K * sizeof *r),
         *d = h->scratch(h, K * sizeof *d);
  for (size_t i = 0; log_p && r && d && i < (size_t)mb->size; i++) {
    int clean = mb->id[i] >= h->samples && mb->id[i] < h->samples + h->clean;
    double L = 0;
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t k = 0; k < K; k++)
      d[k] = exp(log_p[k]);
    for (size_t y = 0; y < K; y++) {
      double q = mb->target[i * K + y];
      if (q != 0)
        L -= q * (clean ? log_p[y] : posterior(K, log_p, o->log_T, y, r));
      for (size_t k = 0; k < K && q != 0; k++)
        d[k] -= q * (clean ? k == y : r[k]);
    }
    for (size_t k = 0; k < K; k++)
      head->dlogits[i * K + k] = (float)d[k];
    head->loss[i] = (float)L;
  }
  return log_p && r && d ? 0 : -1;
}

HO_PLUGIN(struct forward, .name = "forward-correction", .citation = "patrini2017",
          .summary = "compare the given label with the prediction after the noise", .options = options, .open = open,
          .loss = loss, .opaque = 1);
