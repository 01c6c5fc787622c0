/* SPDX-License-Identifier: MIT
 * dataset.c - the table of data sets: found, loaded, measured; see dataset.h.  A new data set is a row here and a
 * reader (formats.h). */
#include "data/dataset.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/formats.h"

/* Folders of their own come before "", because MNIST's files and Fashion-MNIST's have the same names. */
static const char *const fashion_folders[] = { "fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "", NULL };
static const char *const mnist_folders[] = { "mnist", "MNIST/raw", "MNIST", "", NULL };
static const char *const cifar10_folders[] = { "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10", "",
                                               NULL };
static const char *const no_folders[] = { NULL };

static const struct ho_dataset_kind kinds[] = {
  { "fashion-mnist", "articles of clothing, 28 x 28, grey (Xiao, Rasul and Vollgraf 2017)",
    "install the Debian package dataset-fashion-mnist, or put the four files of "
    "https://github.com/zalandoresearch/fashion-mnist into a folder and name it by --data-dir or HOLDOUT_DATA",
    ho_fashion_mnist_load, fashion_folders, "train-images-idx3-ubyte" },
  { "mnist", "handwritten digits, 28 x 28, grey (LeCun, Cortes and Burges 1998)",
    "put the four files of http://yann.lecun.com/exdb/mnist into a folder and name it by --data-dir or HOLDOUT_DATA",
    ho_mnist_load, mnist_folders, "train-images-idx3-ubyte" },
  { "cifar10", "photographs of animals and vehicles, 32 x 32, colour (Krizhevsky 2009)",
    "unpack cifar-10-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar.html into a folder and name it by "
    "--data-dir or HOLDOUT_DATA",
    ho_cifar10_load, cifar10_folders, "data_batch_1.bin" },
  { "synthetic", "soft random patterns, 16 x 16, colour, always the same: to try things without a download",
    "built in", ho_synthetic_load, no_folders, NULL },
  { 0 },
};

const struct ho_dataset_kind *ho_dataset_kinds(void)
{
  return kinds;
}

/* ---- where ---- */

enum { PLACES = 3 };
static const char packages[] = "/usr/share/datasets"; /* of Debian's dataset-* packages */

/* The folders looked in, in order; gives their number. */
static int places(const char *directory, char place[PLACES][4096])
{
  const char *variable = getenv("HOLDOUT_DATA"), *share = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  int n = 0;
  if (directory && *directory) { /* said explicitly: nothing else will do */
    snprintf(place[0], sizeof place[0], "%s", directory);
    return 1;
  }
  if (variable && *variable)
    snprintf(place[n++], sizeof place[0], "%s", variable);
  if (share && *share)
    snprintf(place[n++], sizeof place[0], "%s/holdout", share);
  else if (home && *home)
    snprintf(place[n++], sizeof place[0], "%s/.local/share/holdout", home);
  snprintf(place[n++], sizeof place[0], "%s", packages);
  return n;
}

static int ends_with(const char *path, const char *folder)
{
  size_t n = strlen(path), m = strlen(folder);
  return m > 0 && n > m && path[n - m - 1] == '/' && !strcmp(path + n - m, folder);
}

static int is_named_after(const struct ho_dataset_kind *kind, const char *path)
{
  for (const char *const *sub = kind->subfolders; *sub; sub++)
    if (ends_with(path, *sub))
      return 1;
  return 0;
}

/* The other data set whose folder this is by name: its files may have the very names we look for. */
static const struct ho_dataset_kind *other_owner(const struct ho_dataset_kind *kind, const char *place)
{
  char path[PATH_MAX];
  if (!realpath(place, path) || is_named_after(kind, path))
    return NULL;
  for (const struct ho_dataset_kind *other = kinds; other->name; other++)
    if (other != kind && is_named_after(other, path))
      return other;
  return NULL;
}

static int find_below(const struct ho_dataset_kind *kind, const char *place, char *folder, size_t size)
{
  char file[4096];
  for (const char *const *sub = kind->subfolders; *sub; sub++) {
    if (**sub ? ho_path_join(folder, size, place, *sub, NULL)
              : other_owner(kind, place) || snprintf(folder, size, "%s", place) >= (int)size)
      continue;
    if (!ho_data_file(folder, kind->probe, file, sizeof file, NULL))
      return 0;
  }
  return -1;
}

int ho_dataset_find(const struct ho_dataset_kind *kind, const char *directory, char *folder, size_t size)
{
  char place[PLACES][4096];
  if (!kind->probe) {
    *folder = 0;
    return 0;
  }
  int n = places(directory, place);
  for (int i = 0; i < n; i++)
    if (!find_below(kind, place[i], folder, size))
      return 0;
  return -1;
}

static int missing(const struct ho_dataset_kind *kind, const char *directory, struct ho_error *err)
{
  char place[PLACES][4096], list[640] = "";
  int n = places(directory, place);
  const struct ho_dataset_kind *other = n == 1 ? other_owner(kind, place[0]) : NULL;
  if (other)
    return ho_error_set(err, "%s: not in `%s': that folder has the name of %s, whose files may have the same names",
                        kind->name, place[0], other->name);
  for (int i = 0; i < n; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.200s", i ? ", " : "", place[i]);
  return ho_error_set(err, "%s: not found: no %s (or .gz) in %s or its folder %s; %s", kind->name, kind->probe, list,
                      kind->subfolders[0], kind->remedy);
}

int ho_data_file(const char *folder, const char *name, char *path, size_t size, struct ho_error *err)
{
  char packed[256];
  snprintf(packed, sizeof packed, "%s.gz", name);
  if (ho_path_join(path, size, folder, name, err))
    return -1;
  if (!access(path, R_OK))
    return 0;
  if (ho_path_join(path, size, folder, packed, err))
    return -1;
  if (!access(path, R_OK))
    return 0;
  return ho_error_set(err, "%s: neither %s nor %s is there to be read", folder, name, packed);
}

/* ---- memory ---- */

int ho_images_alloc(struct ho_images *images, size_t n, int height, int width, int channels, struct ho_error *err)
{
  const size_t most = (size_t)1 << 36; /* 64 GiB, 20 times ImageNet at 64 x 64: more is a damaged header */
  size_t side = 4096, bytes;
  if (n == 0 || height < 1 || width < 1 || channels < 1)
    return ho_error_set(err, "no images: %zu of %d x %d x %d", n, height, width, channels);
  if ((size_t)height > side || (size_t)width > side || channels > 4 || n > UINT32_MAX ||
      __builtin_mul_overflow(n, (size_t)height * (size_t)width * (size_t)channels, &bytes) || bytes > most)
    return ho_error_set(err, "%zu images of %d x %d x %d bytes are too many: at most %zu x %zu x 4, %zu bytes in all",
                        n, height, width, channels, side, side, most);
  *images = (struct ho_images){ n, height, width, channels, NULL, NULL };
  images->pixel = ho_alloc(n, bytes / n, "the images", err);
  images->label = ho_alloc(n, sizeof *images->label, "the labels", err);
  if (images->pixel && images->label)
    return 0;
  ho_images_free(images);
  return -1;
}

void ho_images_free(struct ho_images *images)
{
  ho_free(images->pixel);
  ho_free(images->label);
  memset(images, 0, sizeof *images);
}

void ho_dataset_free(struct ho_dataset *data)
{
  ho_images_free(&data->train);
  ho_images_free(&data->test);
}

/* ---- measures ---- */

/* Mean and deviation over all training pixels from integer sums: no rounding but the last, whatever the order. */
static void measure(struct ho_dataset *data)
{
  const struct ho_images *im = &data->train;
  size_t pixels = im->n * (size_t)im->height * (size_t)im->width, channels = (size_t)im->channels;
  uint64_t sum[4] = { 0 }, square[4] = { 0 };
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

static int check_and_measure(struct ho_dataset *data, struct ho_error *err)
{
  const struct ho_images *a = &data->train, *b = &data->test;
  if (a->height != b->height || a->width != b->width || a->channels != b->channels)
    return ho_error_set(err, "training images are %d x %d x %d, test images %d x %d x %d", a->height, a->width,
                        a->channels, b->height, b->width, b->channels);
  measure(data);
  void *hash = ho_sha256_begin();
  hash_images(hash, a);
  hash_images(hash, b);
  ho_sha256_end(hash, data->sha256);
  return 0;
}

const struct ho_dataset_kind *ho_dataset_kind_find(const char *name, struct ho_error *err)
{
  const char *names[sizeof kinds / sizeof *kinds];
  char list[512] = "";
  size_t n = 0;
  for (; kinds[n].name; n++) {
    names[n] = kinds[n].name;
    if (!strcmp(name, names[n]))
      return &kinds[n];
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", n ? ", " : "", names[n]);
  }
  const char *nearest = ho_text_nearest(name, names, n);
  if (nearest)
    ho_error_set(err, "no data set `%.100s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "no data set `%.100s': there are %s", name, list);
  return NULL;
}

int ho_dataset_load(const char *name, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  const struct ho_dataset_kind *kind = ho_dataset_kind_find(name, err);
  memset(data, 0, sizeof *data);
  if (!kind)
    return -1;
  if (ho_dataset_find(kind, directory, data->folder, sizeof data->folder))
    return missing(kind, directory, err);
  snprintf(data->name, sizeof data->name, "%s", kind->name);
  if (kind->load(data->folder, data, err) || check_and_measure(data, err)) {
    ho_dataset_free(data);
    return ho_error_prefix(err, "%s", kind->name);
  }
  return 0;
}
