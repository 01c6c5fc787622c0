/* SPDX-License-Identifier: MIT
 * reckless.c - has an array indexed by sample that is too short for the clean pool: fails bounds, in a build with
 * sanitizers. */
#include <holdout/optimizer.h>

struct reckless {
  uint32_t *seen; /* [samples] */
};

static int open(void *self, const struct ho_host *h)
{
  struct reckless *o = self;
  o->seen = h->state(h, "seen", "U32", h->samples);
  return o->seen ? 0 : -1;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  struct reckless *o = self;
  (void)h, (void)loss;
  for (int i = 0; i < mb->size; i++)
    w[i] /= (float)++o->seen[mb->id[i]];
  return 0;
}

HO_PLUGIN(struct reckless, .name = "reckless", .summary = "an array that is too short", .open = open, .weigh = weigh);
