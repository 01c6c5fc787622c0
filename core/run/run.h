/* SPDX-License-Identifier: MIT
 * run.h - a training with a folder of its own: what lies in it, and the loop that fills it.
 *
 * config.yaml             every setting that decides the run; `holdout train -c config.yaml' repeats it
 * labels.tsv              index, true (where known) and given label of every training (and validation) image
 * log.jsonl               a line per epoch
 * timing.jsonl            provenance and speed: whatever differs between two equal runs
 * samples.safetensors     per training sample and evaluation: loss, margin, prediction, weight
 * checkpoint.safetensors  all it takes to go on; checkpoint.previous.safetensors, the one before it
 * summary.json            the results, when it is finished
 *
 * The folder is locked while a process works on it. */
#ifndef HO_RUN_H
#define HO_RUN_H

#include <signal.h>

#include "base/folder.h"
#include "train/trainer.h"

/* Per evaluated training sample, one row per evaluation. */
struct ho_samples {
  size_t n;                /* samples scored: --eval-size of them, or all */
  uint32_t *sample;        /* [n] ascending */
  uint32_t *image;         /* [n] index in the data set */
  uint16_t *given, *truth; /* truth NULL: not known */
  int rows, room;
  uint32_t *epoch;               /* [rows] */
  float *loss, *margin, *weight; /* [rows][n] */
  uint16_t *prediction;
};

struct ho_run {
  struct ho_trainer *trainer;
  char dir[4096];
  struct ho_folder folder; /* held; fd -1: not yet */
  int locked;              /* it is; its file system may have no locks */
  int made;                /* by this process */
  int started;             /* config.yaml, labels.tsv and provenance are written */
  char *log;               /* log.jsonl so far */
  size_t log_size;
  struct ho_samples samples;
  struct ho_scores *score; /* every evaluation so far */
  int scores;
  uint64_t saved; /* step of the last checkpoint, 0: none yet */
  const struct ho_run_watch *watch;
  int warned; /* of threads that are missing */
};

enum ho_run_end { HO_RUN_FAILED = -1, HO_RUN_DONE = 0, HO_RUN_STOPPED = 1 };

/* Told after every step and every epoch, for progress bars and lines; and what does not end a run, but is not as it
 * should be. */
struct ho_run_watch {
  void *arg;
  void (*step)(void *arg, const struct ho_run *);
  void (*epoch)(void *arg, const struct ho_run *, const struct ho_scores *, double seconds);
  void (*warn)(const struct ho_warnings *); /* before the first step, or at it */
};
void ho_run_warn(const struct ho_run *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Trains to the end, or until *stop is set: then a checkpoint is written after the current step.  A fresh run needs
 * settings->run_dir, a resumed one settings->resume. */
enum ho_run_end ho_run_train(const struct ho_settings *, const struct ho_plugin_path *, const struct ho_run_watch *,
                             const volatile sig_atomic_t *stop, struct ho_error *);

/* A trainer at the state of RUN's checkpoint, for evaluation; `settings' are those of RUN/config.yaml. */
struct ho_trainer *ho_run_load(const char *dir, const struct ho_settings *, const struct ho_plugin_path *,
                               struct ho_error *);

/* Scores the test set, the training samples against given and true labels, and the validation part. */
int ho_run_score(struct ho_trainer *, struct ho_samples *, struct ho_scores *, struct ho_error *);
int ho_samples_make(struct ho_samples *, const struct ho_trainer *, struct ho_error *);
void ho_samples_free(struct ho_samples *);
int ho_samples_write(const struct ho_samples *, const char *path, struct ho_error *);
/* The rows up to `epoch' that an earlier process wrote. */
int ho_samples_read(struct ho_samples *, const char *path, uint64_t epoch, struct ho_error *);
/* All that a run's file holds, without the run; `sample' stays NULL.  What is damaged is refused. */
int ho_samples_load(struct ho_samples *, const char *path, struct ho_error *);

/* checkpoint.c: the last two are kept, the newest first. */
extern const char *const ho_checkpoint_names[2];
/* The newest that a run folder has, into path; -1: none. */
int ho_checkpoint_find(const char *dir, char path[4096]);
int ho_checkpoint_write(const struct ho_run *, const char *path, struct ho_error *);
/* To go on (resume), every setting must be the same, else only network, chain, data and labels. */
int ho_checkpoint_read(struct ho_run *, const char *path, int resume, struct ho_error *);

/* runlog.c */
int ho_runlog_add(struct ho_run *, const struct ho_scores *, struct ho_error *); /* scores NULL: not evaluated */
int ho_runlog_write(const struct ho_run *, struct ho_error *);
int ho_runlog_summary(const struct ho_run *, struct ho_error *);

/* timing.c: at each start of the program, and at the end of each epoch. */
int ho_timing_start(const struct ho_run *, struct ho_error *);
int ho_timing_epoch(const struct ho_run *, double seconds, struct ho_error *);

#endif
