/* SPDX-License-Identifier: MIT
 * curved.c - half the squared distance of logits and target, which is not linear in the target: fails linear. */
#include <holdout/optimizer.h>

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  size_t K = (size_t)h->classes;
  (void)self;
  for (size_t i = 0; i < (size_t)mb->size; i++) {
    head->loss[i] = 0;
    for (size_t k = 0; k < K; k++) {
      float d = head->logits[i * K + k] - mb->target[i * K + k];
      head->loss[i] += d * d / 2;
      head->dlogits[i * K + k] = d;
    }
  }
  return 0;
}

HO_PLUGIN(char, .name = "curved", .summary = "not linear in the target", .loss = loss);
