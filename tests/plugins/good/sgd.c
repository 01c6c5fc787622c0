/* SPDX-License-Identifier: MIT
 * sgd.c - ends the chain in tests of chains: hooks that do nothing, one option. */
#include <holdout/optimizer.h>

struct sgd {
  double momentum;
};

static const struct ho_option options[] = {
  HO_OPTION(struct sgd, momentum, HO_REAL, "0.9", "[0,1)", "kept of the last step"), { 0 }
};

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

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  (void)self, (void)h, (void)t, (void)theta, (void)dir, (void)slot;
  return 0;
}

HO_PLUGIN(struct sgd, .name = "sgd", .summary = "ends a chain", .options = options, .slots = 1, .loss = loss,
          .direction = direction, .update = update);
