/* SPDX-License-Identifier: MIT
 * conform.h - does an optimizer keep its side of holdout/optimizer.h?  Checks of any plugin, whatever its method.
 *
 * Each check trains tiny networks on images made on the spot, with wrong labels, or calls hooks by themselves.  They
 * are rows of a table in conform.c: texts and options (conform_text.c), trainings that must agree to the last bit
 * (conform_train.c), mini-batches, directions and outputs (conform_step.c), the loss and its state (conform_loss.c),
 * own parameters and memory (conform_bounds.c).  One that fails says what was found and what the contract is. */
#ifndef HO_CONFORM_H
#define HO_CONFORM_H

#include "plugin/path.h"

enum ho_verdict { HO_VERDICT_OK, HO_VERDICT_FAILED, HO_VERDICT_SKIPPED, HO_VERDICTS };

struct ho_conform {
  const char *file;
  char *const *folder; /* of --plugin-dir: where sgd is looked for, behind the folder of `file' */
  int nfolders;
  char *const *option; /* NAME.option=value, for every training */
  int noptions;
  void (*begin)(void *arg, const char *check); /* a plugin may end the program: this says where */
  void (*end)(void *arg, const char *check, enum ho_verdict, const char *why);
  void *arg;
};

/* Runs all checks and counts verdicts.  -1: they could not begin, for want of the file, a good option or memory.  A
 * file that is no plugin fails the first check, and there are no more.  The program has as many threads afterwards. */
int ho_conform(const struct ho_conform *, int count[HO_VERDICTS], struct ho_error *);

#endif
