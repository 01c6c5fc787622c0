/* SPDX-License-Identifier: MIT
 * rundir.h - reads the folder of a run, finished or not: settings, state, scores. */
#ifndef HO_RUNDIR_H
#define HO_RUNDIR_H

#include "base/error.h"
#include "base/sha256.h"
#include "labels/truth.h"
#include "settings/settings.h"

/* The numbers of a run that are compared, by their names in summary.json. */
enum {
  HO_METRIC_LAST,
  HO_METRIC_BEST,
  HO_METRIC_SELECTED,
  HO_METRIC_GIVEN,
  HO_METRIC_TRUE,
  HO_METRIC_LOSS,
  HO_METRICS
};
extern const char *const ho_metric_names[HO_METRICS];

enum ho_run_state { HO_RUN_FINISHED, HO_RUN_RUNNING, HO_RUN_HALTED };

struct ho_run_record {
  char dir[4096];              /* as it was found: the argument, or below it */
  struct ho_settings settings; /* config.yaml */
  enum ho_truth truth;         /* of its training labels */
  enum ho_run_state state;
  long long epoch;                  /* epochs done, as far as they are written */
  double metric[HO_METRICS];        /* NaN: there is none (yet) */
  char data_sha256[HO_SHA256_TEXT]; /* "" until it is finished */
};

/* The seed of a run's labels, --noise-seed -1 resolved. */
long long ho_run_noise_seed(const struct ho_run_record *);

/* Fails unless the folder is that of a run, that is, has a config.yaml. */
int ho_rundir_check(const char *dir, struct ho_error *);

/* Reads config.yaml and summary.json, or, of an unfinished run, log.jsonl.  Strict: a damaged file is an error. */
int ho_rundir_read(const char *dir, struct ho_run_record *, struct ho_error *);
void ho_rundir_free(struct ho_run_record *);

/* Run folders: `path' itself, or those below it, at most two folders down, in natural order of their names. */
struct ho_run_list {
  struct ho_run_record *run;
  int n;
  struct ho_rundir_seen {
    unsigned long long device, inode;
  } * seen; /* [n]: a folder found twice is listed once */
};

/* NAME-folds/fold-I-of-K, the parts of a run, only where the path is that of NAME-folds or of the part.  -1 also if there
 * is no run. */
int ho_rundir_add(struct ho_run_list *, const char *path, struct ho_error *);
void ho_run_list_free(struct ho_run_list *);

#endif
