/* SPDX-License-Identifier: MIT
 * forgetful.c - keeps a running mean in self and not in state(), so checkpoints lack it: fails resumes. */
#include <holdout/optimizer.h>

struct forgetful {
  double mean;
};

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  struct forgetful *o = self;
  (void)h;
  for (int i = 0; i < mb->size; i++) {
    o->mean = 0.99 * o->mean + 0.01 * loss[i];
    w[i] *= loss[i] > o->mean ? 0.5f : 1;
  }
  return 0;
}

HO_PLUGIN(struct forgetful, .name = "forgetful", .summary = "keeps its memory to itself", .weigh = weigh);
