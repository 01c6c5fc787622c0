/* SPDX-License-Identifier: MIT
 * conform.h - checks whether an optimizer meets the contract of holdout/optimizer.h, whatever its method.
 *
 * Each check trains tiny networks on generated images with wrong labels, or calls single hooks.  conform.c has the
 * table of checks: texts and options (conform_text.c), trainings that must agree bit for bit (conform_train.c),
 * mini-batches, directions and outputs (conform_step.c), the loss and its state (conform_loss.c), own parameters and
 * memory (conform_bounds.c), arrays that are elsewhere (conform_far.c).  A check that fails reports what was found and
 * what the contract requires. */
#ifndef HO_CONFORM_H
#define HO_CONFORM_H

#include "plugin/path.h"

enum ho_verdict { HO_VERDICT_OK, HO_VERDICT_FAILED, HO_VERDICT_SKIPPED, HO_VERDICTS };

struct ho_conform {
  const char *file;
  char *const *folder; /* [nfolders] of --plugin-dir: where sgd is searched for, after the folder of `file' */
  int nfolders;
  char *const *option; /* [noptions] NAME.option=value, for every training */
  int noptions;
  struct ho_device *device;                    /* that runs the networks; NULL: the CPU */
  void (*begin)(void *arg, const char *check); /* called before each check, as a plugin may end the program */
  void (*end)(void *arg, const char *check, enum ho_verdict, const char *why);
  void *arg;
};

/* Runs all checks and counts the verdicts.  Returns -1 if the checks cannot start: no file, a bad option, no memory.  A
 * file that is not a plugin fails the first check, which is then the only one.  Restores the number of threads. */
int ho_conform(const struct ho_conform *, int count[HO_VERDICTS], struct ho_error *);

#endif
