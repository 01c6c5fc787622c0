/* SPDX-License-Identifier: MIT
 * bench.c - holdout bench: how fast steps are on this machine, and which layers take the time. */
#include <stdio.h>
#include <string.h>

#include "compute/parallel.h"
#include "base/text.h"
#include "cli/print/bench_report.h"
#include "cli/cli.h"
#include "cli/shape.h"

enum { STEPS, EVAL, LAYERS, JSON, INPUT, CLASSES, MOST_STEPS = 1000000 };

static const struct ho_flag flags[] = {
  [STEPS] = { "steps", 0, "K", "number of steps to time, after two that are not timed (default 11)" },
  [EVAL] = { "eval", 0, NULL, "time forward passes only, as in an evaluation, instead of training steps" },
  [LAYERS] = { "layers", 0, NULL, "time, GFLOP/s and share of each layer and pass" },
  [JSON] = { "json", 0, NULL, "print one line of JSON instead of tables" },
  [INPUT] = { "input", 0, "HxWxC", "height, width and channels of the images (default 32x32x3)" },
  [CLASSES] = { "classes", 0, "K", "number of classes (default 10)" },
  { 0 },
};

/* Settings of training are refused if nothing is trained. */
static int check_eval(const struct ho_arguments *a, struct ho_error *err)
{
  static const char *const training[] = { "optimizer", "option", "plugin-dir", "clean-size", NULL };
  for (int i = 0; ho_setting_table[i].name; i++)
    for (const char *const *name = training; *name && a->given[i] == HO_FROM_FLAG; name++)
      if (!strcmp(*name, ho_setting_table[i].name))
        return ho_error_set(err,
                            "bench: --eval runs no optimizer, so --%s cannot be given with it; see `holdout bench "
                            "--help'",
                            *name);
  return 0;
}

static int wanted(const struct ho_arguments *a, struct ho_bench *b, struct ho_error *err)
{
  long long steps = 11;
  *b = (struct ho_bench){
    .input = { 32, 32, 3 }, .classes = 10, .eval = a->flag[EVAL] != NULL, .by_layer = a->flag[LAYERS] != NULL
  };
  if (ho_shape_parse(a->flag[INPUT], a->flag[CLASSES], &b->input, &b->classes, err))
    return -1;
  if (a->flag[STEPS] && (ho_text_int(a->flag[STEPS], &steps) || steps < 1 || steps > MOST_STEPS))
    return ho_error_set(err, "bench: --steps `%.40s' must be a whole number from 1 to %d; see `holdout bench --help'",
                        a->flag[STEPS], MOST_STEPS);
  b->steps = (int)steps;
  return b->eval ? check_eval(a, err) : 0;
}

static int bench(const struct ho_arguments *a, struct ho_bench *b)
{
  const struct ho_settings *s = &a->settings;
  struct ho_error err = { 0 };
  struct ho_plugin_path path = { 0 };
  struct ho_device *device = NULL;
  int bad = ho_plugin_path_make(&path, (const char *const *)s->plugin_dir, s->nplugin_dirs, &err);
  if (!bad) {
    bad = ho_machine_setup(s, &device, &err) || ho_bench_run(b, s, &path, device, &err) ||
          (a->flag[JSON] ? ho_bench_json : ho_bench_tables)(stdout, b, s, &err);
  }
  ho_device_close(device);
  ho_plugin_path_free(&path);
  ho_bench_free(b);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_bench b;
  struct ho_error err = { 0 };
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && wanted(&a, &b, &err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = bench(&a, &b);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "clean-size", "net",          "optimizer",  "option", "plugin-dir",
                                        "batch-size", "seed",         "arithmetic", "engine", "precision",
                                        "threads",    "memory-limit", NULL };

const struct ho_command ho_command_bench = {
  .name = "bench",
  .summary = "measure the speed of training and evaluation, or of each layer",
  .usage = "[FLAGS]",
  .text = "Times whole steps as train runs them: drawing the mini-batches, every pass through the network, the "
          "optimizer, the update. The images are random and in memory, without augmentation, as the time does "
          "not depend on their content. With --eval, times forward passes over as many images instead. The "
          "first two steps are not timed. Prints the median, the fastest and the slowest step, images per "
          "second at the median, and resident memory: at the peak, and before data and network were created.\n\n"
          "--layers shows each layer of the network in each pass: forward, backward to data (the gradient of "
          "the layer's input) and backward to weights. GFLOP/s count two operations for each multiply-add of "
          "convolutions and dense layers, in one pass over the images of the step. Shares are of the mean step. "
          "The time spent outside the layers is reported below them.\n\n"
          "Compare only measurements of one machine, taken in turn: `make bench' does that, against PyTorch if "
          "it is installed.",
  .examples = "holdout bench --net preact-resnet18\n"
              "holdout bench --net inception-small --input 29x29x3 --optimizer bilevel\n"
              "holdout bench --net preact-resnet18:width=16 --optimizer bilevel \\\n"
              "              -O bilevel.minibatches=16 --batch-size 128 --steps 31 --json\n"
              "holdout bench --net preact-resnet18 --layers\n"
              "holdout bench --net preact-resnet18 --eval --layers\n"
              "holdout bench -c runs/bilevel/config.yaml   # as that run trains",
  .settings = settings,
  .flags = flags,
  .run = run,
};
