/* SPDX-License-Identifier: MIT
 * npy.c - NumPy's .npy files: what is taken has every element that it says, as a number or as a text. */
#include "format/npy.h"

#include <string.h>

#include "fuzz.h"

static void look_at(const struct ho_npy *a, size_t at)
{
  char text[64];
  if (a->kind != HO_NPY_BYTES && a->kind != HO_NPY_UNICODE) {
    double d = ho_npy_real(a, at);
    fuzz_touch(&d, sizeof d);
  } else if (!ho_npy_text(a, at, text, sizeof text))
    fuzz_touch(text, strlen(text) + 1);
  if (a->kind <= HO_NPY_UNSIGNED)
    (void)ho_npy_integer(a, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  struct ho_npy a;
  if (fuzz_told(ho_npy_read(fuzz_file("npy", data, size), &a, &err), &err))
    return 0;
  size_t last = 0;
  fuzz_holds(a.rank <= HO_NPY_RANK_MOST && a.width > 0);
  for (int d = 0; d < a.rank && a.n; d++)
    last += (a.shape[d] - 1) * a.stride[d];
  fuzz_holds(!a.n || last == a.n - 1);
  fuzz_touch(a.data, a.n * a.width);
  for (size_t i = 0; i < a.n; i++)
    look_at(&a, i);
  ho_npy_free(&a);
  return 0;
}
