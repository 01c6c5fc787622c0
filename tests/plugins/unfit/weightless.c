/* SPDX-License-Identifier: MIT
 * weightless.c - a weight that is NaN: fails weigh, and trains, as the gradient is NaN, too. */
#include <holdout/optimizer.h>
#include <math.h>

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  (void)self, (void)loss;
  if (h->step == 5)
    w[mb->size / 2] = (float)NAN;
  return 0;
}

HO_PLUGIN(char, .name = "weightless", .summary = "a weight that is none", .weigh = weigh);
