/* SPDX-License-Identifier: MIT
 * idx.c - the IDX format of MNIST and its relatives (LeCun, Cortes and Burges): a big-endian header, then numbers.
 *
 * The header is a word 0x0000TTDD, type and number of dimensions, then a word for each dimension.  Images are bytes
 * (type 8): count, height, width and, where there are four dimensions, channels.  Labels have one dimension and are
 * bytes (type 8), or signed numbers of 8 bits (type 9), 16 bits (type 11) or 32 bits (type 12). */
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/locate.h"
#include "data/readers.h"

enum { BYTES = 8, SIGNED_BYTES = 9, SHORTS = 11, INTS = 12, MOST_DIMENSIONS = 4 };

static uint32_t word(const unsigned char *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct idx {
  int type, dimensions;
  size_t width; /* bytes of a number */
  size_t counted;
  uint32_t size[MOST_DIMENSIONS];
  unsigned char *file; /* owned; freed by free_idx */
  const unsigned char *content;
};

static int is_wanted(const struct idx *x, int is_images)
{
  if (is_images)
    return x->type == BYTES && (x->dimensions == 3 || x->dimensions == 4);
  return (x->type == BYTES || x->type == SIGNED_BYTES || x->type == SHORTS || x->type == INTS) && x->dimensions == 1;
}

/* Reads magic number and sizes; sets the number of bytes in the header, and the number that must follow it. */
static int read_sizes(const char *path, struct idx *x, size_t have, int is_images, size_t *header, size_t *need,
                      struct ho_error *err)
{
  size_t least = is_images ? 16 : 8;
  if (have < least)
    return ho_error_set(err, "%s: truncated: it has %zu bytes, the header alone has %zu", path, have, least);
  uint32_t magic = word(x->file);
  x->type = (int)(magic >> 8);
  x->dimensions = (int)(magic & 255);
  if (!is_wanted(x, is_images))
    return ho_error_set(err, "%s: wrong magic number 0x%08x, not %s: not an IDX file of %s", path, magic,
                        is_images ? "0x00000803 or 0x00000804" : "0x00000801, 0x00000901, 0x00000b01 or 0x00000c01",
                        is_images ? "images" : "labels");
  *header = 4 + 4 * (size_t)x->dimensions;
  int over = 0;
  *need = x->width = x->type == INTS ? 4 : x->type == SHORTS ? 2 : 1;
  if (have < *header)
    return ho_error_set(err, "%s: truncated: it has %zu bytes, the header alone has %zu", path, have, *header);
  for (int d = 0; d < x->dimensions; d++) {
    x->size[d] = word(x->file + 4 + (size_t)4 * d);
    over |= __builtin_mul_overflow(*need, (size_t)x->size[d], need);
  }
  if (over || *need > ho_data_most)
    return ho_error_set(err, "%s: damaged: its header announces more than the %zu bytes that a file may have", path,
                        ho_data_most);
  return 0;
}

/* Reads the header, and checks the length of the file to the byte. */
static int read_header(const char *path, struct idx *x, size_t have, int is_images, struct ho_error *err)
{
  size_t header = 0, need = 0;
  if (read_sizes(path, x, have, is_images, &header, &need, err))
    return -1;
  if (have != header + need)
    return ho_error_set(err, "%s: %s: the header announces %zu bytes, but the file has %zu", path,
                        have < header + need ? "truncated" : "oversized", header + need, have);
  x->content = x->file + header;
  return 0;
}

struct idx_look {
  struct ho_file_look look; /* first */
  const char *path;
  int is_images;
};

/* Called while the file is read: limits the bytes to what the header promises, plus a few to detect longer files. */
static int look(struct ho_file_look *l, const unsigned char *bytes, size_t have, size_t *limit, struct ho_error *err)
{
  const struct idx_look *of = (struct idx_look *)l;
  struct idx x = { .file = (unsigned char *)bytes };
  size_t header = 0, need = 0, more = 1 << 16;
  if (have < 4 + 4 * MOST_DIMENSIONS)
    return 1;
  if (read_sizes(of->path, &x, have, of->is_images, &header, &need, err))
    return -1;
  *limit = header + need + more;
  return 0;
}

static int read_idx(const char *path, int is_images, struct idx *x, struct ho_error *err)
{
  struct idx_look l = { { look }, path, is_images };
  size_t have;
  *x = (struct idx){ .type = 0 };
  if (ho_file_read_looking(path, ho_data_most, &l.look, &x->file, &have, err))
    return -1;
  if (!read_header(path, x, have, is_images, err) && !ho_memory_take(have, path, err)) {
    x->counted = have;
    return 0;
  }
  ho_free(x->file);
  return -1;
}

static void free_idx(struct idx *x)
{
  ho_memory_give(x->counted);
  ho_free(x->file);
}

static int side(uint32_t size)
{
  return size > INT32_MAX ? INT32_MAX : (int)size; /* too large in either case */
}

static int read_images(const char *path, struct ho_images *im, struct ho_error *err)
{
  struct idx x;
  if (read_idx(path, 1, &x, err))
    return -1;
  int channels = x.dimensions == 4 ? side(x.size[3]) : 1, result;
  if (x.dimensions == 4 && x.size[1] <= 4 && x.size[3] > 4)
    result = ho_error_set(err, "%s: images of %u x %u x %u: the channels must come last", path, x.size[1], x.size[2],
                          x.size[3]);
  else if ((result = ho_images_alloc(im, x.size[0], side(x.size[1]), side(x.size[2]), channels, err)))
    ho_error_prefix(err, "%s", path);
  else
    memcpy(im->pixel, x.content, im->n * (size_t)im->height * (size_t)im->width * (size_t)channels);
  free_idx(&x);
  return result;
}

/* Label i; -1: negative; UINT16_MAX + 1: larger than UINT16_MAX. */
static int32_t label_at(const struct idx *x, size_t i)
{
  const unsigned char *p = x->content + i * x->width;
  uint32_t v = x->width == 1 ? p[0] : x->width == 2 ? (uint32_t)p[0] << 8 | p[1] : word(p);
  uint32_t sign = x->type == BYTES ? 0 : (uint32_t)1 << (8 * x->width - 1);
  return (v & sign) ? -1 : v > UINT16_MAX ? UINT16_MAX + 1 : (int32_t)v;
}

static int read_labels(const char *path, int classes, struct ho_images *im, struct ho_error *err)
{
  struct idx x;
  int most = classes ? classes : HO_CLASSES_MOST, result = 0;
  if (read_idx(path, 0, &x, err))
    return -1;
  if (x.size[0] != im->n)
    result = ho_error_set(err, "%s: it has %u labels for %zu images", path, x.size[0], im->n);
  for (size_t i = 0; i < im->n && !result; i++) {
    int32_t label = label_at(&x, i);
    im->label[i] = (uint16_t)label;
    if (label < 0)
      result = ho_error_set(err, "%s: record %zu: the label is negative", path, i);
    else if (label >= most)
      result = ho_error_set(err, "%s: record %zu: label %s%d, but it must be below %d%s", path, i,
                            label > UINT16_MAX ? "above " : "", label > UINT16_MAX ? UINT16_MAX : label, most,
                            classes ? "" : ", the largest number of classes");
  }
  free_idx(&x);
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

/* ---- the usual names ---- */

static const char *const train_names[] = { "train", NULL }, *const test_names[] = { "t10k", "test", NULL };
static const char *const *const part_names[] = { [HO_IDX_TRAIN] = train_names, [HO_IDX_TEST] = test_names };
static const char *const image_names[] = { "images-idx3-ubyte", "images.idx3-ubyte", "images-idx4-ubyte",
                                           "images.idx4-ubyte", NULL };
static const char *const label_names[] = { "labels-idx1-ubyte", "labels.idx1-ubyte", "labels-idx1-byte",
                                           "labels.idx1-byte",  "labels-idx1-short", "labels.idx1-short",
                                           "labels-idx1-int",   "labels.idx1-int",   NULL };

/* The name under which the folder has the file; returns -1, with the first of the names, if it has none. */
static int find_name(const char *folder, const char *const *part, const char *const *what, char name[64])
{
  char path[4096];
  for (const char *const *p = part; *p; p++)
    for (const char *const *w = what; *w; w++) {
      snprintf(name, 64, "%s-%s", *p, *w);
      if (!ho_data_file(folder, name, path, sizeof path, NULL))
        return 0;
    }
  snprintf(name, 64, "%s-%s", *part, *what);
  return -1;
}

int ho_idx_has(const char *folder, enum ho_idx_part part)
{
  char name[64];
  return !find_name(folder, part_names[part], image_names, name) ||
         !find_name(folder, part_names[part], label_names, name);
}

int ho_idx_read_part(const char *folder, enum ho_idx_part part, int classes, struct ho_images *im, struct ho_error *err)
{
  char images[64], labels[64];
  find_name(folder, part_names[part], image_names, images);
  find_name(folder, part_names[part], label_names, labels);
  return ho_idx_read(folder, images, labels, classes, im, err);
}

static int load(const char *folder, const char *const *names, struct ho_dataset *data, struct ho_error *err)
{
  data->classes = 10;
  data->class_name = names;
  return ho_idx_read_part(folder, HO_IDX_TRAIN, 10, &data->train, err) ||
                 ho_idx_read_part(folder, HO_IDX_TEST, 10, &data->test, err)
             ? -1
             : 0;
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
