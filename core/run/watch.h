/* SPDX-License-Identifier: MIT
 * watch.h - who is told what a run does: progress bars, lines, warnings. */
#ifndef HO_WATCH_H
#define HO_WATCH_H

#include "train/score.h"

struct ho_run;

/* step and epoch may be NULL only together with the run that nobody watches. */
struct ho_run_watch {
  void *arg;
  void (*step)(void *arg, const struct ho_run *); /* after every step */
  /* After every epoch, with its seconds; scores NULL: it was not evaluated. */
  void (*epoch)(void *arg, const struct ho_run *, const struct ho_scores *, double seconds);
  void (*warn)(const struct ho_warnings *); /* what does not end a run, but is not as it should be; NULL: not told */
};

/* One sentence.  The watch may be NULL. */
void ho_watch_warn(const struct ho_run_watch *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
