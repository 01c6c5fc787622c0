/* SPDX-License-Identifier: MIT
 * labels.c - label files, tables or one byte per image, for a data set of eight images in three classes; and transition
 * matrices, which are tables of numbers as well. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static uint16_t truth[N] = { 0, 1, 2, 0, 1, 2, 0, 1 }, given[N];
  static const uint32_t id[N] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  static const struct ho_dataset d = { .name = "eight", .classes = CLASSES, .train = { .n = N, .label = truth } };
  struct ho_error err = { 0 };
  const char *path = fuzz_file("labels", data, size);
  if (!fuzz_told(ho_label_file_read(path, &d, id, N, given, &err), &err))
    for (int i = 0; i < N; i++)
      fuzz_holds(given[i] < CLASSES);
  matrix(path);
  return 0;
}
