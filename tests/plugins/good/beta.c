/* SPDX-License-Identifier: MIT
 * beta.c - decides the direction, as a second plugin of this folder does: a chain cannot have both. */
#include <holdout/optimizer.h>

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  (void)self, (void)h, (void)dir;
  return 0;
}

HO_PLUGIN(char, .name = "beta", .summary = "decides the direction", .direction = direction);
