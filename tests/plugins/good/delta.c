/* SPDX-License-Identifier: MIT
 * delta.c - has its own parameters, as epsilon does, and slots for its update. */
#include <holdout/optimizer.h>

static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  (void)self, (void)h, (void)mb, (void)head, (void)w, (void)row;
  return 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  (void)self, (void)h, (void)t, (void)theta, (void)dir, (void)slot;
  return 0;
}

HO_PLUGIN(char, .name = "delta", .summary = "has parameters of its own", .slots = 3, .own = own, .update = update);
