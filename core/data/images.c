/* SPDX-License-Identifier: MIT
 * images.c - memory for images and their labels; see images.h. */
#include "data/images.h"

#include <string.h>

#include "base/memory.h"

int ho_images_alloc(struct ho_images *images, size_t n, int height, int width, int channels, struct ho_error *err)
{
  size_t bytes;
  if (n == 0 || height < 1 || width < 1 || channels < 1)
    return ho_error_set(err, "no images: %zu of %d x %d x %d", n, height, width, channels);
  if (height > HO_SIDE_MOST || width > HO_SIDE_MOST || channels > HO_CHANNELS_MOST || n > UINT32_MAX ||
      __builtin_mul_overflow(n, (size_t)height * (size_t)width * (size_t)channels, &bytes) || bytes > ho_data_most)
    return ho_error_set(err,
                        "%zu images of %d x %d x %d bytes are too many: at most %d x %d x %d, %zu bytes in "
                        "all",
                        n, height, width, channels, HO_SIDE_MOST, HO_SIDE_MOST, HO_CHANNELS_MOST, ho_data_most);
  *images = (struct ho_images){ .n = n, .height = height, .width = width, .channels = channels };
  if (ho_memory_take(bytes + n * sizeof *images->label, "the images", err))
    return -1;
  images->counted = bytes + n * sizeof *images->label;
  images->pixel = ho_alloc(n, bytes / n, "the images", err);
  images->label = ho_alloc(n, sizeof *images->label, "the labels", err);
  if (images->pixel && images->label)
    return 0;
  ho_images_free(images);
  return -1;
}

int ho_images_alloc_coarse(struct ho_images *images, struct ho_error *err)
{
  size_t bytes = images->n * sizeof *images->coarse;
  if (ho_memory_take(bytes, "the superclasses", err))
    return -1;
  images->counted += bytes;
  images->coarse = ho_alloc(images->n, sizeof *images->coarse, "the superclasses", err);
  return images->coarse ? 0 : -1;
}

uint32_t ho_images_number(const struct ho_images *images, size_t i)
{
  return images->number ? images->number[i] : (uint32_t)i;
}

int64_t ho_images_find(const struct ho_images *images, uint64_t number)
{
  size_t low = 0, high = images->n;
  if (!images->number)
    return number < images->n ? (int64_t)number : -1;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (images->number[middle] < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low < images->n && images->number[low] == number ? (int64_t)low : -1;
}

void ho_images_free(struct ho_images *images)
{
  ho_memory_give(images->counted);
  ho_free(images->pixel);
  ho_free(images->label);
  ho_free(images->coarse);
  ho_free(images->file);
  ho_free(images->file_text);
  ho_free(images->number);
  memset(images, 0, sizeof *images);
}
