/* SPDX-License-Identifier: MIT
 * longer.c - built with a later header of the same ABI, whose struct has more fields: accepted. */
#include <holdout/optimizer.h>

struct later {
  struct ho_optimizer now;
  void *hook[3];
};

extern const struct later later_plugin __asm__("ho_plugin");
__attribute__((visibility("default"))) const struct later later_plugin = {
  .now = { .abi = HO_ABI, .bytes = sizeof(struct later), .self = 1, .name = "longer", .summary = "from the future" },
  .hook = { (void *)1, (void *)2, (void *)3 }
};
