/* SPDX-License-Identifier: MIT
 * overflow.c - a naive softmax, which overflows for large logits: fails gradient. */
#include <holdout/optimizer.h>
#include <math.h>

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  size_t K = (size_t)h->classes;
  (void)self;
  for (size_t i = 0; i < (size_t)mb->size; i++) {
    const float *z = head->logits + i * K, *q = mb->target + i * K;
    float sum = 0;
    for (size_t k = 0; k < K; k++)
      sum += expf(z[k]);
    head->loss[i] = 0;
    for (size_t k = 0; k < K; k++) {
      head->loss[i] -= q[k] * logf(expf(z[k]) / sum);
      head->dlogits[i * K + k] = expf(z[k]) / sum - q[k];
    }
  }
  return 0;
}

HO_PLUGIN(char, .name = "overflow", .summary = "overflows where logits are large", .loss = loss);
