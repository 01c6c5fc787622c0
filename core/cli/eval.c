/* SPDX-License-Identifier: MIT
 * eval.c - holdout eval: scores the checkpoint of a run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "compute/parallel.h"
#include "cli/cli.h"
#include "cli/print/predictions.h"
#include "labels/transition.h"
#include "report/anchors.h"
#include "run/run.h"
#include "run/rundir.h"

static void line(const char *what, double accuracy, double loss, size_t n)
{
  if (isnan(accuracy))
    return;
  printf("%-32s %8.4f", what, accuracy);
  if (isnan(loss))
    printf(" %10s %8zu\n", "-", n);
  else
    printf(" %10.4f %8zu\n", loss, n);
}

static void print_scores(const struct ho_trainer *t, const struct ho_scores *s, size_t samples)
{
  const struct ho_link *late = ho_trainer_late(t);
  if (late)
    printf("%s predicts only after the last epoch: these are the scores of the networks alone\n",
           late->plugin->hooks.name);
  printf("%-32s %8s %10s %8s\n", "set", "accuracy", "loss", "images");
  line("test", s->test_accuracy, s->test_loss, t->source.test.part[HO_PART_TRAIN].n);
  line("train, given labels", s->train_accuracy_noisy, s->train_loss, samples);
  line("train, true labels", s->train_accuracy_clean, NAN, samples);
  line("validation, given labels", s->validation_accuracy, s->validation_loss,
       t->source.labelled.split.part[HO_PART_VALIDATION].n);
  if (t->source.labelled.truth == HO_TRUTH_UNKNOWN)
    ho_say(stdout, "the true labels of %s are unknown: %s\n", t->source.data.name,
           *t->source.noise.path ? "scores are against the labels of the label file, of test images against its own"
                                 : "all scores are against its own labels");
  else if (t->source.labelled.truth == HO_TRUTH_REFERENCE)
    printf("true labels are those of the data set %s, right or not\n", t->source.data.name);
}

static int score(struct ho_trainer *t, const struct ho_predictions *p, struct ho_error *err)
{
  struct ho_samples samples = { 0 };
  struct ho_scores s = { .epoch = 0 };
  size_t n = 0;
  int of_a_set = ho_predictions_wanted(p);
  int bad = of_a_set ? ho_predictions_write(p, t, &s, &n, err)
                     : ho_samples_make(&samples, t, err) || ho_samples_score(&samples, t, &s, err);
  if (!bad)
    print_scores(t, &s, of_a_set ? n : samples.n);
  ho_samples_free(&samples);
  return bad ? -1 : 0;
}

/* --transition: the transition matrix estimated by the network, and how it compares with what is known. */
static int write_transition(struct ho_trainer *t, const char *path, struct ho_error *err)
{
  size_t K = (size_t)t->host.classes;
  char note[8192];
  double right = 0, *T = ho_alloc(K * K, sizeof *T, "a transition matrix", err);
  snprintf(
      note, sizeof note, "estimated by anchor points from net %.2000s, optimizer %s, noise %s, seed %lld, step %llu",
      t->network.net->spec, t->chain.spec, t->source.noise.spec, t->settings->seed, (unsigned long long)t->host.step);
  int bad = !T || ho_anchors_estimate(t, T, err) || ho_transition_write(path, (int)K, T, note, err);
  for (size_t i = 0; i < t->source.samples && !bad; i++) { /* the probability for its class */
    int known = t->source.labelled.truth != HO_TRUTH_UNKNOWN;
    size_t k = known ? t->source.data.train.label[ho_source_image(&t->source, (uint32_t)i)] : t->host.label[i];
    right += T[k * K + k] / (double)t->source.samples;
  }
  if (!bad)
    ho_say(stdout, "\ntransition matrix written to %s: it makes %s%.4f of the labels wrong", path,
           t->source.labelled.truth == HO_TRUTH_UNKNOWN ? "about " : "", 1 - right); /* the sum is over true labels */
  if (!bad && !isnan(t->source.wrong))
    printf("; %.4f are wrong", t->source.wrong);
  if (!bad)
    putchar('\n');
  ho_free(T);
  return bad ? -1 : 0;
}

static int eval(const struct ho_arguments *a, const struct ho_predictions *p, const char *transition)
{
  struct ho_error err = { 0 };
  struct ho_settings s = { 0 };
  struct ho_plugin_path path = { 0 };
  struct ho_device *device = NULL;
  struct ho_trainer *t = NULL;
  int bad = ho_predictions_check(p, &err) || (transition && ho_output_check(transition, p->force, &err)) ||
            ho_run_settings(a, p->run, &s, &err) ||
            ho_plugin_path_make(&path, (const char *const *)s.plugin_dir, s.nplugin_dirs, &err);
  if (!bad) {
    bad = ho_machine_setup(&s, &device, &err) || !(t = ho_run_load(p->run, &s, &path, device, &err)) ||
          score(t, p, &err) || (transition && write_transition(t, transition, &err));
  }
  ho_trainer_free(t);
  ho_device_close(device);
  ho_plugin_path_free(&path);
  ho_settings_free(&s);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

enum { PREDICTIONS, PROBABILITIES, FEATURES, CONFUSION, MATRIX, SET, TRANSITION, FORCE };

static const struct ho_flag flags[] = {
  [PREDICTIONS] = { "predictions", 0, "FILE", "write a prediction for each image of a set; score only that set" },
  [PROBABILITIES] = { "probabilities", 0, "FILE",
                      "write the probability of each class for each image of a set (.npy)" },
  [FEATURES] = { "features", 0, "FILE", "write what the last layer reads of each image of a set (.npy)" },
  [CONFUSION] = { "confusion", 0, NULL,
                  "print how often each class of a set was taken for which, precision and recall" },
  [MATRIX] = { "confusion-matrix", 0, "FILE", "write all of that as TSV" },
  [SET] = { "set", 0, "NAME", "the set: test, train or validation (default test)" },
  [TRANSITION] = { "transition", 0, "FILE",
                   "write the label transition matrix, estimated from the network's predictions" },
  [FORCE] = { "force", 0, NULL, "replace an existing FILE" },
  { 0 },
};

/* Reads the flags about predictions; -1 if they are wrong. */
static int wanted(const struct ho_arguments *a, struct ho_predictions *p, struct ho_error *err)
{
  static const char *const sets[] = { "test", "train", "validation" };
  if (a->npositional != 1)
    return ho_error_set(err, "eval needs the folder of one run; see `holdout eval --help'");
  *p = (struct ho_predictions){
    .run = a->positional[0],
    .set = HO_PREDICT_TEST,
    .force = a->flag[FORCE] != NULL,
    .path = a->flag[PREDICTIONS],
    .probabilities = a->flag[PROBABILITIES],
    .features = a->flag[FEATURES],
    .confusion = a->flag[CONFUSION] != NULL,
    .matrix = a->flag[MATRIX],
  };
  if (!ho_predictions_wanted(p) && a->flag[SET])
    return ho_error_set(err, "eval: --set needs --predictions FILE, or another flag that asks for a set; see `holdout "
                             "eval --help'");
  if (!ho_predictions_wanted(p) && !a->flag[TRANSITION] && a->flag[FORCE])
    return ho_error_set(err, "eval: --force needs --predictions FILE, or another file; see `holdout eval --help'");
  for (int i = 0; a->flag[SET] && i < 3; i++)
    if (!strcmp(a->flag[SET], sets[i])) {
      p->set = (enum ho_predicted_set)i;
      return 0;
    }
  return !a->flag[SET]
             ? 0
             : ho_error_set(
                   err,
                   "eval: unknown --set `%.100s': choose one of test, train, validation; see `holdout eval --help'",
                   a->flag[SET]);
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  struct ho_predictions p;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && wanted(&a, &p, &err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = eval(&a, &p, a.flag[TRANSITION]);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "data-dir",     "plugin-dir", "engine",    "precision", "threads",
                                        "memory-limit", "test-size",  "eval-size", NULL };

const struct ho_command ho_command_eval = {
  .name = "eval",
  .summary = "score the checkpoint of a run",
  .usage = "[FLAGS] RUN",
  .text = "Loads the configuration and the checkpoint of RUN and scores the test images, the training samples "
          "against their given and, if known, their true labels, and the validation part if there is one. "
          "Labels are read from RUN/labels.tsv; a label file of --noise is not needed any more. Data are found "
          "where the run found them, whatever the working folder; --data-dir is for data that have moved. "
          "--engine may be another than the one that trained the run.\n\n"
          "--predictions FILE writes a TSV file of index, name of the image's file (if there is one), true label (if "
          "known), given label (not for test "
          "images whose true labels are known), prediction, its probability, and the loss against the given "
          "label. For training samples, --eval-size sets their number.\n\n"
          "--probabilities and --features write float32 arrays for numpy.load, [images][classes] and "
          "[images][features], whose rows are those of --predictions. --confusion prints precision and recall of "
          "each class and the classes that are taken for each other: given labels against predictions and, where "
          "they are known, true labels against predictions.\n\n"
          "--transition FILE estimates the label transition matrix from the network's predictions for the "
          "training images, for forward-correction.matrix=FILE. The run should have been trained with a plain "
          "loss, and stopped before the network has memorised the wrong labels.",
  .examples = "holdout eval runs/bilevel\n"
              "holdout eval --test-size 0 runs/bilevel      # on all test images\n"
              "holdout eval --data-dir /new/place runs/own   # data that have moved\n"
              "holdout eval --predictions test.tsv runs/bilevel\n"
              "holdout eval --predictions train.tsv --set train --eval-size 0 runs/bilevel\n"
              "holdout eval --confusion --set train runs/bilevel\n"
              "holdout eval --probabilities p.npy --features f.npy runs/bilevel\n"
              "holdout eval --transition T.tsv runs/sgd\n"
              "holdout train --optimizer forward-correction \\\n"
              "              -O forward-correction.matrix=T.tsv ...",
  .settings = settings,
  .flags = flags,
  .max_positional = 1,
  .run = run,
};
