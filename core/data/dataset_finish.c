/* SPDX-License-Identifier: MIT
 * dataset_finish.c - checks of a data set's images, their mean and deviation, and their SHA-256; see dataset.h. */
#include <math.h>

#include "base/memory.h"
#include "data/dataset.h"

/* Mean and deviation over all training pixels, from integer sums: exact up to the final rounding, in any order of
 * summation. */
static void measure(struct ho_dataset *data)
{
  const struct ho_images *im = &data->train;
  size_t pixels = im->n * (size_t)im->height * (size_t)im->width, channels = (size_t)im->channels;
  uint64_t sum[HO_CHANNELS_MOST] = { 0 }, square[HO_CHANNELS_MOST] = { 0 };
  const uint8_t *x = im->pixel;
  for (size_t i = 0; i < pixels; i++, x += channels)
    for (size_t c = 0; c < channels; c++) {
      sum[c] += x[c];
      square[c] += (uint64_t)x[c] * x[c];
    }
  for (size_t c = 0; c < channels; c++) {
    unsigned __int128 spread = (unsigned __int128)pixels * square[c] - (unsigned __int128)sum[c] * sum[c];
    data->mean[c] = (float)((double)sum[c] / (double)pixels / 255);
    data->deviation[c] = spread ? (float)(sqrt((double)spread) / (double)pixels / 255) : 1; /* constant: becomes 0 */
  }
}

void ho_dataset_scale(struct ho_dataset *data)
{
  for (int c = 0; c < data->train.channels; c++)
    for (int x = 0; x < 256; x++)
      data->scaled[c][x] = ((float)x / 255 - data->mean[c]) / data->deviation[c];
}

static void hash_images(struct ho_sha256 *hash, const struct ho_images *im)
{
  uint8_t bytes[2 * 4096];
  ho_sha256_add(hash, im->pixel, im->n * (size_t)im->height * (size_t)im->width * (size_t)im->channels);
  for (size_t i = 0; i < im->n; i += 4096) { /* labels as two bytes, low byte first, on any machine */
    size_t now = im->n - i < 4096 ? im->n - i : 4096;
    for (size_t k = 0; k < now; k++) {
      bytes[2 * k] = (uint8_t)im->label[i + k];
      bytes[2 * k + 1] = (uint8_t)(im->label[i + k] >> 8);
    }
    ho_sha256_add(hash, bytes, 2 * now);
  }
}

/* Checks that each class has one superclass.  seen[class]: 1 + its superclass; 0: no image of the class so far. */
static int check_coarse(const struct ho_images *im, const char *which, uint16_t *seen, struct ho_error *err)
{
  for (size_t i = 0; i < im->n; i++) {
    uint16_t *s = seen + im->label[i];
    if (*s && *s != im->coarse[i] + 1)
      return ho_error_set(err,
                          "%s image %zu: class %d has superclass %d here, but %d before: a class has one superclass",
                          which, i, im->label[i], im->coarse[i], *s - 1);
    *s = (uint16_t)(im->coarse[i] + 1);
  }
  return 0;
}

static int check_superclasses(struct ho_dataset *data, struct ho_error *err)
{
  if (!data->train.coarse)
    return 0;
  uint16_t *seen = ho_alloc((size_t)data->classes, sizeof *seen, "superclasses", err);
  int result =
      !seen || check_coarse(&data->train, "training", seen, err) || check_coarse(&data->test, "test", seen, err);
  ho_free(seen);
  return result ? -1 : 0;
}

int ho_dataset_finish(struct ho_dataset *data, struct ho_error *err)
{
  const struct ho_images *a = &data->train, *b = &data->test;
  if (b->n && (a->height != b->height || a->width != b->width || a->channels != b->channels))
    return ho_error_set(err, "training images are %d x %d x %d, test images %d x %d x %d", a->height, a->width,
                        a->channels, b->height, b->width, b->channels);
  if (check_superclasses(data, err))
    return -1;
  measure(data);
  ho_dataset_scale(data);
  struct ho_sha256 hash = ho_sha256_begin();
  hash_images(&hash, a);
  hash_images(&hash, b);
  return ho_sha256_end(&hash, data->sha256, err);
}
