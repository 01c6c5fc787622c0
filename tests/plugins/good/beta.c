/* SPDX-License-Identifier: MIT
 * beta.c - has a direction, and so has gamma: a chain cannot have both. */
#include <holdout/optimizer.h>

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  (void)self, (void)h, (void)dir;
  return 0;
}

HO_PLUGIN(char, .name = "beta", .summary = "decides the direction", .direction = direction);
