/* SPDX-License-Identifier: MIT
 * forward-correction.c - Patrini et al., Making Deep Neural Networks Robust to Label Noise (CVPR 2017): what the network
 * says of the true label, sent through the transition matrix T[k][j] = P(given j | true k), is compared with the given,
 *
 *    L_y = -log sum_k p_k T_ky,   dL_y/dz = p - r,   r_k = p_k T_ky / sum_l p_l T_ly,
 *
 * of a soft target: its mean over the target's classes.  T = I is cross-entropy. */
#include <holdout/optimizer.h>
#include <math.h>

struct forward {
  const char *matrix;
  double *T; /* [K][K] */
};

#define OPTION(field, type, value, range, help) { #field, type, offsetof(struct forward, field), value, range, help }
static const struct ho_option options[] = {
  OPTION(matrix, HO_TEXT, "known", NULL,
         "T: `known' takes the shares of the run's own labels, an oracle; else a file, as holdout eval --transition writes"),
  { 0 }
};

static int open(void *self, const struct ho_host *h)
{
  struct forward *o = self;
  size_t K = (size_t)h->classes;
  o->T = h->state(h, "transition", "F64", K * K);
  return o->T ? h->transition(h, o->matrix, o->T) : -1;
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct forward *o = self;
  size_t K = (size_t)h->classes;
  double *p = h->scratch(h, K * sizeof *p), *d = h->scratch(h, K * sizeof *d);
  for (size_t i = 0; p && d && i < (size_t)mb->size; i++) {
    double L = 0;
    h->log_softmax(h, head->logits + i * K, p);
    for (size_t k = 0; k < K; k++)
      d[k] = p[k] = exp(p[k]);
    for (size_t y = 0; y < K; y++) {
      double q = mb->target[i * K + y], s = 1e-30; /* what T holds to be impossible costs 69, not infinity */
      if (q == 0)
        continue;
      for (size_t k = 0; k < K; k++)
        s += p[k] * o->T[k * K + y];
      for (size_t k = 0; k < K; k++)
        d[k] -= q * p[k] * o->T[k * K + y] / s;
      L -= q * log(s);
    }
    for (size_t k = 0; k < K; k++)
      head->dlogits[i * K + k] = (float)d[k];
    head->loss[i] = (float)L;
  }
  return p && d ? 0 : -1;
}

HO_PLUGIN(struct forward, .name = "forward-correction", .citation = "patrini2017",
          .summary = "compare the given label with what the noise makes of the prediction", .options = options,
          .open = open, .loss = loss);
