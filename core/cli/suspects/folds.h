/* SPDX-License-Identifier: MIT
 * folds.h - trains the folds of a run: K runs with its settings, each without one K-th of its training samples. */
#ifndef HO_CLI_FOLDS_H
#define HO_CLI_FOLDS_H

#include "cli/cli.h"
#include "run/rundir.h"

struct ho_folds {
  const struct ho_run_record *run;
  char dir[4096]; /* the folder of the folds' run folders */
  int of;
  const struct ho_arguments *arguments; /* settings of the machine that are given replace the defaults */
  int argc;
  char **argv; /* for the command that goes on after a stop */
};

/* Trains every fold that is not finished, and goes on with those that were stopped.  A fold with other settings than the
 * run's is refused.  Returns the exit status; what is not HO_EXIT_OK has been printed. */
int ho_folds_train(const struct ho_folds *);

#endif
