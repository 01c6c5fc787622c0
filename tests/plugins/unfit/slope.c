/* SPDX-License-Identifier: MIT
 * slope.c - its gradient is 10 % too large: fails gradient. */
#include <holdout/optimizer.h>
#include <math.h>

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  (void)self;
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    h->log_softmax(h, head->logits + i * K, log_p);
    head->loss[i] = 0;
    for (size_t k = 0; k < K; k++) {
      head->loss[i] -= mb->target[i * K + k] * (float)log_p[k];
      head->dlogits[i * K + k] = 1.1f * ((float)exp(log_p[k]) - mb->target[i * K + k]);
    }
  }
  return log_p ? 0 : -1;
}

HO_PLUGIN(char, .name = "slope", .summary = "a gradient that is not the loss's", .loss = loss);
