/* SPDX-License-Identifier: MIT
 * rude.c - does to the whole process what a plugin must not do. */
#include <holdout/optimizer.h>
#include <locale.h>
#include <stdlib.h>

enum { SETLOCALE, USELOCALE, EXIT, QUICK_EXIT, EXIT_IN_OPEN, EXIT_IN_CLOSE, EXIT_IN_UPDATE };

struct rude {
  int mode;
};

static const struct ho_option options[] = {
  HO_OPTION(struct rude, mode, HO_CHOICE, "setlocale",
            "setlocale|uselocale|exit|quick-exit|exit-in-open|exit-in-close|exit-in-update", "what to do"),
  { 0 }
};

/* LC_ALL says which locale; nothing is done without one, which the test sees. */
static int open(void *self, const struct ho_host *h)
{
  const struct rude *o = self;
  if (o->mode == EXIT_IN_OPEN)
    exit(0);
  if (o->mode == SETLOCALE && !setlocale(LC_ALL, ""))
    return h->fail(h, "there is no such locale");
  return 0;
}

static int epoch(void *self, const struct ho_host *h, int end)
{
  const struct rude *o = self;
  if (o->mode == USELOCALE) {
    locale_t mine = newlocale(LC_ALL_MASK, "", (locale_t)0);
    if (!mine)
      return h->fail(h, "there is no such locale");
    uselocale(mine);
  }
  if (end && o->mode == EXIT)
    exit(0);
  if (end && o->mode == QUICK_EXIT)
    quick_exit(0);
  return 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  const struct rude *o = self;
  (void)slot;
  if (o->mode == EXIT_IN_UPDATE)
    exit(0);
  for (size_t k = 0; k < t->size; k++)
    theta[k] -= (float)(h->lr * t->rate) * dir[k];
  return 0;
}

static void close(void *self)
{
  if (((const struct rude *)self)->mode == EXIT_IN_CLOSE)
    exit(0);
}

HO_PLUGIN(struct rude, .name = "rude", .options = options, .open = open, .epoch = epoch, .update = update,
          .close = close);
