/* SPDX-License-Identifier: MIT
 * sgd.c - ends a chain but has no update: every chain with it is refused. */
#include <holdout/optimizer.h>

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  (void)self, (void)h, (void)mb, (void)head;
  return 0;
}

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  (void)self, (void)h, (void)dir;
  return 0;
}

HO_PLUGIN(char, .name = "sgd", .summary = "has no update", .loss = loss, .direction = direction);
