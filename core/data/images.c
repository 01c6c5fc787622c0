/* SPDX-License-Identifier: MIT
 * images.c - the images of a data set in memory: room for them, and what follows from them alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/formats.h"

/* ---- memory ---- */

int ho_images_alloc(struct ho_images *images, size_t n, int height, int width, int channels, struct ho_error *err)
{
  size_t side = 4096, bytes;
  if (n == 0 || height < 1 || width < 1 || channels < 1)
    return ho_error_set(err, "no images: %zu of %d x %d x %d", n, height, width, channels);
  if ((size_t)height > side || (size_t)width > side || channels > HO_CHANNELS_MOST || n > UINT32_MAX ||
      __builtin_mul_overflow(n, (size_t)height * (size_t)width * (size_t)channels, &bytes) || bytes > ho_data_most)
    return ho_error_set(err,
                        "%zu images of %d x %d x %d bytes are too many: at most %zu x %zu x %d, %zu bytes in "
                        "all",
                        n, height, width, channels, side, side, HO_CHANNELS_MOST, ho_data_most);
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

void ho_images_free(struct ho_images *images)
{
  ho_memory_give(images->counted);
  ho_free(images->pixel);
  ho_free(images->label);
  ho_free(images->coarse);
  memset(images, 0, sizeof *images);
}

void ho_dataset_free(struct ho_dataset *data)
{
  ho_images_free(&data->train);
  ho_images_free(&data->test);
  ho_free(data->own_names);
  data->own_names = NULL;
  data->class_name = NULL;
}

/* ---- class names ---- */

int ho_class_names_read(const char *path, struct ho_dataset *data, struct ho_error *err)
{
  enum { LIMIT = HO_CLASSES_MOST * 256 };
  unsigned char *file;
  size_t size, k = (size_t)data->classes, n = 0;
  if (ho_file_read(path, LIMIT, &file, &size, err))
    return -1;
  const char **name = ho_alloc(1, k * sizeof *name + size + 1, "class names", err);
  char *text = name ? (char *)(name + k) : NULL;
  if (name)
    memcpy(text, file, size);
  ho_free(file);
  if (!name)
    return -1;
  for (char *line = text, *end; line < text + size && *line; line = end + 1) { /* one byte 0 follows the text */
    end = line + strcspn(line, "\n");
    char *stop = end > line && end[-1] == '\r' ? end - 1 : end;
    int is_last = !*end;
    *stop = *end = 0;
    if (!*line)
      continue; /* the lists of CIFAR end with an empty line */
    for (char *c = line; *c; c++)
      if ((unsigned char)*c < ' ' || *c == 127)
        *c = '?'; /* it will be shown on terminals */
    if (n < k)
      name[n] = line;
    n++;
    if (is_last)
      break;
  }
  if (n != k) {
    ho_free(name);
    return ho_error_set(err, "%s: %zu names for %zu classes", path, n, k);
  }
  data->class_name = name;
  data->own_names = name;
  return 0;
}

/* ---- measures ---- */

/* Mean and deviation over all training pixels from integer sums: no rounding but the last, whatever the order. */
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

static void hash_images(void *hash, const struct ho_images *im)
{
  uint8_t bytes[2 * 4096];
  ho_sha256_add(hash, im->pixel, im->n * (size_t)im->height * (size_t)im->width * (size_t)im->channels);
  for (size_t i = 0; i < im->n; i += 4096) { /* labels as two bytes, the low one first, on any machine */
    size_t now = im->n - i < 4096 ? im->n - i : 4096;
    for (size_t k = 0; k < now; k++) {
      bytes[2 * k] = (uint8_t)im->label[i + k];
      bytes[2 * k + 1] = (uint8_t)(im->label[i + k] >> 8);
    }
    ho_sha256_add(hash, bytes, 2 * now);
  }
}

/* Each class belongs to one superclass: seen[class] is 1 + that, 0 while none was met. */
static int check_coarse(const struct ho_images *im, const char *which, uint16_t *seen, struct ho_error *err)
{
  for (size_t i = 0; i < im->n; i++) {
    uint16_t *s = seen + im->label[i];
    if (*s && *s != im->coarse[i] + 1)
      return ho_error_set(err,
                          "%s image %zu: class %d with superclass %d, but with %d before: a class has one "
                          "superclass",
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
  if (a->height != b->height || a->width != b->width || a->channels != b->channels)
    return ho_error_set(err, "training images are %d x %d x %d, test images %d x %d x %d", a->height, a->width,
                        a->channels, b->height, b->width, b->channels);
  if (check_superclasses(data, err))
    return -1;
  measure(data);
  void *hash = ho_sha256_begin();
  hash_images(hash, a);
  hash_images(hash, b);
  ho_sha256_end(hash, data->sha256);
  return 0;
}
