/* SPDX-License-Identifier: MIT
 * predict.c - holdout predict: classes of pictures by the network of a run. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/print/pictures_named.h"
#include "cli/print/table.h"
#include "data/pictures.h"
#include "run/classifier.h"

enum { FORMAT, JSON, TOP };

static const struct ho_flag flags[] = {
  [FORMAT] = { "format", 0, "NAME", "text, tsv, csv, markdown or json (default text)" },
  [JSON] = { "json", 0, NULL, "--format json: a list with an object for each row" },
  [TOP] = { "top", 0, "K", "the K likeliest classes of each picture, a row for each (default 1)" },
  { 0 },
};

enum { TOGETHER = 1024 /* pictures in memory */ };

struct work {
  struct ho_trainer *trainer;
  struct ho_picture_names names;
  struct ho_table table;
  int top;
  size_t failed;
  struct ho_images pixels;
  uint32_t *index;
  uint8_t *state;
  float *probabilities;
};

/* ---- the network ---- */

/* Without the run's data set where that is possible. */
static struct ho_trainer *load(const char *dir, const struct ho_settings *s, const struct ho_plugin_path *path,
                               struct ho_device *device, struct ho_error *err)
{
  int missing;
  struct ho_trainer *t = ho_classifier_load(dir, s, path, device, &missing, err);
  return missing ? ho_run_load(dir, s, path, device, err) : t;
}

/* ---- some pictures ---- */

/* The classes with the largest probabilities; of equals the first. */
static void rows_of(struct work *w, const char *file, const float *probability)
{
  size_t K = (size_t)w->trainer->host.classes, last = K;
  for (int rank = 1; rank <= w->top; rank++) {
    size_t best = K;
    for (size_t k = 0; k < K; k++) {
      double than = last < K ? (double)probability[last] : 2;
      int before = probability[k] > than || (k <= last && probability[k] == than); /* it has a row already */
      if (!before && (best == K || probability[k] > probability[best]))
        best = k;
    }
    ho_table_cell(&w->table, "%s", file);
    if (w->top > 1)
      ho_table_cell(&w->table, "%d", rank);
    ho_table_cell(&w->table, "%zu", best);
    if (w->trainer->source.data.class_name)
      ho_table_cell(&w->table, "%s", w->trainer->source.data.class_name[best]);
    ho_table_cell(&w->table, "%.6g", (double)probability[best]);
    last = best;
  }
}

/* Names those that cannot be read, on standard error. */
static void tell(struct work *w, const struct ho_pictures *p, size_t i)
{
  struct ho_error why = { 0 };
  if (ho_picture_read(p, i, w->pixels.pixel + i * (size_t)p->height * (size_t)p->width * (size_t)p->channels, &why) !=
      HO_PICTURE_READ)
    ho_fail(&why);
  else
    ho_say(stderr, "holdout: %s: it changed while it was read\n", p->file[i]);
  w->failed++;
}

static int some(struct work *w, size_t first, size_t n, struct ho_error *err)
{
  struct ho_trainer *t = w->trainer;
  const struct ho_images *like = &t->source.data.train;
  const struct ho_pictures p = { NULL,        (const char *const *)w->names.path + first,
                                 n,           like->height,
                                 like->width, like->channels };
  struct ho_dataset arranged = t->source.data;
  if (ho_pictures_read(&p, w->pixels.pixel, w->state, err))
    return -1;
  w->pixels.n = n;
  arranged.train = w->pixels;
  arranged.test = (struct ho_images){ .height = like->height, .width = like->width, .channels = like->channels };
  if (t->source.augment->arrange && t->source.augment->arrange(&arranged, (uint64_t)t->settings->seed, err))
    return -1;
  struct ho_score_request ask = { &w->pixels, w->index, w->pixels.label, n };
  struct ho_score_result got = { .probabilities = w->probabilities };
  if (ho_trainer_score(t, &ask, &got, err))
    return -1;
  for (size_t i = 0; i < n; i++)
    if (w->state[i] == HO_PICTURE_READ)
      rows_of(w, p.file[i], w->probabilities + i * (size_t)t->host.classes);
    else
      tell(w, &p, i);
  return 0;
}

/* ---- all of them ---- */

static int make(struct work *w, struct ho_error *err)
{
  const struct ho_images *like = &w->trainer->source.data.train;
  size_t n = w->names.n < TOGETHER ? w->names.n : TOGETHER;
  if (like->channels != 1 && like->channels != 3)
    return ho_error_set(err, "the images of this run have %d channels; pictures have 1 or 3", like->channels);
  if (w->top > w->trainer->host.classes)
    w->top = w->trainer->host.classes;
  if (ho_images_alloc(&w->pixels, n, like->height, like->width, like->channels, err) ||
      !(w->index = ho_alloc(n, sizeof *w->index, "pictures", err)) ||
      !(w->state = ho_alloc(n, sizeof *w->state, "pictures", err)) ||
      !(w->probabilities = ho_alloc(n * (size_t)w->trainer->host.classes, sizeof(float), "probabilities", err)))
    return -1;
  for (size_t i = 0; i < n; i++)
    w->index[i] = (uint32_t)i;
  ho_table_column(&w->table, "file", 0);
  if (w->top > 1)
    ho_table_column(&w->table, "rank", 1);
  ho_table_column(&w->table, "class", 1);
  if (w->trainer->source.data.class_name)
    ho_table_column(&w->table, "name", 0);
  ho_table_column(&w->table, "probability", 1);
  return 0;
}

static int predict_all(struct work *w, struct ho_error *err)
{
  if (make(w, err))
    return -1;
  for (size_t first = 0; first < w->names.n; first += TOGETHER)
    if (some(w, first, w->names.n - first < TOGETHER ? w->names.n - first : TOGETHER, err))
      return -1;
  if (ho_table_print(&w->table, stdout, err))
    return -1;
  if (w->table.format == HO_TABLE_JSON)
    putchar('\n');
  return w->failed ? ho_error_set(err, "%zu of %zu pictures could not be read", w->failed, w->names.n) : 0;
}

static int predict(const struct ho_arguments *a, struct work *w)
{
  struct ho_error err = { 0 };
  struct ho_settings s = { 0 };
  struct ho_plugin_path path = { 0 };
  struct ho_device *device = NULL;
  const char *dir = a->positional[0];
  int bad = ho_run_settings(a, dir, &s, &err) ||
            ho_plugin_path_make(&path, (const char *const *)s.plugin_dir, s.nplugin_dirs, &err);
  for (int i = 1; i < a->npositional && !bad; i++)
    bad = ho_picture_names_add(&w->names, a->positional[i], &err);
  bad = bad || ho_machine_setup(&s, &device, &err) || !(w->trainer = load(dir, &s, &path, device, &err)) ||
        predict_all(w, &err);
  ho_table_free(&w->table);
  ho_images_free(&w->pixels);
  ho_free(w->index);
  ho_free(w->state);
  ho_free(w->probabilities);
  ho_trainer_free(w->trainer);
  ho_device_close(device);
  ho_picture_names_free(&w->names);
  ho_plugin_path_free(&path);
  ho_settings_free(&s);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

/* ---- the command ---- */

static int wanted(const struct ho_arguments *a, struct work *w, struct ho_error *err)
{
  long long top = 1;
  int format = ho_table_format_find(a->flag[JSON] ? "json" : a->flag[FORMAT] ? a->flag[FORMAT] : "text");
  if (a->npositional < 2)
    return ho_error_set(err,
                        "predict needs the folder of a run, then pictures or folders of them; see `holdout predict "
                        "--help'");
  if (format < 0 || (a->flag[JSON] && a->flag[FORMAT]))
    return ho_error_set(err,
                        "predict: --format is one of text, tsv, csv, markdown, json; see `holdout predict --help'");
  if (a->flag[TOP] && (ho_text_int(a->flag[TOP], &top) || top < 1 || top > HO_CLASSES_MOST))
    return ho_error_set(err, "predict: --top `%.100s' is not a number of classes, at least 1", a->flag[TOP]);
  w->top = (int)top;
  w->table = (struct ho_table){ .format = (enum ho_table_format)format,
                                .width = format == HO_TABLE_TEXT ? ho_table_terminal(stdout) : 0 };
  return 0;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  struct work w = { 0 };
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && wanted(&a, &w, &err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = predict(&a, &w);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = {
  "data-dir", "plugin-dir", "engine", "precision", "threads", "memory-limit", NULL
};

const struct ho_command ho_command_predict = {
  .name = "predict",
  .summary = "classes of pictures, by the network of a run",
  .usage = "[FLAGS] RUN PICTURE...",
  .text =
      "Prints the class of each picture with its probability, by the network of RUN at its checkpoint. PICTURE is a "
      "file (JPEG, PNG, WebP, GIF or BMP) or a folder, of which every picture is taken, those in folders below it, "
      "too. Pictures are cropped to the middle and made as large as the run's images; runs on images of one channel "
      "see them in grey.\n\n"
      "The run's data set need not be there, except where an optimizer predicts by more than the network (air), "
      "and for checkpoints of older versions. Pictures that cannot be read are named; the others are predicted, and "
      "the exit status is 1.",
  .examples = "holdout predict runs/bilevel cat.jpg dog.png\n"
              "holdout predict --top 3 runs/bilevel photos\n"
              "holdout predict --json runs/bilevel photos >classes.json",
  .settings = settings,
  .flags = flags,
  .max_positional = INT_MAX,
  .run = run,
};
