/* SPDX-License-Identifier: MIT
 * halves.c - targets sum to 0.5: fails input. */
#include <holdout/optimizer.h>

static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  (void)self;
  for (int i = 0; i < mb->size * h->classes; i++)
    mb->target[i] /= 2;
  return 0;
}

HO_PLUGIN(char, .name = "halves", .summary = "halves the targets", .input = input);
