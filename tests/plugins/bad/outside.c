/* SPDX-License-Identifier: MIT
 * outside.c - refused: an option is stored outside its struct. */
#include <holdout/optimizer.h>

struct self {
  double rate;
};

static const struct ho_option options[] = { { "rate", HO_REAL, 4096, "0.5", "[0,1]", "far away" }, { 0 } };

HO_PLUGIN(struct self, .name = "outside", .summary = "writes where it should not", .options = options);
