/* SPDX-License-Identifier: MIT
 * shared.c - a static pointer to the state of the run that was opened last: fails company. */
#include <holdout/optimizer.h>

static double *mean;

static int open(void *self, const struct ho_host *h)
{
  (void)self;
  mean = h->state(h, "mean", "F64", 1);
  return mean ? 0 : -1;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  (void)self, (void)h;
  for (int i = 0; i < mb->size; i++) {
    *mean = 0.9 * *mean + 0.1 * loss[i];
    w[i] *= loss[i] > *mean ? 0.5f : 1;
  }
  return 0;
}

HO_PLUGIN(char, .name = "shared", .summary = "a static pointer to its state", .open = open, .weigh = weigh);
