/* SPDX-License-Identifier: MIT
 * idx.c - the IDX format of MNIST and its relatives (LeCun, Cortes and Burges): a big-endian header, then bytes.
 *
 * Images: 0x00000803, count, height, width, then pixels.  Labels: 0x00000801, count, then one byte each. */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/formats.h"

enum { IMAGES = 0x803, LABELS = 0x801, LIMIT = 1 << 30 /* bytes of a file; MNIST's largest has 47 million */ };

static uint32_t word(const unsigned char *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Reads an IDX file of bytes with `dimensions' sizes, checks magic number and length to the byte.  *content points
 * behind the header, into *file, which the caller frees. */
static int read_idx(const char *path, uint32_t magic, int dimensions, uint32_t *size, unsigned char **file,
                    const unsigned char **content, struct ho_error *err)
{
  size_t have, header = 4 + 4 * (size_t)dimensions;
  if (ho_file_read(path, LIMIT, file, &have, err))
    return -1;
  if (have < header)
    ho_error_set(err, "%s: truncated: %zu bytes, the header alone has %zu", path, have, header);
  else if (word(*file) != magic)
    ho_error_set(err, "%s: wrong magic number 0x%08x, not 0x%08x: no IDX file of %s", path, word(*file), magic,
                 magic == IMAGES ? "images" : "labels");
  else {
    size_t need = 1;
    int over = 0;
    for (int d = 0; d < dimensions; d++) {
      size[d] = word(*file + 4 + 4 * d);
      over |= __builtin_mul_overflow(need, (size_t)size[d], &need);
    }
    *content = *file + header;
    if (over || need > LIMIT)
      ho_error_set(err, "%s: the header promises more than the %d bytes a file may have: damaged", path, LIMIT);
    else if (have != header + need)
      ho_error_set(err, "%s: %s: the header promises %zu bytes, the file has %zu", path,
                   have < header + need ? "truncated" : "oversized", header + need, have);
    else
      return 0;
  }
  ho_free(*file);
  return -1;
}

static int read_images(const char *path, struct ho_images *im, struct ho_error *err)
{
  unsigned char *file;
  const unsigned char *content;
  uint32_t size[3];
  if (read_idx(path, IMAGES, 3, size, &file, &content, err))
    return -1;
  int height = size[1] > 4096 ? 4097 : (int)size[1], width = size[2] > 4096 ? 4097 : (int)size[2];
  int result = ho_images_alloc(im, size[0], height, width, 1, err);
  if (result)
    ho_error_prefix(err, "%s", path);
  else
    memcpy(im->pixel, content, im->n * (size_t)im->height * (size_t)im->width);
  ho_free(file);
  return result;
}

static int read_labels(const char *path, int classes, struct ho_images *im, struct ho_error *err)
{
  unsigned char *file;
  const unsigned char *content;
  uint32_t n;
  if (read_idx(path, LABELS, 1, &n, &file, &content, err))
    return -1;
  int result = 0;
  if (n != im->n)
    result = ho_error_set(err, "%s: %u labels for %zu images", path, n, im->n);
  for (size_t i = 0; i < im->n && !result; i++) {
    im->label[i] = content[i];
    if (content[i] >= classes)
      result = ho_error_set(err, "%s: record %zu: label %d, not below %d", path, i, content[i], classes);
  }
  ho_free(file);
  return result;
}

int ho_idx_read(const char *folder, const char *images, const char *labels, int classes, struct ho_images *im,
                struct ho_error *err)
{
  char path[4096], label_path[4096];
  if (ho_data_file(folder, images, path, sizeof path, err) ||
      ho_data_file(folder, labels, label_path, sizeof label_path, err) || read_images(path, im, err))
    return -1;
  if (read_labels(label_path, classes, im, err)) {
    ho_images_free(im);
    return -1;
  }
  return 0;
}

static int load(const char *folder, const char *const *names, struct ho_dataset *data, struct ho_error *err)
{
  data->classes = 10;
  data->class_name = names;
  if (ho_idx_read(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 10, &data->train, err))
    return -1;
  return ho_idx_read(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 10, &data->test, err);
}

int ho_mnist_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  static const char *const names[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
  return load(folder, names, data, err);
}

int ho_fashion_mnist_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  static const char *const names[] = { "t-shirt", "trouser", "pullover", "dress", "coat",
                                       "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot" };
  return load(folder, names, data, err);
}
