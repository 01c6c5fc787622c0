/* SPDX-License-Identifier: MIT
 * cifar.c - what stands behind `cifar:' on the command line, a byte 0, a file of records for its `a' and `b', and class
 * names. */
#include "data/readers.h"
#include "base/memory.h"
#include "fuzz.h"

static void look_at(const struct ho_images *im, const struct ho_dataset *d)
{
  fuzz_touch(im->pixel, im->n * (size_t)im->height * (size_t)im->width * (size_t)im->channels);
  for (size_t i = 0; i < im->n; i++)
    fuzz_holds(im->label[i] < d->classes && (!im->coarse || im->coarse[i] < d->superclasses));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  struct ho_dataset *d = ho_alloc(1, sizeof *d, "a data set", &err);
  const char *argument = fuzz_text(&data, &size);
  const char *names = fuzz_file("a", data, size);
  fuzz_file("b", data, size);
  fuzz_holds(d);
  if (!fuzz_told(ho_user_cifar_load(argument, fuzz_folder(), d, &err), &err)) {
    look_at(&d->train, d);
    look_at(&d->test, d);
  } else {
    d->classes = 3;
    if (!fuzz_told(ho_class_names_read(names, d, &err), &err))
      for (int k = 0; k < 3; k++)
        fuzz_holds(d->class_name[k]);
  }
  ho_dataset_free(d);
  ho_free(d);
  return 0;
}
