/* SPDX-License-Identifier: MIT
 * labels.c - label files of every form, for data sets of eight images in three classes, with and without names; and
 * transition matrices, which are tables of numbers as well. */
#include <math.h>

#include "labels/label_file.h"
#include "labels/transition.h"
#include "fuzz.h"

enum { N = 8, CLASSES = 3 };

static void matrix(const char *path)
{
  struct ho_error err = { 0 };
  double T[CLASSES * CLASSES];
  if (fuzz_told(ho_transition_read(path, CLASSES, T, &err), &err))
    return;
  for (int k = 0; k < CLASSES; k++) {
    double sum = 0;
    for (int j = 0; j < CLASSES; j++)
      sum += T[k * CLASSES + j];
    fuzz_holds(fabs(sum - 1) < 1e-9);
  }
}

static void labels(const char *path, const struct ho_dataset *d)
{
  struct ho_file_labels l;
  struct ho_warnings warnings = { "" };
  struct ho_error err = { 0 };
  size_t n = 0;
  if (fuzz_told(ho_label_file_read(path, d, 0, &l, &err), &err))
    return;
  for (int i = 0; i < N; i++) {
    fuzz_holds(l.given[i] >= -1 && l.given[i] < CLASSES);
    n += l.given[i] >= 0;
  }
  fuzz_holds(n == l.n && n > 0 && *l.form);
  fuzz_holds(!ho_label_file_warn(path, &l, d, &warnings, &err));
  ho_file_labels_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static uint16_t truth[N] = { 0, 1, 2, 0, 1, 2, 0, 1 };
  static const char *const class_name[CLASSES] = { "cat", "dog", "10" };
  static const char *file[N] = { "cat/1.png", "dog/1.png", "a.png", "b c.png", "x/y/z", "x/z", "0", "index" };
  struct ho_dataset d = { .name = "eight", .classes = CLASSES, .train = { .n = N, .label = truth } };
  const char *path = fuzz_file("labels", data, size);
  labels(path, &d);
  d.class_name = class_name;
  labels(path, &d);
  d.train.file = file;
  d.test = (struct ho_images){ .n = 2, .label = truth, .file = file + 1 };
  labels(path, &d);
  matrix(path);
  return 0;
}
