/* SPDX-License-Identifier: MIT
 * restless.c - its state changes in every pass, not only in first passes: fails still. */
#include <holdout/optimizer.h>
#include <math.h>

struct restless {
  uint32_t *seen;
};

static int open(void *self, const struct ho_host *h)
{
  struct restless *o = self;
  o->seen = h->state(h, "seen", "U32", 1);
  return o->seen ? 0 : -1;
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  struct restless *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    h->log_softmax(h, head->logits + i * K, log_p);
    head->loss[i] = 0;
    for (size_t k = 0; k < K; k++) {
      head->loss[i] -= mb->target[i * K + k] * (float)log_p[k];
      head->dlogits[i * K + k] = (float)exp(log_p[k]) - mb->target[i * K + k];
    }
  }
  ++*o->seen;
  return log_p ? 0 : -1;
}

HO_PLUGIN(struct restless, .name = "restless", .summary = "counts every pass", .open = open, .loss = loss);
