/* SPDX-License-Identifier: MIT
 * noise.c - `holdout noise': the labels a run would train on, written to a file and summed up as a matrix. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/help.h"
#include "cli/print/matrix.h"
#include "labels/labelled.h"
#include "labels/realised.h"

enum { OUT, FORCE };

/* How the label file was understood, and what it leaves out. */
static void print_file(const struct ho_dataset *data, const struct ho_noise *noise, const struct ho_labelled *labels)
{
  const struct ho_file_labels *file = &labels->file;
  ho_say(stdout, "label file     %s: %s\nlabelled       %zu of %zu training images", noise->path, file->form, file->n,
         data->train.n);
  printf(labels->is_partial ? "; the others are left out\n" : "\n");
  if (file->test_rows)
    printf("               %zu rows are of test images, which keep the data set's labels\n", file->test_rows);
}

/* Labels that a file changes, for better or worse. */
static void print_changed(const struct ho_label_file *rows)
{
  double share = ho_realised_rate(0, rows->n, rows->true_label, rows->given, NULL);
  printf("changed        %.0f of %zu labels differ from the data set's own, a share of %.6f\n", share * (double)rows->n,
         rows->n, share);
}

static int print_summary(const struct ho_dataset *data, const struct ho_noise *noise, const struct ho_labelled *labels,
                         const struct ho_label_file *rows, struct ho_error *err)
{
  ho_say(stdout, "dataset        %s\nnoise          %s\nlabels         %zu: %zu to train on, %zu to validate on\n",
         data->name, noise->spec, rows->n, labels->split.part[HO_PART_TRAIN].n,
         labels->split.part[HO_PART_VALIDATION].n);
  if (labels->file.given)
    print_file(data, noise, labels);
  if (labels->truth != HO_TRUTH_KNOWN)
    printf("true labels    %s\n", ho_truth_text(labels->truth));
  if (labels->truth == HO_TRUTH_UNKNOWN) {
    printf("nominal rate   unknown\nexpected rate  unknown\nrealised rate  unknown\n");
    if (*noise->path)
      print_changed(rows);
    return 0;
  }
  size_t k = (size_t)data->classes, *matrix = ho_alloc(k * k, sizeof *matrix, "the transition matrix", err);
  char nominal[32] = "unknown", expected[32] = "unknown";
  if (!matrix)
    return -1;
  double realised = ho_realised_rate(data->classes, rows->n, rows->true_label, rows->given, matrix);
  if (noise->rate == noise->rate)
    ho_text_from_real(noise->rate, nominal);
  if (rows->expected == rows->expected)
    snprintf(expected, sizeof expected, "%.6f", rows->expected);
  printf("nominal rate   %s\nexpected rate  %s\nrealised rate  %.6f\n", nominal, expected, realised);
  int result = ho_matrix_print(data, matrix, err);
  ho_free(matrix);
  return result;
}

static int label(const struct ho_settings *s, struct ho_noise *noise, const struct ho_dataset *data, const char *out,
                 struct ho_error *err)
{
  noise->true_labels = s->true_labels;
  const size_t size[HO_PARTS] = { (size_t)s->train_size, (size_t)s->validation_size, (size_t)s->clean_size };
  struct ho_labelled labels;
  struct ho_label_file rows;
  if (ho_noise_locate(noise, s->data_dir, err) ||
      ho_labelled_make(data, size, noise, (uint64_t)s->seed, s->noise_seed, &labels, err))
    return -1;
  ho_print_warnings(&labels.warnings);
  int result = ho_labelled_rows(&labels, data, &rows, err);
  if (!result) {
    if (out)
      result = ho_label_file_write(out, &rows, noise->spec, noise->rate, err);
    if (!result)
      result = print_summary(data, noise, &labels, &rows, err);
    ho_labelled_rows_free(&rows);
  }
  ho_labelled_free(&labels);
  return result;
}

static int make_labels(const struct ho_arguments *a)
{
  const struct ho_settings *s = &a->settings;
  const char *out = a->flag[OUT];
  struct ho_noise noise;
  struct ho_dataset data;
  struct ho_error err;
  struct stat st;
  if (!ho_dataset_kind_find(s->dataset, &err) || ho_noise_parse(s->noise, &noise, &err)) {
    ho_fail(&err);
    return HO_EXIT_USAGE;
  }
  if (out && !a->flag[FORCE] && !lstat(out, &st)) {
    ho_error_set(&err, "%s: already exists; choose another name for --out, or give --force to replace it", out);
    return ho_fail(&err);
  }
  if (ho_dataset_load(s->dataset, s->data_dir, &data, &err))
    return ho_fail(&err);
  int result = label(s, &noise, &data, out, &err);
  ho_dataset_free(&data);
  return result ? ho_fail(&err) : HO_EXIT_OK;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0)
    status = make_labels(&a);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "dataset",    "data-dir", "noise",      "train-size",  "validation-size",
                                        "clean-size", "seed",     "noise-seed", "true-labels", NULL };
static const struct ho_flag flags[] = {
  [OUT] = { "out", 'o', "FILE", "write the labels to this file: index, true and given label, tab-separated" },
  [FORCE] = { "force", 0, NULL, "replace an existing FILE" },
  { 0 },
};

/* The models, from their table. */
static void list_models(void)
{
  enum { COLUMN = 30 };
  printf("models:\n");
  for (const struct ho_noise_model *m = ho_noise_models(); m->name; m++) {
    char form[64], text[512];
    ho_noise_spec_form(m, form);
    snprintf(text, sizeof text, "%s%s%s%s", m->summary, m->citation ? " (" : "", m->citation ? m->citation : "",
             m->citation ? ")" : "");
    printf("  %-*s", COLUMN - 2, form);
    ho_help_wrapped(text, COLUMN, COLUMN);
  }
  putchar('\n');
}

const struct ho_command ho_command_noise = {
  .name = "noise",
  .summary = "make wrong labels: a label file, rates, the transition matrix",
  .usage = "[FLAGS]",
  .text = "Generates the labels that a run with the same data set, sizes and seeds trains on, and prints their "
          "nominal and realised rate and the transition matrix. With --out it writes them as a label file, "
          "which --noise file:PATH reads. Images of --clean-size keep their true labels and are not in the "
          "file. A matrix of more than 20 classes is summarised.\n\n"
          "Label files from other sources may be tables (CSV or TSV: commas, semicolons or tabs; quotes as "
          "spreadsheets write them), NumPy's .npy files of one label per training image, or one byte per training "
          "image; any may be compressed with gzip. The columns of a table that matter are called index (the "
          "image's number, from 0) or file (its name, or as much of the end of it as is unique), and label. "
          "Without a header, a table has images and labels, or labels alone, in the order of the images. Labels "
          "are numbers from 0 or names of classes. Images that a table does not have are left out of training, "
          "validation and clean images alike. How a file was understood is printed here.\n\n"
          "A relative PATH is looked up in the working folder, then in the folder of --data-dir or, without that "
          "flag, in the folders that `holdout data --help' lists. Warnings say when fewer than half of the images "
          "have a label, when labels seem to begin at 1, and when a file without true labels agrees with the data "
          "set's own labels no better than chance: they may be in another order than the images.\n\n"
          "The nominal rate is the model's RATE. The expected rate is the mean fraction of wrong labels, taking "
          "rounding and class sizes into account. The realised rate is the actual fraction. Classes without "
          "training images are never drawn as wrong labels. Rates and matrix are relative to the data set's own "
          "labels, which are taken to be true. For your own data with --noise none, or with a label file unless "
          "--true-labels own says that the data set's own labels are right, true labels are unknown: there are no "
          "rates, and no true labels in the file of --out. A warning says when classes have no image to "
          "train on.",
  .list = list_models,
  .examples = "holdout noise --dataset fashion-mnist --noise symmetric:0.4 --out labels.tsv\n"
              "holdout noise --dataset cifar10 --noise file:labels.tsv\n"
              "holdout noise --dataset cifar10 --noise file:cifar-n/cifar10n_worse.u8\n"
              "holdout noise --dataset cifar10 --noise file:checked.csv\n"
              "holdout noise --dataset synthetic --noise symmetric:0.2 --train-size 1000\n",
  .settings = settings,
  .flags = flags,
  .max_positional = 0,
  .run = run,
};
