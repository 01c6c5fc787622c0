/* SPDX-License-Identifier: MIT
 * trace.c - holdout trace: one step, everything it computes as one file. */
#include <string.h>

#include "base/file.h"
#include "compute/parallel.h"
#include "base/text.h"
#include "cli/cli.h"
#include "data/dataset.h"
#include "report/trace.h"

enum { WEIGHTS, BATCH, CLASSES, OUT, FORCE };

static const struct ho_flag flags[] = {
  [WEIGHTS] = { "weights", 0, "FILE",
                "start from these parameters, running statistics and slots; from a trace or a checkpoint, with "
                "its whole state" },
  [BATCH] = { "batch", 0, "FILE",
              "the mini-batches of the step: images and labels; without it they are drawn from the "
              "data set as train draws them" },
  [CLASSES] = { "classes", 0, "K", "number of classes of --batch (default: its largest label + 1, at least 2)" },
  [OUT] = { "out", 'o', "FILE", "the file to write" },
  [FORCE] = { "force", 0, NULL, "replace an existing file" },
  { 0 },
};

/* Settings of drawing from a data set are refused with --batch. */
static int check_settings(const struct ho_arguments *a, struct ho_error *err)
{
  static const char *const drawing[] = { "dataset", "data-dir",   "train-size", "validation-size", "clean-size",
                                         "noise",   "noise-seed", "augment",    "batch-size",      NULL };
  for (int i = 0; ho_setting_table[i].name; i++)
    for (const char *const *name = drawing; *name && a->given[i] == HO_FROM_FLAG; name++)
      if (!strcmp(*name, ho_setting_table[i].name))
        return ho_error_set(
            err, "trace: --%s is for mini-batches drawn from a data set, so it cannot be given with --batch %s", *name,
            a->flag[BATCH]);
  return 0;
}

static int wanted(const struct ho_arguments *a, struct ho_trace *t, struct ho_error *err)
{
  const char *text = a->flag[CLASSES];
  long long classes = 0;
  *t = (struct ho_trace){
    .out = a->flag[OUT], .batch = a->flag[BATCH], .weights = a->flag[WEIGHTS], .init = a->settings.init
  };
  if (!t->out)
    return ho_error_set(err, "trace needs --out FILE; see `holdout trace --help'");
  if (text && !t->batch)
    return ho_error_set(
        err,
        "trace: --classes needs --batch FILE: a data set has its own number of classes; see `holdout trace --help'");
  if (text && (ho_text_int(text, &classes) || classes < 2 || classes > HO_CLASSES_MOST))
    return ho_error_set(err, "trace: --classes `%.40s' must be a whole number from 2 to %d; see `holdout trace --help'",
                        text, HO_CLASSES_MOST);
  t->classes = (int)classes;
  return t->batch ? check_settings(a, err) : 0;
}

static int trace(struct ho_arguments *a, const struct ho_trace *t)
{
  struct ho_error err = { 0 };
  struct ho_settings *s = &a->settings;
  struct ho_plugin_path path = { 0 };
  struct ho_device *device = NULL;
  int bad = ho_output_check(t->out, a->flag[FORCE] != NULL, &err) || ho_arguments_set_lr(a, &err) ||
            ho_plugin_path_make(&path, (const char *const *)s->plugin_dir, s->nplugin_dirs, &err);
  if (!bad)
    bad = ho_machine_setup(s, &device, &err) || ho_trace_write(t, s, &path, device, &err);
  ho_device_close(device);
  ho_plugin_path_free(&path);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  struct ho_trace t;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && wanted(&a, &t, &err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = trace(&a, &t);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = {
  "dataset", "data-dir",   "train-size",    "validation-size", "clean-size", "noise",
  "augment", "net",        "init",          "optimizer",       "option",     "plugin-dir",
  "epochs",  "batch-size", "arithmetic",    "engine",          "precision",  "weight-decay",
  "decay",   "lr",         "sched",         "decay-epochs",    "decay-rate", "min-lr",
  "seed",    "noise-seed", "warmup-epochs", "warmup-lr",       "threads",    "memory-limit",
  NULL
};

const struct ho_command ho_command_trace = {
  .name = "trace",
  .summary = "write everything that one training step computes to a file",
  .usage = "[FLAGS] --out FILE",
  .text = "Runs one training step and writes its inputs, intermediate results and outputs to a safetensors "
          "file, for comparison with another program or for inspection. Tensors have PyTorch's names, shapes "
          "and layout, as `holdout nets NAME' lists them.\n\n"
          "--weights FILE holds parameters and running statistics under the names of a state_dict, and "
          "optionally slots such as momentum as slot/0/PARAMETER (0 if missing); the step is the first of a "
          "run. If FILE is another trace or a checkpoint, the step is the one after it: the step count, slots, "
          "the state of every optimizer and the order of the samples are restored, so that k successive traces "
          "are bit-identical to k steps of train. The optimizers and their options must be the same. --init "
          "FILE reads only weights and running statistics, from any of these files, for a first step.\n\n"
          "--batch FILE holds `images' (float32: mini-batch, image, channel, row, column, as they enter the "
          "network) and `labels' (int64: mini-batch, image). The step uses them in that order, whether or not "
          "labels match: one mini-batch for sgd (-O sgd.minibatches); for bilevel, validation mini-batches "
          "first, then training mini-batches (-O bilevel.minibatches must be their number). The images of FILE "
          "are the whole training set, numbered in order, and each step is an epoch.\n\n"
          "The output holds images, labels, samples (their numbers); partners and shares, if images were mixed; "
          "targets, sample-weights; logits, losses; gradient/MINIBATCH/PARAMETER; weights, one for each "
          "training mini-batch; direction/PARAMETER, before weight decay; and after the step updated/PARAMETER, "
          "updated/BUFFER, slot/0/PARAMETER, state/OPTIMIZER/NAME and run/step. Tensors of a second network "
          "have the prefix net1/. Dropout masks are those of this step under --seed.",
  .examples = "holdout trace --net mlp:hidden=64 --dataset synthetic --out first.safetensors\n"
              "holdout trace --net lenet --weights w.safetensors --batch b.safetensors \\\n"
              "              --out first.safetensors\n"
              "holdout trace --net lenet --weights first.safetensors --batch b.safetensors \\\n"
              "              --out second.safetensors\n"
              "holdout trace --net resnet32 --optimizer bilevel -O bilevel.minibatches=4 \\\n"
              "              --batch b.safetensors --classes 10 --out t.safetensors\n"
              "holdout trace -c runs/bilevel/config.yaml --out first.safetensors",
  .settings = settings,
  .flags = flags,
  .max_positional = 0,
  .run = run,
};
