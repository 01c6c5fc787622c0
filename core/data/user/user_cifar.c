/* SPDX-License-Identifier: MIT
 * user_cifar.c - cifar:KEY=VALUE,..., the user's own records of CIFAR's binary version; see readers.h.
 *
 * train=FILE+FILE+..., test=FILE+... or test=SHARE with seed=N (none: no test images), size=HxWxC (32x32x3), labels=1 or
 * 2, the number of label bytes in a record (1). */
#include <libgen.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/hold_out.h"
#include "data/locate.h"
#include "data/readers.h"
#include "data/user/keys.h"

enum { FILES_MOST = 64 };
struct files {
  const char *name[FILES_MOST];
  int n;
};
struct spec {
  char text[HO_USER_ARGUMENT_MOST]; /* the names point into it */
  struct ho_cifar_format format;
  struct files train, test;
  double share; /* of the training images, taken for testing; 0: none */
  uint64_t seed;
};

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

static int set_size(void *spec, char *value, struct ho_error *err)
{
  return parse_size(value, &((struct spec *)spec)->format, err);
}

static int set_labels(void *spec, char *value, struct ho_error *err)
{
  if (strcmp(value, "1") != 0 && strcmp(value, "2") != 0)
    return ho_error_set(err, "labels: `%.100s' must be 1 (label) or 2 (superclass and label)", value);
  ((struct spec *)spec)->format.labels = *value - '0';
  return 0;
}

static int set_train(void *spec, char *value, struct ho_error *err)
{
  return parse_files("train", value, &((struct spec *)spec)->train, err);
}

static int set_test(void *spec, char *value, struct ho_error *err)
{
  struct spec *s = spec;
  int is_share = ho_hold_out_share(value, &s->share, err);
  return is_share < 0 ? -1 : is_share ? 0 : parse_files("test", value, &s->test, err);
}

static int set_seed(void *spec, char *value, struct ho_error *err)
{
  return ho_user_seed(value, &((struct spec *)spec)->seed, err);
}

static const char join[] = "join files with +";
static const struct ho_user_key keys[] = {
  { "size", set_size, NULL }, { "labels", set_labels, NULL }, { "train", set_train, join },
  { "test", set_test, join }, { "seed", set_seed, NULL },     { 0 },
};

static int parse(const char *argument, struct spec *s, struct ho_error *err)
{
  s->format = (struct ho_cifar_format){ 1, 256, 256, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS };
  if (ho_user_keys_parse(argument, s->text, keys, s, err))
    return -1;
  return s->train.n ? 0 : ho_error_set(err, "train=FILE is missing");
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

static int read_test(struct spec *s, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  return s->test.n ? read_files(&s->test, directory, &s->format, &data->test, err) : 0;
}

int ho_user_cifar_load(const char *argument, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  struct spec *s = ho_alloc(1, sizeof *s, "file names", err);
  char path[4096];
  int result = !s || parse(argument, s, err) || ho_data_locate(s->train.name[0], directory, path, sizeof path, err);
  if (!result)
    snprintf(data->folder, sizeof data->folder, "%s", dirname(path));
  result = result || read_files(&s->train, directory, &s->format, &data->train, err) ||
           read_test(s, directory, data, err) || ho_user_count_classes(data, s->train.name[0], err) ||
           (s->share > 0 && ho_hold_out(&data->train, data->classes, s->share, s->seed, &data->test, err));
  ho_free(s);
  return result ? -1 : 0;
}
