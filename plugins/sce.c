/* SPDX-License-Identifier: MIT
 * sce.c - Wang et al., Symmetric Cross Entropy for Robust Learning with Noisy Labels (ICCV 2019): cross-entropy plus
 * the reverse cross-entropy, with label and prediction exchanged, in which log 0 is replaced by A = log 0.0001,
 *
 *    L_y = alpha (-log p_y) + beta (-A) (1 - p_y),   dL_y/dz = (alpha - beta A p_y) (p - e_y).
 *
 * alpha = 1, beta = 0 is cross-entropy.  For CIFAR-100 the paper uses alpha = 6, beta = 0.1. */
#include <holdout/optimizer.h>
#include <math.h>

struct sce {
  double alpha, beta, zero;
};

static const struct ho_option options[] = {
  HO_OPTION(struct sce, alpha, HO_REAL, "0.1", "[0,inf)", "factor of cross-entropy"),
  HO_OPTION(struct sce, beta, HO_REAL, "1", "[0,inf)", "factor of the reverse cross-entropy"),
  HO_OPTION(struct sce, zero, HO_REAL, "0.0001", "(0,1)",
            "replaces probabilities of 0 in the label; A is its logarithm"),
  { 0 },
};

/* L_y and dL_y/dz, averaged over the target.  region: loss */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct sce *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p), reverse = o->beta * -log(o->zero);
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    const float *q = mb->target + i * K;
    double L = 0, slope = 0; /* slope: sum_y q_y (alpha - beta A p_y) */
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t y = 0; y < K; y++) {
      double p = exp(log_p[y]);
      L += q[y] * (o->alpha * -log_p[y] + reverse * (1 - p));
      slope += q[y] * (o->alpha + reverse * p);
    }
    for (size_t k = 0; k < K; k++) {
      double p = exp(log_p[k]);
      head->dlogits[i * K + k] = (float)(slope * p - q[k] * (o->alpha + reverse * p));
    }
    head->loss[i] = (float)L;
  }
  return log_p ? 0 : -1;
}

HO_PLUGIN(struct sce, .name = "sce", .citation = "wang2019", .summary = "cross-entropy plus its reverse",
          .options = options, .loss = loss, .opaque = 1);
