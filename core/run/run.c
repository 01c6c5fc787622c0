/* SPDX-License-Identifier: MIT
 * run.c - the loop over epochs; see run.h. */
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "compute/parallel.h"
#include "labels/label_file.h"
#include "run/checkpoint.h"
#include "run/claim.h"
#include "run/runlog.h"
#include "run/timing.h"
#include "run/weights.h"
#include "run/whereabouts.h"

static int write_config(const struct ho_run *run, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  char path[4096], **option;
  int n;
  if (ho_chain_settings(&t->chain, &option, &n, err))
    return -1;
  int bad = !ho_claim_path(run, "config.yaml", path, err) || ho_settings_write_yaml(t->settings, path, option, n, err);
  ho_chain_settings_free(option, n);
  return bad ? -1 : 0;
}

/* Config and labels appear once the first step has shown that the run fits the machine.  A run that starts over keeps
 * its config until the new one replaces it: without one it could not be resumed, were it killed here. */
static int write_start(const struct ho_run *run, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  char path[4096];
  struct ho_label_file rows;
  if (t->settings->resume || t->settings->overwrite)
    ho_claim_sweep(run);
  if (ho_claim_delete_all(run, t->settings->resume != NULL, err)) /* --overwrite deletes nothing before this */
    return -1;
  if (write_config(run, err) || ho_labelled_rows(&t->source.labelled, &t->source.data, &rows, err))
    return -1;
  int bad = !ho_claim_path(run, "labels.tsv", path, err) ||
            ho_label_file_write(path, &rows, t->source.noise.spec, t->source.noise.rate, err);
  ho_labelled_rows_free(&rows);
  return bad ? -1 : 0;
}

/* ---- the loop ---- */

/* No step has failed, but the last one may have left parameters that make the next one fail. */
static int check_parameters(struct ho_trainer *t, struct ho_error *err)
{
  int finite = 1;
  if (ho_trainer_settle(t, err))
    return -1;
  for (int k = 0; k < t->host.nets && finite; k++)
    if (ho_network_finite(&t->network, k, &finite, err))
      return -1;
  return finite ? 0
                : ho_error_set_as(
                      err, HO_ERROR_DIVERGED,
                      "parameters are not finite after step %llu: training has diverged; a smaller --lr may help",
                      (unsigned long long)t->host.step);
}

static int write_samples(const struct ho_run *run, const char *name, const struct ho_samples *s, struct ho_error *err)
{
  char path[4096];
  if (!s->n)
    return 0;
  return ho_claim_path(run, name, path, err) && !ho_samples_write(s, path, err) ? 0 : -1;
}

/* As an earlier process wrote them: with an evaluation for each that the checkpoint has scores of. */
static int read_samples(struct ho_run *run, const char *name, struct ho_samples *s, uint64_t done, struct ho_error *err)
{
  char path[4096];
  if (!s->n)
    return 0;
  if (!ho_claim_path(run, name, path, err) || ho_samples_read(s, path, done, err))
    return -1;
  if (s->rows != run->scores)
    return ho_error_set(err, "%s: it has %d evaluations, the checkpoint %d", path, s->rows, run->scores);
  return 0;
}

static int checkpoint(struct ho_run *run, struct ho_error *err)
{
  char path[4096], previous[4096];
  double began = ho_clock_now();
  if (check_parameters(run->trainer, err) || ho_runlog_write(run, err) ||
      write_samples(run, "samples.safetensors", &run->samples, err) ||
      write_samples(run, "left-out.safetensors", &run->left_out, err) ||
      !ho_claim_path(run, ho_checkpoint_names[0], path, err) ||
      !ho_claim_path(run, ho_checkpoint_names[1], previous, err) || ho_file_keep(path, previous, err) ||
      ho_checkpoint_write(run, path, err))
    return -1;
  run->saved = run->trainer->host.step;
  ho_portion_note(&run->portion, HO_PORTION_CHECKPOINT, ho_clock_now() - began);
  return 0;
}

static int score(struct ho_run *run, struct ho_scores *out, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  struct ho_scores *longer = realloc(run->score, (size_t)(run->scores + 1) * sizeof *longer);
  if (!longer)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: evaluation %d", run->scores);
  run->score = longer;
  if (ho_samples_score(&run->samples, t, out, err) ||
      ho_samples_score_left_out(&run->left_out, t, (uint32_t)out->epoch, err))
    return -1;
  run->score[run->scores++] = *out;
  ho_sample_weights_clear(&t->weights);
  return 0;
}

static int evaluates(const struct ho_settings *s, uint64_t epochs_done)
{
  return epochs_done % (uint64_t)s->eval_every == 0 || epochs_done == (uint64_t)s->epochs;
}

/* After the last step of an epoch: hooks, evaluation, log. */
static int end_epoch(struct ho_run *run, double seconds, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  const struct ho_settings *s = t->settings;
  uint64_t done = t->host.step / ho_steps_per_epoch(t);
  int due = evaluates(s, done);
  double began = ho_clock_now();
  struct ho_scores scores = { .epoch = (double)done };
  if (ho_trainer_epoch(t, 1, err) || (due && score(run, &scores, err)) ||
      ho_runlog_add(run, due ? &scores : NULL, err) || ho_timing_epoch(run, seconds, err))
    return -1;
  if (run->watch->epoch)
    run->watch->epoch(run->watch->arg, run, due ? &scores : NULL, seconds);
  if (due)
    ho_portion_note(&run->portion, HO_PORTION_EPOCH_END, ho_clock_now() - began);
  t->tally.n = 0;
  return 0;
}

/* Warns once.  Fewer threads change the speed, not the results. */
static void warn_of_threads(struct ho_run *run)
{
  int why, missing = ho_parallel_missing(&why);
  if (missing && !run->warned)
    ho_watch_warn(run->watch,
                  "%d of %d threads could not be started (%s): the limit on processes (ulimit -u, a container's pids) "
                  "is reached; the run continues with fewer",
                  missing, ho_parallel_workers(), strerror(why));
  run->warned = 1;
}

/* Is there time for the next step, and for what comes with it? */
static int has_time(const struct ho_run *run)
{
  const struct ho_trainer *t = run->trainer;
  uint64_t epoch = ho_steps_per_epoch(t), next = t->host.step + 1;
  int ends = next % epoch == 0 && evaluates(t->settings, next / epoch);
  return ho_portion_fits(&run->portion, ho_clock_now(), t->host.step % epoch == 0, ends);
}

/* Why the run must stop before its next step: HO_RUN_STOPPED, HO_RUN_OUT_OF_TIME, or HO_RUN_DONE if it need not. */
static enum ho_run_end must_stop(const struct ho_run *run, const volatile sig_atomic_t *stop)
{
  return *stop ? HO_RUN_STOPPED : has_time(run) ? HO_RUN_DONE : HO_RUN_OUT_OF_TIME;
}

/* With a time limit, this process wants to know early how long a checkpoint takes. */
static int untimed(const struct ho_run *run)
{
  return ho_portion_limited(&run->portion) && !run->portion.seen[HO_PORTION_CHECKPOINT];
}

/* After its first step: writes one, and guesses at the seconds of an evaluation, which only passes images forward. */
static int time_checkpoint(struct ho_run *run, struct ho_error *err)
{
  const struct ho_trainer *t = run->trainer;
  double images = (double)(t->source.test.part[HO_PART_TRAIN].n + run->samples.n + run->left_out.n +
                           t->source.labelled.split.part[HO_PART_VALIDATION].n);
  ho_portion_expect(&run->portion, HO_PORTION_EPOCH_END,
                    run->portion.seconds[HO_PORTION_STEP] * images / (3.0 * t->host.batch_size));
  return has_time(run) ? checkpoint(run, err) : 0;
}

static int step(struct ho_run *run, struct ho_error *err)
{
  double began = ho_clock_now();
  if (ho_trainer_step(run->trainer, err) ||
      (!run->started && (ho_trainer_settle(run->trainer, err) || write_start(run, err) || ho_timing_start(run, err))))
    return -1;
  run->started = 1;
  warn_of_threads(run);
  if (run->watch->step)
    run->watch->step(run->watch->arg, run);
  ho_portion_note(&run->portion, HO_PORTION_STEP, ho_clock_now() - began);
  return 0;
}

/* The steps of one epoch from wherever it stands; sets *end when stopped within it. */
static int run_epoch(struct ho_run *run, const volatile sig_atomic_t *stop, enum ho_run_end *end, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  uint64_t last = ((uint64_t)t->host.epoch + 1) * ho_steps_per_epoch(t);
  double began = ho_clock_now();
  if (t->host.step % ho_steps_per_epoch(t) == 0) {
    if (ho_trainer_epoch(t, 0, err))
      return -1;
    ho_portion_note(&run->portion, HO_PORTION_EPOCH_BEGIN, ho_clock_now() - began);
  }
  while (t->host.step < last && *end == HO_RUN_DONE) {
    if (step(run, err))
      return -1;
    if (t->host.step == last)
      break;
    if (untimed(run) && time_checkpoint(run, err))
      return -1;
    *end = must_stop(run, stop);
  }
  return 0;
}

static enum ho_run_end loop(struct ho_run *run, const volatile sig_atomic_t *stop, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  const struct ho_settings *s = t->settings;
  uint64_t epochs = (uint64_t)s->epochs;
  enum ho_run_end end = HO_RUN_DONE;
  while (t->host.step < epochs * ho_steps_per_epoch(t) && end == HO_RUN_DONE) {
    double began = ho_clock_now();
    uint64_t first = t->host.step;
    t->host.epoch = (int)(t->host.step / ho_steps_per_epoch(t));
    if (run_epoch(run, stop, &end, err))
      return HO_RUN_FAILED;
    double share = (double)(t->host.step - first) / (double)ho_steps_per_epoch(t);
    if (end == HO_RUN_DONE && end_epoch(run, (ho_clock_now() - began) / share, err))
      return HO_RUN_FAILED;
    uint64_t done = t->host.step / ho_steps_per_epoch(t);
    int last = done == epochs, due = last || done % (uint64_t)s->checkpoint_every == 0 || untimed(run);
    if (end == HO_RUN_DONE && !last)
      end = must_stop(run, stop);
    if ((end != HO_RUN_DONE || due) && checkpoint(run, err))
      return HO_RUN_FAILED;
    if (end == HO_RUN_DONE && due && !last)
      end = must_stop(run, stop); /* that took time */
  }
  if (end != HO_RUN_DONE)
    return end;
  return ho_runlog_summary(run, err) ? HO_RUN_FAILED : HO_RUN_DONE;
}

/* ---- beginning and end ---- */

static int begin(struct ho_run *run, const struct ho_settings *s, const struct ho_plugin_path *plugins,
                 struct ho_device *device, struct ho_error *err)
{
  if (snprintf(run->dir, sizeof run->dir, "%s", s->resume ? s->resume : s->run_dir) >= (int)sizeof run->dir)
    return ho_error_set(err, "the run folder's path is too long");
  if (s->resume ? ho_claim_again(run, err) : ho_claim_fresh(run, s, err))
    return -1;
  char path[4096];
  struct ho_whereabouts w;
  struct ho_origin from = { .restored = s->resume && !ho_checkpoint_find(run->dir, path), .device = device };
  const char *labels_of = s->resume ? run->dir : run->labels_of;
  if (labels_of)
    from.labels = ho_whereabouts_labels(labels_of, &w, path);
  run->trainer = ho_trainer_new(s, plugins, &from, err);
  if (!run->trainer)
    return s->resume ? ho_whereabouts_explain(run->dir, err) : -1;
  if (ho_samples_make(&run->samples, run->trainer, err))
    return -1;
  return ho_samples_make_left_out(&run->left_out, run->trainer, err);
}

/* What only a run at its very beginning needs. */
static int start(struct ho_run *run, struct ho_error *err)
{
  struct ho_trainer *t = run->trainer;
  const char *file = t->settings->init;
  if (file && ho_weights_read(t->network.net, file, t->chain.nets, t->network.theta, t->network.stats, err))
    return ho_error_prefix(err, "--init");
  return ho_network_changed(&t->network, err);
}

/* A run that was ended before its first checkpoint starts over. */
static int resume(struct ho_run *run, struct ho_error *err)
{
  char path[4096];
  if (ho_checkpoint_find(run->dir, path))
    return start(run, err);
  if (ho_checkpoint_read(run, path, 1, err))
    return -1;
  struct ho_trainer *t = run->trainer;
  run->saved = t->host.step;
  uint64_t done = t->host.step / ho_steps_per_epoch(t);
  run->started = 1;
  const struct ho_scores *last = run->scores ? &run->score[run->scores - 1] : NULL;
  if (last && t->host.step < t->host.steps && (uint64_t)last->epoch % (uint64_t)t->settings->eval_every)
    return ho_error_set(err,
                        "%s: it ended with an evaluation at epoch %.0f, which is not a multiple of --eval-every %lld, "
                        "so its --epochs cannot be increased",
                        run->dir, last->epoch, t->settings->eval_every);
  if (read_samples(run, "samples.safetensors", &run->samples, done, err) ||
      read_samples(run, "left-out.safetensors", &run->left_out, done, err))
    return -1;
  ho_claim_sweep(run);
  if (t->host.step < t->host.steps && (write_config(run, err) || ho_claim_delete(run, "summary.json", err)))
    return -1; /* --epochs may have grown: the run is no longer finished */
  return ho_timing_start(run, err);
}

static void finish(struct ho_run *run)
{
  ho_claim_release(run);
  ho_samples_free(&run->samples);
  ho_samples_free(&run->left_out);
  ho_trainer_free(run->trainer);
  free(run->log);
  free(run->score);
}

enum ho_run_end ho_run_train(const struct ho_settings *s, const struct ho_plugin_path *path, struct ho_device *device,
                             const struct ho_run_watch *watch, const volatile sig_atomic_t *stop, struct ho_error *err)
{
  return ho_run_train_fold(s, NULL, path, device, watch, stop, err);
}

enum ho_run_end ho_run_train_fold(const struct ho_settings *s, const char *labels_of, const struct ho_plugin_path *path,
                                  struct ho_device *device, const struct ho_run_watch *watch,
                                  const volatile sig_atomic_t *stop, struct ho_error *err)
{
  struct ho_run run = { .folder = { .fd = -1 }, .watch = watch, .labels_of = labels_of };
  enum ho_run_end end = HO_RUN_FAILED;
  ho_portion_start(&run.portion, ho_clock_now(), s->time_limit);
  if (!begin(&run, s, path, device, err) && !(s->resume ? resume : start)(&run, err)) {
    if (watch->warn)
      watch->warn(&run.trainer->source.labelled.warnings);
    end = loop(&run, stop, err);
    if (end == HO_RUN_FAILED && run.saved)
      ho_error_append(err, "; the last checkpoint in %s is of step %llu",
                      ho_folder_check(&run.folder, NULL) ? "that folder" : run.dir, (unsigned long long)run.saved);
  }
  finish(&run);
  return end;
}

struct ho_trainer *ho_run_load(const char *dir, const struct ho_settings *s, const struct ho_plugin_path *path,
                               struct ho_device *device, struct ho_error *err)
{
  struct ho_run run = { .folder = { .fd = -1 } };
  char file[4096], labels[4096];
  if (ho_checkpoint_find(dir, file)) {
    ho_error_set(err, "%s: no checkpoint yet", dir);
    return NULL;
  }
  int kept = !ho_path_join(labels, sizeof labels, dir, "labels.tsv", NULL) && !access(labels, F_OK);
  const struct ho_origin from = { .restored = 1, .labels = { kept ? labels : NULL, 1 }, .device = device };
  if (!(run.trainer = ho_trainer_new(s, path, &from, err))) {
    ho_whereabouts_explain(dir, err);
    return NULL;
  }
  if (ho_checkpoint_read(&run, file, 0, err)) {
    ho_trainer_free(run.trainer);
    run.trainer = NULL;
  }
  free(run.log);
  free(run.score);
  return run.trainer;
}
