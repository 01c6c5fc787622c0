/* SPDX-License-Identifier: MIT
 * state.h - what a run holds while it trains: the training, its folder, its log so far. */
#ifndef HO_RUN_STATE_H
#define HO_RUN_STATE_H

#include "base/folder.h"
#include "run/portion.h"
#include "run/samples.h"
#include "run/watch.h"

struct ho_run {
  struct ho_trainer *trainer;
  char dir[4096];
  struct ho_folder folder; /* held; fd -1: not yet */
  int locked;              /* 0: its file system has no locks */
  int made;                /* by this process */
  int started;             /* config.yaml, labels.tsv and provenance are written */
  char *log;               /* [log_size] log.jsonl so far */
  size_t log_size;
  struct ho_samples samples, left_out; /* the latter of the fold that --fold leaves out; n = 0: none */
  struct ho_scores *score;             /* [scores] every evaluation so far */
  int scores;
  uint64_t saved; /* step of the last checkpoint, 0: none yet */
  struct ho_portion portion;
  const struct ho_run_watch *watch;
  const char *labels_of; /* folder of the run whose labels a fresh one takes; NULL: those that the settings name */
  int warned;            /* that threads are missing */
};

#endif
