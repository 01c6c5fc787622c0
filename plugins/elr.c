/* SPDX-License-Identifier: MIT
 * elr.c - Liu et al., Early-Learning Regularization Prevents Memorization of Noisy Labels (NeurIPS 2020): every sample
 * has a running mean t of past predictions, and its loss pulls towards that,
 *
 *    t <- beta t + (1 - beta) p,   L = -sum_k q_k log p_k + lambda log(1 - <p, t>),
 *    dL/dz = (p - q) - lambda / (1 - <p, t>) p (t - <p, t>).
 *
 * t starts at 0 and is updated in the first pass over a sample in a step, before the loss; there p is clamped to
 * [1e-4, 1 - 1e-4] and normalised.  A mixed image is pulled towards the mixture of its two t, and updates the first in
 * proportion to its share.  lambda = 0 is cross-entropy.  For CIFAR-100 the paper uses beta = 0.9, lambda = 7.
 *
 * In the authors' code the p in <p, t> is also clamped, though not normalised, and a probability outside these bounds
 * has no gradient there: elr.clamp=both. */
#include <holdout/optimizer.h>
#include <math.h>

struct elr {
  double beta, lambda;
  int clamp;
  float *t; /* [nets][samples][classes] */
};

static const struct ho_option options[] = {
  HO_OPTION(struct elr, beta, HO_REAL, "0.7", "[0,1)", "share of a sample's memory that is kept each time it is seen"),
  HO_OPTION(struct elr, lambda, HO_REAL, "3", "[0,inf)", "strength of the pull"),
  HO_OPTION(struct elr, clamp, HO_CHOICE, "memory", "memory|both",
            "where p is clamped: in the memory, or also in <p, t>, as in the authors' code"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct elr *o = self;
  o->t = h->state(h, "memory", "F32", (size_t)h->nets * h->samples * (size_t)h->classes);
  return o->t ? 0 : -1;
}

static double clamped(double p)
{
  return fmin(fmax(p, 1e-4), 1 - 1e-4);
}

/* t <- beta t + (1 - beta) p, with 1 - beta times the share for a mixed image.  region: remember */
static void remember(const struct elr *o, size_t K, const double *log_p, double share, float *t)
{
  double sum = 0, moved = (1 - o->beta) * share;
  for (size_t k = 0; k < K; k++)
    sum += clamped(exp(log_p[k]));
  for (size_t k = 0; k < K; k++) {
    double p = clamped(exp(log_p[k])) / sum;
    t[k] = (float)((1 - moved) * t[k] + moved * p);
  }
}

/* Only training samples have a memory; the others get cross-entropy.  region: loss */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct elr *o = self;
  size_t K = (size_t)h->classes, N = h->samples;
  float *memory = o->t + (size_t)head->net * N * K;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  for (size_t i = 0; log_p && i < (size_t)mb->size && head->first; i++) {
    h->log_softmax(h, head->logits + i * K, log_p);
    if (mb->id[i] < N)
      remember(o, K, log_p, mb->lambda[i], memory + mb->id[i] * K);
  }
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    int known = mb->id[i] < N && mb->mate[i] < N;
    const float *q = mb->target + i * K, *a = memory + (known ? mb->id[i] * K : 0);
    const float *b = memory + (known ? mb->mate[i] * K : 0);
    double L = 0, inner = 0, slope = 0, share = mb->lambda[i], lambda = known ? o->lambda : 0;
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t k = 0; k < K; k++) {
      L -= q[k] * log_p[k];
      if (lambda == 0)
        continue;
      double p = exp(log_p[k]), t = share * a[k] + (1 - share) * b[k], bound = o->clamp ? clamped(p) : p;
      inner += bound * t;
      slope += p == bound ? p * t : 0;
    }
    for (size_t k = 0; k < K; k++) {
      double p = exp(log_p[k]), d = p - q[k];
      double t = o->clamp && p != clamped(p) ? 0 : share * a[k] + (1 - share) * b[k];
      if (lambda > 0)
        d -= lambda / (1 - inner) * p * (t - slope);
      head->dlogits[i * K + k] = (float)d;
    }
    head->loss[i] = (float)(L + (lambda > 0 ? lambda * log(1 - inner) : 0));
  }
  return log_p ? 0 : -1;
}

HO_PLUGIN(struct elr, .name = "elr", .citation = "liu2020",
          .summary = "early-learning regularization: hold on to earlier predictions", .options = options, .open = open,
          .loss = loss, .opaque = 1);
