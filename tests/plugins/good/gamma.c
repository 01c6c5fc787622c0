/* SPDX-License-Identifier: MIT
 * gamma.c - has a direction, and so has beta: a chain cannot have both. */
#include <holdout/optimizer.h>

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  (void)self, (void)h, (void)dir;
  return 0;
}

HO_PLUGIN(char, .name = "gamma", .summary = "decides the direction", .nets = 2, .direction = direction);
