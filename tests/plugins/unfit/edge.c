/* SPDX-License-Identifier: MIT
 * edge.c - divides by an option whose range includes 0: fails values. */
#include <holdout/optimizer.h>

struct edge {
  double width;
};

static const struct ho_option options[] = {
  HO_OPTION(struct edge, width, HO_REAL, "1", "[0,inf)", "what losses are divided by"), { 0 }
};

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  const struct edge *o = self;
  (void)h, (void)loss;
  for (int i = 0; i < mb->size; i++)
    w[i] *= (float)(1 / o->width);
  return 0;
}

HO_PLUGIN(struct edge, .name = "edge", .summary = "fails at the end of its range", .options = options, .weigh = weigh);
