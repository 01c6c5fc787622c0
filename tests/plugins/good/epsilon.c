/* SPDX-License-Identifier: MIT
 * epsilon.c - has its own parameters, as delta does: a chain cannot have both.  Asks for more networks than the host
 * supports. */
#include <holdout/optimizer.h>

static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  (void)self, (void)h, (void)mb, (void)head, (void)w, (void)row;
  return 0;
}

HO_PLUGIN(char, .name = "epsilon", .summary = "has parameters of its own", .nets = 5, .own = own);
