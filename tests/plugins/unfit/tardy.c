/* SPDX-License-Identifier: MIT
 * tardy.c - its predictions differ from the network's only after the last epoch, and it does not declare .late: fails
 * predict. */
#include <holdout/optimizer.h>

struct tardy {
  unsigned char *done;
};

static int open(void *self, const struct ho_host *h)
{
  struct tardy *o = self;
  o->done = h->state(h, "done", "U8", 1);
  return o->done ? 0 : -1;
}

static int epoch(void *self, const struct ho_host *h, int end)
{
  const struct tardy *o = self;
  *o->done = *o->done || (end && h->epoch + 1 == h->epochs);
  return 0;
}

static int predict(void *self, const struct ho_host *h, int n, const float *logits, const float *features, float *out)
{
  const struct tardy *o = self;
  (void)features;
  for (size_t k = 0; k < (size_t)n * (size_t)h->classes; k++)
    out[k] = *o->done ? 2 * logits[k] : logits[k];
  return 0;
}

HO_PLUGIN(struct tardy, .name = "tardy", .summary = "predicts by itself behind the last epoch", .horizon = 1,
          .open = open, .epoch = epoch, .predict = predict);
