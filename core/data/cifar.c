/* SPDX-License-Identifier: MIT
 * cifar.c - the binary version of CIFAR (Krizhevsky 2009): records of one or two label bytes, then a red, a green and
 * a blue plane of 32 x 32 bytes, row by row; other sizes and channels likewise.  There is no header, so a file must have
 * exactly the size of its records. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/locate.h"
#include "data/readers.h"

size_t ho_cifar_record(const struct ho_cifar_format *f)
{
  return (size_t)f->labels + (size_t)f->height * (size_t)f->width * (size_t)f->channels;
}

static void interleave(const struct ho_cifar_format *f, const unsigned char *plane, uint8_t *pixel)
{
  size_t area = (size_t)f->height * (size_t)f->width, channels = (size_t)f->channels;
  for (size_t i = 0; i < area; i++)
    for (size_t c = 0; c < channels; c++)
      pixel[i * channels + c] = plane[c * area + i];
}

int ho_cifar_unpack(const char *path, const unsigned char *at, size_t records, const struct ho_cifar_format *f,
                    struct ho_images *im, size_t first, struct ho_error *err)
{
  size_t record = ho_cifar_record(f), bytes = record - (size_t)f->labels;
  for (size_t i = 0; i < records; i++, at += record) {
    int label = at[f->labels - 1];
    if (label >= f->classes)
      return ho_error_set(err, "%s: record %zu: label %d, but it must be below %d", path, i, label, f->classes);
    if (f->labels == 2 && at[0] >= f->superclasses)
      return ho_error_set(err, "%s: record %zu: superclass %d, but it must be below %d", path, i, at[0],
                          f->superclasses);
    im->label[first + i] = (uint16_t)label;
    if (im->coarse)
      im->coarse[first + i] = at[0];
    interleave(f, at + f->labels, im->pixel + (first + i) * bytes);
  }
  return 0;
}

int ho_cifar_read(const char *folder, const char *name, const struct ho_cifar_format *f, size_t records,
                  struct ho_images *im, size_t first, struct ho_error *err)
{
  char path[4096];
  unsigned char *file;
  size_t record = ho_cifar_record(f), need = records * record, have;
  if (ho_data_file(folder, name, path, sizeof path, err) || ho_file_read(path, need + record, &file, &have, err))
    return -1;
  int result = 0;
  if (have != need)
    result = ho_error_set(err, "%s: %s: %zu records of %zu bytes are %zu bytes, but the file has %zu", path,
                          have < need ? "truncated" : "oversized", records, record, need, have);
  else
    result = ho_cifar_unpack(path, file, records, f, im, first, err);
  ho_free(file);
  return result;
}

static int alloc(struct ho_dataset *data, size_t train, size_t test, struct ho_error *err)
{
  return ho_images_alloc(&data->train, train, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, err) ||
         ho_images_alloc(&data->test, test, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, err);
}

int ho_cifar10_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  static const char *const names[] = { "airplane", "automobile", "bird",  "cat",  "deer",
                                       "dog",      "frog",       "horse", "ship", "truck" };
  static const struct ho_cifar_format format = { 1, 10, 0, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS };
  enum { BATCH = 10000, BATCHES = 5 };
  data->classes = 10;
  data->class_name = names;
  if (alloc(data, (size_t)BATCHES * BATCH, BATCH, err))
    return -1;
  for (int b = 0; b < BATCHES; b++) {
    char name[32];
    snprintf(name, sizeof name, "data_batch_%d.bin", b + 1);
    if (ho_cifar_read(folder, name, &format, BATCH, &data->train, (size_t)b * BATCH, err))
      return -1;
  }
  return ho_cifar_read(folder, "test_batch.bin", &format, BATCH, &data->test, 0, err);
}

/* Class names are in a separate file that may be missing. */
static int cifar100_names(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  char path[4096];
  if (ho_data_file(folder, "fine_label_names.txt", path, sizeof path, NULL))
    return 0;
  return ho_class_names_read(path, data, err);
}

int ho_cifar100_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  static const struct ho_cifar_format format = { 2, 100, 20, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS };
  enum { TRAIN = 50000, TEST = 10000 };
  data->classes = format.classes;
  data->superclasses = format.superclasses;
  if (alloc(data, TRAIN, TEST, err) || ho_images_alloc_coarse(&data->train, err) ||
      ho_images_alloc_coarse(&data->test, err) ||
      ho_cifar_read(folder, "train.bin", &format, TRAIN, &data->train, 0, err) ||
      ho_cifar_read(folder, "test.bin", &format, TEST, &data->test, 0, err))
    return -1;
  return cifar100_names(folder, data, err);
}
