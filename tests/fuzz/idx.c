/* SPDX-License-Identifier: MIT
 * idx.c - IDX files, plain or gzip: images, then labels.  Two bytes, the larger half first, tell where the labels begin. */
#include "data/readers.h"
#include "fuzz.h"

static void look_at(const struct ho_images *im)
{
  fuzz_holds(im->n > 0 && im->height > 0 && im->width > 0 && im->channels > 0);
  fuzz_touch(im->pixel, im->n * (size_t)im->height * (size_t)im->width * (size_t)im->channels);
  fuzz_touch(im->label, im->n * sizeof *im->label);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  if (size < 2)
    return 0;
  size_t rest = size - 2, cut = (size_t)data[0] << 8 | data[1];
  if (cut > rest)
    cut = rest;
  fuzz_file("images", data + 2, cut);
  fuzz_file("labels", data + 2 + cut, rest - cut);
  for (int classes = 0; classes <= 10; classes += 10) { /* any number, and a number that is known */
    struct ho_images im = { 0 };
    ho_error_clear(&err);
    if (!fuzz_told(ho_idx_read(fuzz_folder(), "images", "labels", classes, &im, &err), &err))
      look_at(&im);
    ho_images_free(&im);
  }
  return 0;
}
