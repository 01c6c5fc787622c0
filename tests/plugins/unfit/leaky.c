/* SPDX-License-Identifier: MIT
 * leaky.c - leaks memory each time it is opened: fails leaks, in a build with sanitizers. */
#include <holdout/optimizer.h>
#include <stdlib.h>

struct leaky {
  void *memory;
};

static int open(void *self, const struct ho_host *h)
{
  struct leaky *o = self;
  (void)h;
  o->memory = malloc(1000);
  return o->memory ? 0 : -1;
}

HO_PLUGIN(struct leaky, .name = "leaky", .summary = "frees nothing", .open = open);
