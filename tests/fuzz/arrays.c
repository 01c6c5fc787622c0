/* SPDX-License-Identifier: MIT
 * arrays.c - what stands behind `npy:' on the command line, a byte 0, and two arrays, `a' and `b', one after the other: two
 * bytes, the larger half first, tell where the second begins. */
#include "base/memory.h"
#include "data/readers.h"
#include "fuzz.h"

static void look_at(const struct ho_images *im, const struct ho_dataset *d)
{
  fuzz_touch(im->pixel, im->n * (size_t)im->height * (size_t)im->width * (size_t)im->channels);
  for (size_t i = 0; i < im->n; i++)
    fuzz_holds(im->label[i] < d->classes && (!im->file || *im->file[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  const char *argument = fuzz_text(&data, &size);
  if (size < 2)
    return 0;
  struct ho_dataset *d = ho_alloc(1, sizeof *d, "a data set", &err);
  size_t rest = size - 2, cut = (size_t)data[0] << 8 | data[1];
  if (cut > rest)
    cut = rest;
  fuzz_file("a", data + 2, cut);
  fuzz_file("b", data + 2 + cut, rest - cut);
  fuzz_holds(d);
  if (!fuzz_told(ho_user_npy_load(argument, fuzz_folder(), d, &err), &err)) {
    look_at(&d->train, d);
    look_at(&d->test, d);
  }
  ho_dataset_free(d);
  ho_free(d);
  return 0;
}
