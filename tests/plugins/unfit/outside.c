/* SPDX-License-Identifier: MIT
 * outside.c - writes behind its tensor: check bounds.  Not in a training, where that is another tensor, whose update may
 * be running: what came of it would be chance. */
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
