/* SPDX-License-Identifier: MIT
 * review.c - tables that people have reviewed, for eight images in three classes, with and without names. */
#include "report/review.h"
#include "fuzz.h"

enum { N = 8, CLASSES = 3 };

static void review(const char *path, const struct ho_dataset *data)
{
  static const int32_t given[N] = { 0, 1, 2, 0, -1, 2, 0, 1 };
  struct ho_error err = { 0 };
  struct ho_decisions d;
  if (fuzz_told(ho_review_read(path, data, given, &d, &err), &err))
    return;
  fuzz_holds(d.n + d.undecided <= N);
  for (size_t k = 0; k < d.n; k++) {
    fuzz_holds(d.of[k].image < N && given[d.of[k].image] >= 0);
    fuzz_holds(d.of[k].label >= -1 && d.of[k].label < CLASSES);
    fuzz_holds(d.of[k].is_wrong == (d.of[k].label != given[d.of[k].image]));
  }
  ho_decisions_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static uint16_t label[N];
  static const char *const name[CLASSES] = { "cat", "dog", "big dog" };
  struct ho_dataset data = { .name = "fuzz", .classes = CLASSES, .train = { .n = N, .label = label } };
  const char *path = fuzz_file("review", bytes, size);
  review(path, &data);
  data.class_name = name;
  review(path, &data);
  return 0;
}
