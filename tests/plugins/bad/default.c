/* SPDX-License-Identifier: MIT
 * default.c - refused: the default of an option is outside its range. */
#include <holdout/optimizer.h>

struct self {
  double rate;
};

static const struct ho_option options[] = {
  HO_OPTION(struct self, rate, HO_REAL, "1.5", "[0,1]", "more than is allowed"), { 0 }
};

HO_PLUGIN(struct self, .name = "default", .summary = "contradicts itself", .options = options);
