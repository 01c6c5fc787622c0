/* SPDX-License-Identifier: MIT
 * counter.c - weights depend on a static counter, which continues in the next training: fails repeats and company. */
#include <holdout/optimizer.h>

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  static int calls;
  (void)self, (void)h, (void)loss;
  calls++;
  for (int i = 0; i < mb->size; i++)
    w[i] *= 1 / (float)calls;
  return 0;
}

HO_PLUGIN(char, .name = "counter", .summary = "counts its calls in a static variable", .weigh = weigh);
