/* SPDX-License-Identifier: MIT
 * train.c - holdout train: from flags to a finished run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/estimate.h"
#include "cli/training.h"
#include "run/run.h"
#include "run/rundir.h"
#include "run/whereabouts.h"

/* ---- resuming ---- */

static int has_option(const struct ho_settings *s, const char *text)
{
  for (int i = 0; i < s->noptions; i++)
    if (!strcmp(s->option[i], text))
      return 1;
  return 0;
}

static int same_record(const struct ho_settings *a, const struct ho_settings *b, const struct ho_setting *setting)
{
  char x[4096], y[4096];
  ho_settings_record(a, setting, 0, x, sizeof x);
  ho_settings_record(b, setting, 0, y, sizeof y);
  return !strcmp(x, y);
}

/* A flag given beside --resume: machine settings replace the run's, --epochs may grow, all else must agree. */
static int merge(struct ho_settings *run, const struct ho_settings *given, const struct ho_setting *setting,
                 struct ho_error *err)
{
  char mine[4096], theirs[4096];
  if (setting->type == HO_SETTING_LIST && !(setting->flags & HO_SETTING_MACHINE)) {
    for (int k = 0; k < given->noptions; k++)
      if (!has_option(run, given->option[k]))
        return ho_error_set(err, "--%s %s is not among the run's settings; a resumed run keeps its settings",
                            setting->name, given->option[k]);
    return 0;
  }
  if (setting->type == HO_SETTING_LIST) {
    for (int k = 0; k < *(const int *)((const char *)given + setting->count_offset); k++) {
      ho_settings_get(given, setting, k, mine, sizeof mine);
      if (ho_settings_set(run, setting, mine, err))
        return -1;
    }
    return 0;
  }
  ho_settings_get(given, setting, 0, mine, sizeof mine);
  ho_settings_get(run, setting, 0, theirs, sizeof theirs);
  if (setting->flags & HO_SETTING_MACHINE)
    return ho_settings_set(run, setting, mine, err);
  if (!strcmp(mine, theirs))
    return 0;
  if (same_record(run, given, setting)) /* another device of the same engine */
    return ho_settings_set(run, setting, mine, err);
  if (strcmp(setting->name, "epochs"))
    return ho_error_set(err, "--%s %s differs from the run's %s; a resumed run keeps its settings", setting->name, mine,
                        theirs);
  struct ho_schedule schedule;
  if (given->epochs < run->epochs)
    return ho_error_set(err, "--epochs %s is less than the run's %s; a resumed run can only get more epochs", mine,
                        theirs);
  if (ho_schedule_make(&schedule, run, 1, err))
    return -1;
  if (ho_schedule_depends_on_epochs(&schedule))
    return ho_error_set(
        err,
        "--epochs %s differs from the run's %s, and its learning rates (--sched %s) depend on it; a new "
        "run can begin with its weights by --init",
        mine, theirs, run->schedule);
  return ho_settings_set(run, setting, mine, err);
}

/* The settings of the run in the folder `given->resume', with the flags that may change them. */
static int resumed_settings(const struct ho_arguments *a, struct ho_settings *run, struct ho_error *err)
{
  char path[4096];
  const struct ho_settings *given = &a->settings;
  if (ho_rundir_check(given->resume, err) || ho_path_join(path, sizeof path, given->resume, "config.yaml", err) ||
      ho_settings_read_yaml(run, path, NULL, err))
    return ho_error_prefix(err, "--resume");
  for (int i = 0; ho_setting_table[i].name; i++) {
    if (a->given[i] && !strcmp(ho_setting_table[i].name, "run-dir"))
      return ho_error_set(err, "--resume %s continues the run in that folder; --run-dir cannot be given with it",
                          given->resume);
    if (a->given[i] && merge(run, given, &ho_setting_table[i], err))
      return -1;
  }
  return ho_whereabouts_recall(given->resume, run, err) ||
                 ho_settings_set(run, ho_setting_find("resume"), given->resume, err)
             ? -1
             : 0;
}

/* ---- a fresh run ---- */

/* Without --run-dir: runs/DATASET-NET-OPTIMIZER-seedS, in characters that need no quoting. */
static int name_run(struct ho_settings *s, struct ho_error *err)
{
  char name[512], dataset[128];
  if (s->run_dir)
    return 0;
  ho_dataset_short_name(s->dataset, dataset, sizeof dataset);
  snprintf(name, sizeof name, "runs/%s-%s-%s-seed%lld", dataset, s->net, s->optimizer, s->seed);
  for (char *c = name + strlen("runs/"); *c; c++)
    if (strchr("/:=, ", *c))
      *c = '-';
  return ho_settings_set(s, ho_setting_find("run-dir"), name, err);
}

static int report(const struct ho_settings *s, struct ho_error *err)
{
  const char *dir = s->resume ? s->resume : s->run_dir;
  char path[4096];
  unsigned char *text;
  size_t size;
  if (ho_path_join(path, sizeof path, dir, "summary.json", err) || ho_file_read(path, 1 << 20, &text, &size, err))
    return -1;
  fwrite(text, 1, size, stdout);
  ho_free(text);
  if (!s->quiet)
    fprintf(stderr, "finished: %s\n", path);
  return 0;
}

/* The rest of the command that resumes the run. */
static void print_resume(const void *settings)
{
  const struct ho_settings *s = settings;
  char limit[1024];
  fprintf(stderr, " train --resume");
  ho_training_print_word(s->resume ? s->resume : s->run_dir);
  if (s->data_dir) {
    fprintf(stderr, " --data-dir");
    ho_training_print_word(s->data_dir);
  }
  if (strchr(s->engine, ':'))
    fprintf(stderr, " --engine %s", s->engine);
  for (int i = 0; i < s->nplugin_dirs; i++) {
    fprintf(stderr, " --plugin-dir");
    ho_training_print_word(s->plugin_dir[i]);
  }
  ho_settings_get(s, ho_setting_find("time-limit"), 0, limit, sizeof limit);
  if (s->time_limit > 0)
    fprintf(stderr, " --time-limit %s", limit);
}

static int train(const struct ho_settings *s)
{
  struct ho_error err = { 0 };
  int status = ho_training_run(s, NULL, print_resume, s);
  if (status == HO_EXIT_OK && report(s, &err))
    return ho_fail(&err);
  return status;
}

/* ---- an estimate instead ---- */

enum { DRY_RUN, JSON, DRY_STEPS = 5 };

static const struct ho_flag flags[] = {
  [DRY_RUN] = { "dry-run", 0, NULL,
                "run a few steps in memory, print an estimate of memory, disk and time, write nothing" },
  [JSON] = { "json", 0, NULL, "with --dry-run: print one line of JSON instead of a table" },
  { 0 },
};

static int dry_run(const struct ho_settings *s, int json)
{
  struct ho_error err = { 0 };
  struct ho_plugin_path path = { 0 };
  struct ho_device *device = NULL;
  struct ho_estimate e;
  if (s->resume) {
    ho_error_set(&err, "--dry-run estimates a new run; --resume %s cannot be given with it", s->resume);
    return ho_fail(&err);
  }
  int bad = ho_plugin_path_make(&path, (const char *const *)s->plugin_dir, s->nplugin_dirs, &err) ||
            ho_machine_setup(s, &device, &err) || ho_estimate_try(s, &path, device, DRY_STEPS, &e, &err);
  ho_device_close(device);
  ho_plugin_path_free(&path);
  if (!bad && json)
    bad = ho_estimate_json(stdout, &e, &err);
  else if (!bad)
    ho_estimate_table(stdout, &e);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_settings resumed = { 0 };
  struct ho_error err = { 0 };
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && a.flag[JSON] && !a.flag[DRY_RUN]) {
    ho_error_set(&err, "train: --json is for --dry-run; a run prints its summary, which is JSON; see `holdout train "
                       "--help'");
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0 && a.flag[DRY_RUN])
    status = dry_run(&a.settings, a.flag[JSON] != NULL);
  else if (status < 0 && a.settings.resume) {
    if (ho_settings_default(&resumed, &err) || resumed_settings(&a, &resumed, &err))
      status = ho_fail(&err);
    else
      status = train(&resumed);
  } else if (status < 0)
    status = ho_arguments_set_lr(&a, &err) || name_run(&a.settings, &err) ? ho_fail(&err) : train(&a.settings);
  ho_settings_free(&resumed);
  ho_arguments_free(&a);
  return status;
}

const struct ho_command ho_command_train = {
  .name = "train",
  .summary = "train a network on noisy labels",
  .usage = "[FLAGS]",
  .text = "Trains one network with one chain of optimizers and one seed, and writes a run folder: "
          "configuration, labels, log, values recorded for each sample, checkpoint, summary. On Ctrl-C (or "
          "TERM, HUP, USR1, USR2, XCPU) it finishes the step, writes a checkpoint and prints the command that "
          "resumes the run; the result is bit-identical to that of an uninterrupted run. --time-limit "
          "stops a run in the same way before its time is up, with exit status 75. Before a long run, "
          "memory, disk and time are estimated; --dry-run prints only that estimate. A warning says when parts "
          "of the data set cannot be balanced over classes, and when classes have no image to train on.",
  .examples = "holdout train --dataset synthetic --net mlp:hidden=64 --epochs 3\n"
              "holdout train --dataset fashion-mnist --train-size 2000 \\\n"
              "              --noise symmetric:0.4 --optimizer bilevel --epochs 30 \\\n"
              "              --run-dir runs/bilevel\n"
              "holdout train -c runs/bilevel/config.yaml --seed 2 --run-dir runs/bilevel-2\n"
              "holdout train --optimizer bilevel -O bilevel.mu=1 -O bilevel.minibatches=16 \\\n"
              "              --batch-size 128\n"
              "holdout train --resume runs/bilevel --time-limit 10m\n"
              "holdout train --dry-run --json --net preact-resnet18 --epochs 200",
  .flags = flags,
  .run = run,
};
