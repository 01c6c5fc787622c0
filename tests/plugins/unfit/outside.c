/* SPDX-License-Identifier: MIT
 * outside.c - writes back the number behind its tensor, a little larger: check bounds. */
#include <holdout/optimizer.h>

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  (void)self, (void)slot;
  for (size_t k = 0; k < t->size; k++)
    theta[k] -= (float)h->lr * dir[k];
  if (t->offset == 0)
    theta[t->size] = 0.5f;
  return 0;
}

HO_PLUGIN(char, .name = "outside", .summary = "writes behind its tensor", .update = update);
