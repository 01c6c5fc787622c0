/* SPDX-License-Identifier: MIT
 * lazy.c - does not write a part of the direction that happens to be 0: fails direction. */
#include <holdout/optimizer.h>

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  struct ho_draw want = { .count = 1, .size = h->batch_size };
  struct ho_pass pass = { .net = 0 };
  struct ho_minibatch *mb;
  float *row = h->scratch(h, h->parameters * sizeof *row);
  (void)self;
  if (!row || h->draw(h, &want, &mb) || h->gradients(h, &pass, &mb, 1, row))
    return -1;
  for (size_t k = 0; k + 1 < h->parameters; k++)
    dir[0][k] = row[k];
  return 0;
}

HO_PLUGIN(char, .name = "lazy", .summary = "leaves the last parameter out", .direction = direction);
