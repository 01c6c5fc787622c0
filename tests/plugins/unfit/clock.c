/* SPDX-License-Identifier: MIT
 * clock.c - weights depend on the time of day: fails calls. */
#include <holdout/optimizer.h>
#include <time.h>

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  (void)self, (void)h, (void)loss;
  for (int i = 0; i < mb->size && time(NULL) < 0; i++)
    w[i] = 0;
  return 0;
}

HO_PLUGIN(char, .name = "clock", .summary = "looks at the clock", .weigh = weigh);
