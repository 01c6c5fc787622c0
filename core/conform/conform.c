/* SPDX-License-Identifier: MIT
 * conform.c - the table of checks, and the data and settings they use. */
#include "conform/conform.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/asan.h"
#include "compute/parallel.h"
#include "compute/random.h"
#include "data/dataset.h"
#include "conform/conform_work.h"

/* Trainings are compared first, as the checks after them call single hooks, which may change a plugin's state. */
static const struct {
  const char *name;
  ho_conform_check *check;
} checks[] = {
  { "texts", ho_conform_texts },         { "ranges", ho_conform_ranges },
  { "calls", ho_conform_calls },         { "trains", ho_conform_trains },
  { "input", ho_conform_input },         { "weigh", ho_conform_weigh },
  { "direction", ho_conform_direction }, { "repeats", ho_conform_repeats },
  { "threads", ho_conform_threads },     { "company", ho_conform_company },
  { "resumes", ho_conform_resumes },     { "horizon", ho_conform_horizon },
  { "gradient", ho_conform_gradient },   { "linear", ho_conform_linear },
  { "still", ho_conform_still },         { "own", ho_conform_own },
  { "predict", ho_conform_predict },     { "bounds", ho_conform_bounds },
  { "opaque", ho_conform_opaque },       { "values", ho_conform_values },
};

enum ho_verdict ho_conform_failed(struct ho_error *why, const char *format, ...)
{
  char text[sizeof why->text];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ho_error_set(why, "%s", text);
  return HO_VERDICT_FAILED;
}

enum ho_verdict ho_conform_skipped(struct ho_error *why, const char *text)
{
  ho_error_set(why, "%s", text);
  return HO_VERDICT_SKIPPED;
}

/* ---- data ---- */

enum { SIDE = 6, CHANNELS = 3, CLASSES = 4, TRAIN = 320, TEST = 24 };

/* A class is a brightness and a bright corner, plus noise: it can be learned in a few steps. */
static int draw_images(struct ho_images *im, size_t n, const char *purpose, struct ho_error *err)
{
  if (ho_images_alloc(im, n, SIDE, SIDE, CHANNELS, err))
    return -1;
  for (size_t i = 0; i < n; i++) {
    struct ho_stream s = ho_stream_make(0, purpose, i, 0);
    unsigned k = (unsigned)(i % CLASSES);
    im->label[i] = (uint16_t)k;
    for (unsigned p = 0; p < SIDE * SIDE; p++)
      for (unsigned c = 0; c < CHANNELS; c++) {
        unsigned corner = (p / (SIDE * SIDE / 2)) * 2 + p % SIDE / (SIDE / 2);
        unsigned value = (unsigned)ho_stream_below(&s, 128) + 20 * k + 60 * (corner == k);
        im->pixel[(i * SIDE * SIDE + p) * CHANNELS + c] = (uint8_t)value;
      }
  }
  return 0;
}

struct ho_trainer *ho_conform_trainer(const struct ho_conform_work *w, const struct ho_settings *s,
                                      struct ho_error *err)
{
  struct ho_dataset data = { .name = "conform", .classes = CLASSES };
  if (draw_images(&data.train, TRAIN, "conform-train", err) || draw_images(&data.test, TEST, "conform-test", err) ||
      ho_dataset_finish(&data, err)) {
    ho_dataset_free(&data);
    return NULL;
  }
  return ho_trainer_new(s, &w->path, &(struct ho_origin){ .data = &data, .device = w->ask->device }, err);
}

/* ---- settings ---- */

static const char *const nets[HO_CONFORM_NETS] = { "mlp:hidden=16,dropout=0.2", "preact-resnet18:width=2" };

/* 256 images in 4 steps of 64; 64 more with true labels. */
static int settings_make(const struct ho_conform_work *w, const char *net, struct ho_settings *s, struct ho_error *err)
{
  const char *const value[][2] = { { "net", net },
                                   { "optimizer", w->plugin->hooks.name },
                                   { "batch-size", "64" },
                                   { "clean-size", "64" },
                                   { "noise", "symmetric:0.3" },
                                   { "augment", "crop-flip" },
                                   { "epochs", "3" },
                                   { "lr", "0.02" },
                                   { "sched", "const" } };
  if (ho_settings_default(s, err))
    return -1;
  for (size_t i = 0; i < sizeof value / sizeof *value; i++)
    if (ho_settings_set(s, ho_setting_find(value[i][0]), value[i][1], err))
      return -1;
  for (int i = 0; i < w->ask->noptions; i++)
    if (ho_settings_set(s, ho_setting_find("option"), w->ask->option[i], err))
      return -1;
  return 0;
}

/* The folder of the plugin comes first. */
static int path_make(struct ho_conform_work *w, struct ho_error *err)
{
  char folder[4096];
  const char **list = ho_alloc((size_t)w->ask->nfolders + 1, sizeof *list, "the list of folders", err);
  if (!list)
    return -1;
  snprintf(folder, sizeof folder, "%s", w->plugin->file);
  *strrchr(folder, '/') = 0; /* ho_plugin_load makes sure that there is one */
  list[0] = *folder ? folder : "/";
  for (int i = 0; i < w->ask->nfolders; i++)
    list[i + 1] = w->ask->folder[i];
  int bad = ho_plugin_path_make(&w->path, list, w->ask->nfolders + 1, err);
  ho_free(list);
  return bad;
}

/* Fails if the options are not those of this chain. */
static int prepare(struct ho_conform_work *w, struct ho_error *err)
{
  struct ho_chain chain = { .n = 0 };
  if (path_make(w, err))
    return -1;
  for (int i = 0; i < HO_CONFORM_NETS; i++)
    if (settings_make(w, nets[i], &w->settings[i], err))
      return -1;
  const struct ho_settings *s = &w->settings[0];
  int bad = ho_chain_make(&chain, s->optimizer, &w->path, (const char *const *)s->option, s->noptions, err);
  ho_chain_free(&chain);
  return bad ? -1 : 0;
}

static void clean_up(struct ho_conform_work *w)
{
  for (int i = 0; i < HO_CONFORM_NETS; i++) {
    ho_trainer_free(w->trained[i]);
    w->trained[i] = NULL;
    ho_settings_free(&w->settings[i]);
  }
  ho_plugin_path_free(&w->path);
}

/* ---- the checks in turn ---- */

#ifdef HO_ASAN
#include <sanitizer/lsan_interface.h>
#endif

/* The last check: all trainers have been freed, so any memory left is leaked. */
static enum ho_verdict leaks(struct ho_error *why)
{
#ifdef HO_ASAN
  if (__lsan_do_recoverable_leak_check())
    return ho_conform_failed(why, "memory is leaked; standard error says where it was allocated");
  return HO_VERDICT_OK;
#else
  return ho_conform_skipped(why, "build holdout with --enable-sanitizers to find leaks");
#endif
}

static void tell(const struct ho_conform *ask, const char *name, enum ho_verdict verdict, const struct ho_error *why,
                 int *count)
{
  count[verdict]++;
  ask->end(ask->arg, name, verdict, verdict == HO_VERDICT_OK ? "" : why->text);
}

static void run(struct ho_conform_work *w, int *count)
{
  struct ho_error why = { 0 };
  int threads = ho_parallel_workers();
  ho_parallel_setup(1);
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    ho_error_clear(&why);
    w->ask->begin(w->ask->arg, checks[i].name);
    enum ho_verdict verdict = checks[i].check(w, &why);
    tell(w->ask, checks[i].name, verdict, &why, count);
  }
  clean_up(w);
  ho_error_clear(&why);
  w->ask->begin(w->ask->arg, "leaks");
  enum ho_verdict verdict = leaks(&why);
  tell(w->ask, "leaks", verdict, &why, count);
  ho_parallel_setup(threads);
}

int ho_conform(const struct ho_conform *ask, int count[HO_VERDICTS], struct ho_error *err)
{
  struct ho_conform_work w = { .ask = ask };
  struct ho_error why = { 0 };
  struct stat st;
  memset(count, 0, HO_VERDICTS * sizeof *count);
  if (stat(ask->file, &st))
    return ho_error_set(err, "%s: %s", ask->file, strerror(errno));
  w.plugin = ho_plugin_load(ask->file, &why);
  if (w.plugin && prepare(&w, err)) {
    clean_up(&w);
    ho_plugin_free(w.plugin);
    return -1;
  }
  ask->begin(ask->arg, "loads");
  tell(ask, "loads", w.plugin ? HO_VERDICT_OK : HO_VERDICT_FAILED, &why, count);
  if (w.plugin)
    run(&w, count);
  ho_plugin_free(w.plugin);
  return 0;
}
