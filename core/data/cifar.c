/* SPDX-License-Identifier: MIT
 * cifar.c - the binary version of CIFAR (Krizhevsky 2009): records of one or two label bytes, then a red, a green and
 * a blue plane of 32 x 32 bytes, row by row.  Without a header, a file's size must be exactly that of its records. */
#include "base/file.h"
#include "base/memory.h"
#include "data/formats.h"

static void interleave(const unsigned char *plane, uint8_t *pixel)
{
  const int area = HO_CIFAR_SIDE * HO_CIFAR_SIDE;
  for (int i = 0; i < area; i++)
    for (int c = 0; c < HO_CIFAR_CHANNELS; c++)
      pixel[i * HO_CIFAR_CHANNELS + c] = plane[c * area + i];
}

int ho_cifar_read(const char *folder, const char *name, const struct ho_cifar_format *format, size_t records,
                  struct ho_images *im, size_t first, struct ho_error *err)
{
  char path[4096];
  unsigned char *file;
  size_t record = (size_t)format->label_bytes + HO_CIFAR_PIXELS, need = records * record, have;
  if (ho_data_file(folder, name, path, sizeof path, err) || ho_file_read(path, need + record, &file, &have, err))
    return -1;
  int result = 0;
  if (have != need)
    result = ho_error_set(err, "%s: %s: %zu records of %zu bytes are %zu bytes, the file has %zu", path,
                          have < need ? "truncated" : "oversized", records, record, need, have);
  for (size_t i = 0; i < records && !result; i++) {
    const unsigned char *at = file + i * record;
    int label = at[format->label_at];
    if (label >= format->classes)
      result = ho_error_set(err, "%s: record %zu: label %d, not below %d", path, i, label, format->classes);
    im->label[first + i] = (uint16_t)label;
    interleave(at + format->label_bytes, im->pixel + (first + i) * HO_CIFAR_PIXELS);
  }
  ho_free(file);
  return result;
}

int ho_cifar10_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  static const char *const names[] = { "airplane", "automobile", "bird",  "cat",  "deer",
                                       "dog",      "frog",       "horse", "ship", "truck" };
  static const struct ho_cifar_format format = { 1, 0, 10 };
  enum { BATCH = 10000, BATCHES = 5 };
  data->classes = 10;
  data->class_name = names;
  if (ho_images_alloc(&data->train, BATCHES * BATCH, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, err) ||
      ho_images_alloc(&data->test, BATCH, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, err))
    return -1;
  for (int b = 0; b < BATCHES; b++) {
    char name[32];
    snprintf(name, sizeof name, "data_batch_%d.bin", b + 1);
    if (ho_cifar_read(folder, name, &format, BATCH, &data->train, (size_t)b * BATCH, err))
      return -1;
  }
  return ho_cifar_read(folder, "test_batch.bin", &format, BATCH, &data->test, 0, err);
}
