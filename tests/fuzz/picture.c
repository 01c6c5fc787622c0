/* SPDX-License-Identifier: MIT
 * picture.c - picture files: whatever the bytes are, they are read, or it is said why not; at two sizes, to colour and grey. */
#include "base/memory.h"
#include "data/pictures.h"
#include "fuzz.h"

static void read_as(const char *path, int height, int width, int channels)
{
  uint8_t pixel[16 * 16 * 3], state = 0;
  struct ho_error err = { 0 };
  struct ho_pictures p = { NULL, &path, 1, height, width, channels };
  int failed = ho_picture_read(&p, 0, pixel, &err) != HO_PICTURE_READ;
  fuzz_told(failed, &err);
  if (!failed)
    fuzz_touch(pixel, (size_t)height * (size_t)width * (size_t)channels);
  fuzz_holds(ho_pictures_read(&p, pixel, &state, &err) || (state != HO_PICTURE_READ) == failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  ho_memory_set_bound((size_t)1 << 28); /* large pictures are refused, so that inputs are quick */
  const char *path = fuzz_file("picture.jpg", data, size);
  read_as(path, 16, 16, 3);
  read_as(path, 5, 9, 1);
  return 0;
}
