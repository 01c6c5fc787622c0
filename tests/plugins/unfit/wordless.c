/* SPDX-License-Identifier: MIT
 * wordless.c - its option has no help: fails texts. */
#include <holdout/optimizer.h>

struct wordless {
  double x;
};

static const struct ho_option options[] = {
  HO_OPTION(struct wordless, x, HO_REAL, "1", "[0,inf)", NULL),
  { 0 },
};

HO_PLUGIN(struct wordless, .name = "wordless", .summary = "says nothing of its option", .options = options);
