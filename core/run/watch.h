/* SPDX-License-Identifier: MIT
 * watch.h - callbacks of a run, for progress bars, lines and warnings. */
#ifndef HO_WATCH_H
#define HO_WATCH_H

#include "train/score.h"

struct ho_run;

struct ho_run_watch {
  void *arg;
  void (*step)(void *arg, const struct ho_run *); /* after every step */
  /* After every epoch, with its seconds; scores NULL: it was not evaluated. */
  void (*epoch)(void *arg, const struct ho_run *, const struct ho_scores *, double seconds);
  void (*warn)(const struct ho_warnings *); /* of problems that do not end the run; may be NULL */
};

/* One sentence.  The watch may be NULL. */
void ho_watch_warn(const struct ho_run_watch *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
