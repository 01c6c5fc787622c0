/* SPDX-License-Identifier: MIT
 * alpha.c - an option of every type, and hooks that stack. */
#include <holdout/optimizer.h>

struct alpha {
  int count, fast, kind;
  double rate;
  const char *note;
};

static const struct ho_option options[] = {
  HO_OPTION(struct alpha, count, HO_INT, "3", "[1,10]", "how many"),
  HO_OPTION(struct alpha, fast, HO_BOOL, "false", NULL, "a truth value"),
  HO_OPTION(struct alpha, kind, HO_CHOICE, "soft", "soft|hard|mixed", "one of several"),
  HO_OPTION(struct alpha, rate, HO_REAL, "0.5", "(0,1]", "a share"),
  HO_OPTION(struct alpha, note, HO_TEXT, "as it is", NULL, "any text"),
  { 0 },
};

static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  (void)self, (void)h, (void)mb;
  return 0;
}

HO_PLUGIN(struct alpha, .name = "alpha", .summary = "options of every type", .citation = "nobody2018",
          .options = options, .input = input);
