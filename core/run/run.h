/* SPDX-License-Identifier: MIT
 * run.h - a training with a folder of its own: what lies in it, and the loop that fills it.
 *
 * config.yaml             every setting that decides the run; `holdout train -c config.yaml' repeats it
 * labels.tsv              index, true (where known) and given label of every training (and validation) image; which part
 *                         an image is in follows from config.yaml (ho_source_make)
 * log.jsonl               a line per epoch
 * timing.jsonl            provenance and speed: whatever differs between two equal runs
 * samples.safetensors     per training sample and evaluation: loss, margin, prediction, weight
 * left-out.safetensors    the same for the fold that --fold leaves out, where there is one
 * checkpoint.safetensors  everything needed to resume; checkpoint.previous.safetensors, the one before it
 * summary.json            the results, when it is finished
 *
 * The folder is locked while a process works on it. */
#ifndef HO_RUN_H
#define HO_RUN_H

#include <signal.h>

#include "run/state.h"

enum ho_run_end { HO_RUN_FAILED = -1, HO_RUN_DONE = 0, HO_RUN_STOPPED = 1, HO_RUN_OUT_OF_TIME = 2 };

/* Trains on a device (NULL: the CPU) to the end, or until *stop is set: then a checkpoint is written after the current
 * step.  Also stops with a checkpoint, after at least one step, when there is no time for another one before
 * settings->time_limit, counted from the call.  A fresh run needs settings->run_dir, a resumed one settings->resume.  On
 * HO_RUN_FAILED *err is set, and the last checkpoint is whole. */
enum ho_run_end ho_run_train(const struct ho_settings *, const struct ho_plugin_path *, struct ho_device *,
                             const struct ho_run_watch *, const volatile sig_atomic_t *stop, struct ho_error *);

/* As ho_run_train.  A fresh run takes the labels of noise file:PATH from where the run in the folder `labels_of' does: from
 * the label file that this run has noted, or else from its labels.tsv. */
enum ho_run_end ho_run_train_fold(const struct ho_settings *, const char *labels_of, const struct ho_plugin_path *,
                                  struct ho_device *, const struct ho_run_watch *, const volatile sig_atomic_t *stop,
                                  struct ho_error *);

/* A trainer at the state of the checkpoint in `dir', for evaluation; the settings are those of dir/config.yaml.  Freed by
 * ho_trainer_free; NULL with *err set. */
struct ho_trainer *ho_run_load(const char *dir, const struct ho_settings *, const struct ho_plugin_path *,
                               struct ho_device *, struct ho_error *);

#endif
