/* SPDX-License-Identifier: MIT
 * dice.c - weights by rand(), which does not depend on the run's seed: fails calls and repeats. */
#include <holdout/optimizer.h>
#include <stdlib.h>

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  (void)self, (void)h, (void)loss;
  for (int i = 0; i < mb->size; i++)
    w[i] *= (float)(rand() % 3);
  return 0;
}

HO_PLUGIN(char, .name = "dice", .summary = "throws dice of its own", .weigh = weigh);
