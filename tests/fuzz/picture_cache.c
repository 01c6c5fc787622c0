/* SPDX-License-Identifier: MIT
 * picture_cache.c - the file of decoded pictures.  The first byte is the number of files listed; the others are the file,
 * but for its checksum, which is the right one if that byte is even. */
#include "data/pictures/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "data/pictures.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  uint8_t state[256];
  struct ho_picture_cache c;
  struct ho_images im = { 0 };
  struct ho_error err = { 0 };
  if (!size)
    return 0;
  size_t n = data[0], rest = size - 1, read = 0;
  unsigned char *file = malloc(rest + HO_SHA256_TEXT);
  char digest[HO_SHA256_TEXT];
  fuzz_holds(file && !ho_sha256(data + 1, rest, digest, &err));
  memcpy(file, data + 1, rest);
  memcpy(file + rest, digest, sizeof digest);
  snprintf(c.path, sizeof c.path, "%s", fuzz_file("cache", file, n % 2 ? rest : rest + HO_SHA256_TEXT - 1));
  memset(c.state, '0', sizeof c.state);
  c.state[HO_SHA256_TEXT - 1] = 0;
  fuzz_holds(!chmod(c.path, 0600));
  int result = ho_picture_cache_read(&c, n, state, &im, &err);
  fuzz_told(result < 0, &err);
  fuzz_holds(result || im.n <= n);
  if (!result) {
    fuzz_touch(im.pixel, im.n * (size_t)im.height * (size_t)im.width * (size_t)im.channels);
    for (size_t i = 0; i < n; i++)
      read += state[i] == HO_PICTURE_READ;
    fuzz_holds(read == im.n);
  } else
    fuzz_holds(!im.pixel);
  ho_images_free(&im);
  free(file);
  return 0;
}
