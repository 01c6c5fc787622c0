/* SPDX-License-Identifier: MIT
 * outside.c - writes beyond its tensor: fails bounds.  Not while training, where that is another tensor, which may be
 * updated at the same time: the result would be random. */
#include <holdout/optimizer.h>

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  int training = theta == h->theta[0] + t->offset;
  (void)self, (void)slot;
  for (size_t k = 0; k < t->size; k++)
    theta[k] -= (float)h->lr * dir[k];
  if (!training)
    theta[t->size] = 0.5f;
  return 0;
}

HO_PLUGIN(char, .name = "outside", .summary = "writes behind its tensor", .update = update);
