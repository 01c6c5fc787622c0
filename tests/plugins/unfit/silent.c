/* SPDX-License-Identifier: MIT
 * silent.c - fails in the second epoch without a message: fails trains. */
#include <holdout/optimizer.h>

static int epoch(void *self, const struct ho_host *h, int end)
{
  (void)self;
  return h->epoch == 1 && end ? -1 : 0;
}

HO_PLUGIN(char, .name = "silent", .summary = "fails without a word", .epoch = epoch);
