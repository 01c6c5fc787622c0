/* SPDX-License-Identifier: MIT
 * mixup.c - Zhang et al., mixup: Beyond Empirical Risk Minimization (ICLR 2018): the images and targets of a
 * mini-batch are mixed with a permutation of themselves,
 *
 *    x <- lambda x + (1 - lambda) x_pi,   q <- lambda q + (1 - lambda) q_pi,   lambda ~ Beta(alpha, alpha),
 *
 * with one lambda and one permutation pi for each mini-batch.  Mixing within a mini-batch keeps matched mini-batches
 * comparable, so bilevel+mixup works unchanged.  alpha = 0 is the chain without this plugin. */
#include <holdout/optimizer.h>

struct mixup {
  double alpha;
};

static const struct ho_option options[] = {
  HO_OPTION(struct mixup, alpha, HO_REAL, "1", "[0,inf)",
            "of Beta(alpha, alpha); the larger, the more equal the shares; with wrong labels, 8 to 32"),
  { 0 },
};

/* Beta(alpha, alpha) from two Gammas.  For a tiny alpha both may underflow to 0; then lambda is 0 or 1. */
static double beta(const struct ho_host *h, struct ho_stream *stream, double alpha)
{
  double a = h->gamma(stream, alpha), b = h->gamma(stream, alpha);
  return a + b > 0 ? a / (a + b) : (double)(h->uniform(stream) < 0.5);
}

/* One lambda and one permutation for the mini-batch.  region: mix */
static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  const struct mixup *o = self;
  size_t n = (size_t)mb->size;
  if (o->alpha == 0)
    return 0;
  int *partner = h->scratch(h, n * sizeof *partner);
  float *lambda = h->scratch(h, n * sizeof *lambda);
  if (!partner || !lambda)
    return -1;
  struct ho_stream stream = h->stream(h, "mix", h->step, (uint64_t)mb->index);
  lambda[0] = (float)beta(h, &stream, o->alpha);
  for (size_t i = 1; i < n; i++)
    lambda[i] = lambda[0];
  h->permute(&stream, partner, mb->size);
  return h->mix(h, mb, partner, lambda);
}

HO_PLUGIN(struct mixup, .name = "mixup", .citation = "zhang2018mixup",
          .summary = "mix the images and targets of a mini-batch in pairs", .options = options, .input = input,
          .opaque = 1);
