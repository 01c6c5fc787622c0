/* SPDX-License-Identifier: MIT
 * adam.c - Kingma and Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), Algorithm 1, in place of sgd's
 * momentum:
 *
 *    m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2,   g with weight decay added,
 *    theta <- theta - lr m' / (sqrt(v') + epsilon),   m' = m / (1 - beta1^t),   v' = v / (1 - beta2^t).
 *
 * t is the number of this step, from 1.  Without --lr, the learning rate is the paper's. */
#include <holdout/optimizer.h>

struct adam {
  double beta1, beta2, epsilon;
};

static const struct ho_option options[] = {
  HO_OPTION(struct adam, beta1, HO_REAL, "0.9", "[0,1)", "how much of the mean gradient remains at each step"),
  HO_OPTION(struct adam, beta2, HO_REAL, "0.999", "[0,1)", "how much of the mean squared gradient remains"),
  HO_OPTION(struct adam, epsilon, HO_REAL, "1e-8", "(0,inf)", "added to the root of the mean square"),
  { 0 },
};

/* m, v and theta as above.  region: step */
static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g,
                  float *const *slot)
{
  const struct adam *o = self;
  float *m = slot[0], *v = slot[1];
  return h->adam(h, t, theta, g, m, v, o->beta1, o->beta2, o->epsilon);
}

HO_PLUGIN(struct adam, .name = "adam", .citation = "kingma2015",
          .summary = "steps scaled by running moments of the gradient", .options = options, .slots = 2,
          .update = update, .opaque = 1, .lr = 0.001);
