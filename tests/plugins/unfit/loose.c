/* SPDX-License-Identifier: MIT
 * loose.c - its option takes any number: fails ranges. */
#include <holdout/optimizer.h>

struct loose {
  double x;
};

static const struct ho_option options[] = {
  HO_OPTION(struct loose, x, HO_REAL, "1", NULL, "anything"),
  { 0 },
};

HO_PLUGIN(struct loose, .name = "loose", .summary = "takes any number", .options = options);
