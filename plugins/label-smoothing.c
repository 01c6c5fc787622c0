/* SPDX-License-Identifier: MIT
 * label-smoothing.c - Szegedy et al., Rethinking the Inception Architecture for Computer Vision (CVPR 2016),
 * section 7: the target gives an equal share to all classes,  q <- (1 - epsilon) q + epsilon / K.
 *
 * epsilon = 0 is the chain without this plugin.  The order with mixup does not matter. */
#include <holdout/optimizer.h>

struct label_smoothing {
  double epsilon;
};

static const struct ho_option options[] = {
  HO_OPTION(struct label_smoothing, epsilon, HO_REAL, "0.1", "[0,1]", "share of the target that all classes get alike"),
  { 0 },
};

/* q <- (1 - epsilon) q + epsilon / K  region: targets */
static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  const struct label_smoothing *o = self;
  size_t K = (size_t)h->classes;
  for (size_t i = 0; i < (size_t)mb->size * K && o->epsilon > 0; i++)
    mb->target[i] = (float)((1 - o->epsilon) * mb->target[i] + o->epsilon / (double)K);
  return 0;
}

HO_PLUGIN(struct label_smoothing, .name = "label-smoothing", .citation = "szegedy2016",
          .summary = "targets that give all classes a small share", .options = options, .input = input, .opaque = 1);
