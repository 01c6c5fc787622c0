/* SPDX-License-Identifier: MIT
 * bootstrap.c - Reed et al., Training Deep Neural Networks on Noisy Labels with Bootstrapping (ICLR workshop 2015): the
 * target mixes the given label with the network's own prediction,
 *
 *    soft:  L = -sum_k (beta q_k + (1 - beta) p_k) log p_k,    hard:  p replaced by the one-hot vector of its maximum.
 *
 * The gradient of soft goes through p in the target, as in the public implementations:
 *
 *    dL/dz = beta (p - q) - (1 - beta) p (log p + H),   H = -sum_k p_k log p_k.
 *
 * With the target held constant (gradient=detached) it is beta (p - q): just cross-entropy with another learning rate.
 * beta = 1 is cross-entropy. */
#include <holdout/optimizer.h>
#include <math.h>

enum { SOFT, HARD };
enum { THROUGH, DETACHED };

struct bootstrap {
  int kind, gradient;
  double beta;
  double share; /* beta in force */
};

static const struct ho_option options[] = {
  HO_OPTION(struct bootstrap, kind, HO_CHOICE, "soft", "soft|hard",
            "the prediction: its probabilities, or only its most likely class"),
  HO_OPTION(struct bootstrap, beta, HO_REAL, "0", "[0,1]",
            "share of the given label; 0: as in the paper, 0.95 for soft and 0.8 for hard"),
  HO_OPTION(struct bootstrap, gradient, HO_CHOICE, "through", "through|detached",
            "for soft: through the target, or with the target constant"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct bootstrap *o = self;
  (void)h;
  o->share = o->beta != 0 ? o->beta : o->kind == SOFT ? 0.95 : 0.8;
  return 0;
}

/* L and dL/dz of one sample with target q, soft.  region: soft */
static double soft(const struct bootstrap *o, size_t K, const double *log_p, const float *q, float *d)
{
  double cross = 0, H = 0;
  for (size_t k = 0; k < K; k++) {
    cross -= q[k] * log_p[k];
    H -= exp(log_p[k]) * log_p[k];
  }
  for (size_t k = 0; k < K; k++) {
    double p = exp(log_p[k]), through = o->gradient == THROUGH ? p * (log_p[k] + H) : 0;
    d[k] = (float)(o->share * (p - q[k]) - (1 - o->share) * through);
  }
  return o->share * cross + (1 - o->share) * H;
}

/* L and dL/dz of one sample with target q, hard.  region: hard */
static double hard(const struct bootstrap *o, size_t K, const double *log_p, const float *q, float *d)
{
  size_t top = 0;
  double L = 0;
  for (size_t k = 1; k < K; k++)
    top = log_p[k] > log_p[top] ? k : top;
  for (size_t k = 0; k < K; k++) {
    double target = o->share * q[k] + (1 - o->share) * (k == top);
    L -= target * log_p[k];
    d[k] = (float)(exp(log_p[k]) - target);
  }
  return L;
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct bootstrap *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    h->log_softmax(h, head->logits + i * K, log_p);
    head->loss[i] = (float)(o->kind == SOFT ? soft : hard)(o, K, log_p, mb->target + i * K, head->dlogits + i * K);
  }
  return log_p ? 0 : -1;
}

HO_PLUGIN(struct bootstrap, .name = "bootstrap", .citation = "reed2015",
          .summary = "targets that mix the given label with the network's prediction", .options = options, .open = open,
          .loss = loss, .opaque = 1);
