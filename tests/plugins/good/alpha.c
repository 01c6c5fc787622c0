/* SPDX-License-Identifier: MIT
 * alpha.c - an option of every type, and hooks that stack. */
#include <holdout/optimizer.h>

struct alpha {
  int count, fast, kind;
  double rate;
  const char *note;
};

#define OPTION(field, type, value, range, help) \
  { \
#field, type, offsetof(struct alpha, field), value, range, help \
  }
static const struct ho_option options[] = { OPTION(count, HO_INT, "3", "[1,10]", "how many"),
                                            OPTION(fast, HO_BOOL, "false", NULL, "a truth value"),
                                            OPTION(kind, HO_CHOICE, "soft", "soft|hard|mixed", "one of several"),
                                            OPTION(rate, HO_REAL, "0.5", "(0,1]", "a share"),
                                            OPTION(note, HO_TEXT, "as it is", NULL, "any text"),
                                            { 0 } };

static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  (void)self, (void)h, (void)mb;
  return 0;
}

HO_PLUGIN(struct alpha, .name = "alpha", .summary = "options of every type", .citation = "nobody2018",
          .options = options, .input = input);
