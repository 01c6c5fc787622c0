/* SPDX-License-Identifier: MIT
 * user_files.c - the user's own data sets, in the formats of MNIST and CIFAR; see readers.h.
 *
 * idx:FOLDER             four IDX files under the names of MNIST's: train-images-idx3-ubyte (or idx4), ...
 * cifar:KEY=VALUE,...    records of CIFAR's binary version: train=FILE+FILE+..., test=FILE+..., size=HxWxC (32x32x3),
 *                        labels=1 or 2, the number of label bytes in a record (1)
 * The number of classes is one more than the largest label. */
#include <libgen.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/locate.h"
#include "data/readers.h"

/* ---- the number of classes ---- */

static int largest(const uint16_t *label, size_t n, int sofar)
{
  for (size_t i = 0; i < n; i++)
    sofar = label[i] > sofar ? label[i] : sofar;
  return sofar;
}

static int count_classes(struct ho_dataset *data, const char *where, struct ho_error *err)
{
  const struct ho_images *a = &data->train, *b = &data->test;
  data->classes = 1 + largest(b->label, b->n, largest(a->label, a->n, 0));
  if (a->coarse)
    data->superclasses = 1 + largest(b->coarse, b->n, largest(a->coarse, a->n, 0));
  if (data->classes < 2)
    return ho_error_set(err, "%s: every label is 0: at least two classes are needed", where);
  return 0;
}

/* ---- idx:FOLDER ---- */

/* prefix: train or t10k. */
static int read_idx(const char *folder, const char *prefix, struct ho_images *im, struct ho_error *err)
{
  char images[64], labels[64], path[4096];
  snprintf(images, sizeof images, "%s-images-idx3-ubyte", prefix);
  snprintf(labels, sizeof labels, "%s-labels-idx1-ubyte", prefix);
  if (ho_data_file(folder, images, path, sizeof path, NULL)) {
    snprintf(images, sizeof images, "%s-images-idx4-ubyte", prefix);
    if (ho_data_file(folder, images, path, sizeof path, NULL))
      snprintf(images, sizeof images, "%s-images-idx3-ubyte", prefix); /* the name for the message */
  }
  return ho_idx_read(folder, images, labels, 0, im, err);
}

int ho_user_idx_load(const char *argument, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  if (ho_data_locate(argument, directory, data->folder, sizeof data->folder, err) ||
      read_idx(data->folder, "train", &data->train, err) || read_idx(data->folder, "t10k", &data->test, err))
    return -1;
  return count_classes(data, data->folder, err);
}

/* ---- cifar:KEY=VALUE,... ---- */

enum { FILES_MOST = 64, ARGUMENT_MOST = 4200 };
struct files {
  const char *name[FILES_MOST];
  int n;
};
struct spec {
  char text[ARGUMENT_MOST]; /* the names point into it */
  struct ho_cifar_format format;
  struct files train, test;
};
enum { SIZE, LABELS, TRAIN, TEST, KEYS };
static const char *const keys[KEYS] = { "size", "labels", "train", "test" };

static int parse_size(char *text, struct ho_cifar_format *f, struct ho_error *err)
{
  int *const side[] = { &f->height, &f->width, &f->channels };
  int n = 0;
  for (char *number = text, *end; number && n < 3; number = end) {
    long long v;
    end = strchr(number, 'x');
    if (end && n < 2)
      *end++ = 0;
    if (ho_text_int(number, &v) || v < 1 || v > (n == 2 ? HO_CHANNELS_MOST : 4096))
      break;
    *side[n++] = (int)v;
  }
  if (n == 3)
    return 0;
  return ho_error_set(err, "size: expected height, width and channels such as 32x32x3, at most 4096x4096x%d",
                      HO_CHANNELS_MOST);
}

static int parse_files(const char *key, char *text, struct files *files, struct ho_error *err)
{
  for (char *name = text, *end; name; name = end) {
    end = strchr(name, '+');
    if (end)
      *end++ = 0;
    if (!*name)
      return ho_error_set(err, "%s: the name of a file is missing; files are joined by +, as in %s=a.bin+b.bin", key,
                          key);
    if (files->n == FILES_MOST)
      return ho_error_set(err, "%s: more than %d files: join some of them with cat", key, FILES_MOST);
    files->name[files->n++] = name;
  }
  return 0;
}

static int parse_value(struct spec *s, int key, char *value, struct ho_error *err)
{
  switch (key) {
  case SIZE: return parse_size(value, &s->format, err);
  case LABELS:
    if (strcmp(value, "1") && strcmp(value, "2"))
      return ho_error_set(err, "labels: `%.100s' must be 1 (label) or 2 (superclass and label)", value);
    s->format.labels = *value - '0';
    return 0;
  default: return parse_files(keys[key], value, key == TRAIN ? &s->train : &s->test, err);
  }
}

static int parse(const char *argument, struct spec *s, struct ho_error *err)
{
  int seen[KEYS] = { 0 };
  s->format = (struct ho_cifar_format){ 1, 256, 256, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS };
  if (snprintf(s->text, sizeof s->text, "%s", argument) >= (int)sizeof s->text)
    return ho_error_set(err, "too long: at most %d characters", ARGUMENT_MOST - 1);
  for (char *item = s->text, *next; item; item = next) {
    int key = 0;
    next = strchr(item, ',');
    if (next)
      *next++ = 0;
    char *value = strchr(item, '=');
    if (!value)
      return ho_error_set(err,
                          "`%.100s' is not KEY=VALUE: the keys are size, labels, train, test; file names have no "
                          "commas",
                          item);
    *value++ = 0;
    while (key < KEYS && strcmp(item, keys[key]))
      key++;
    if (key == KEYS) {
      const char *nearest = ho_text_nearest(item, keys, KEYS);
      return ho_error_set(err, "unknown key `%.100s': %s%s%s", item, nearest ? "did you mean `" : "choose one of ",
                          nearest ? nearest : "size, labels, train, test", nearest ? "'?" : "");
    }
    if (seen[key]++)
      return ho_error_set(err, "`%s' is given twice%s", item, key >= TRAIN ? ": join files with +" : "");
    if (parse_value(s, key, value, err))
      return -1;
  }
  if (!seen[TRAIN] || !seen[TEST])
    return ho_error_set(err, "%s=FILE is missing", seen[TRAIN] ? "test" : "train");
  return 0;
}

struct content {
  char path[4096];
  unsigned char *bytes; /* NULL: not read */
  size_t size, records;
};

static int read_content(struct content *c, const char *name, const char *directory, const struct ho_cifar_format *f,
                        struct ho_error *err)
{
  size_t size, record = ho_cifar_record(f);
  if (ho_data_locate(name, directory, c->path, sizeof c->path, err) ||
      ho_file_read(c->path, ho_data_most, &c->bytes, &size, err) || ho_memory_take(size, c->path, err))
    return -1;
  c->size = size;
  c->records = size / record;
  if (size && size % record == 0)
    return 0;
  return ho_error_set(err,
                      "%s: %zu bytes are not a whole number of records of %zu bytes, %d of labels and %dx%dx%d of "
                      "pixels: check size= and labels=",
                      c->path, size, record, f->labels, f->height, f->width, f->channels);
}

/* Reads all files before allocating images: they may be compressed, so their sizes are known only then. */
static int read_files(const struct files *files, const char *directory, const struct ho_cifar_format *f,
                      struct ho_images *im, struct ho_error *err)
{
  struct content *c = ho_alloc((size_t)files->n, sizeof *c, "file names", err);
  size_t n = 0, first = 0;
  int result = c ? 0 : -1;
  for (int i = 0; i < files->n && !result; i++) {
    result = read_content(&c[i], files->name[i], directory, f, err);
    n += c[i].records;
  }
  if (!result)
    result = ho_images_alloc(im, n, f->height, f->width, f->channels, err);
  if (!result && f->labels == 2)
    result = ho_images_alloc_coarse(im, err);
  for (int i = 0; i < files->n && !result; first += c[i++].records)
    result = ho_cifar_unpack(c[i].path, c[i].bytes, c[i].records, f, im, first, err);
  for (int i = 0; c && i < files->n; i++) {
    ho_memory_give(c[i].size);
    ho_free(c[i].bytes);
  }
  ho_free(c);
  return result;
}

int ho_user_cifar_load(const char *argument, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  struct spec *s = ho_alloc(1, sizeof *s, "file names", err);
  char path[4096];
  int result = !s || parse(argument, s, err) || ho_data_locate(s->train.name[0], directory, path, sizeof path, err);
  if (!result)
    snprintf(data->folder, sizeof data->folder, "%s", dirname(path));
  result = result || read_files(&s->train, directory, &s->format, &data->train, err) ||
           read_files(&s->test, directory, &s->format, &data->test, err) || count_classes(data, s->train.name[0], err);
  ho_free(s);
  return result ? -1 : 0;
}
