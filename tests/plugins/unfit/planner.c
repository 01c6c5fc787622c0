/* SPDX-License-Identifier: MIT
 * planner.c - depends on the number of epochs and does not declare it: fails horizon. */
#include <holdout/optimizer.h>

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  (void)self, (void)loss;
  for (int i = 0; i < mb->size; i++)
    w[i] *= 1 - (float)h->step / (float)h->steps;
  return 0;
}

HO_PLUGIN(char, .name = "planner", .summary = "plans with the number of steps", .weigh = weigh);
