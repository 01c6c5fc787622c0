/* SPDX-License-Identifier: MIT
 * dataset.c - the table of data sets, found and loaded by name; see dataset.h.  A new data set is a row here and a reader
 * (readers.h). */
#include "data/dataset.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/locate.h"
#include "data/readers.h"
#include "data/user/keys.h"

/* "" comes last, because the files of MNIST and Fashion-MNIST have the same names. */
static const char *const fashion_folders[] = { "fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "", NULL };
static const char *const mnist_folders[] = { "mnist", "MNIST/raw", "MNIST", "", NULL };
static const char *const cifar10_folders[] = { "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10", "",
                                               NULL };
static const char *const cifar100_folders[] = { "cifar-100-binary", "cifar100/cifar-100-binary", "cifar100", "", NULL };
static const char *const no_folders[] = { NULL };
static const char *const idx_probes[] = { "train-images-idx3-ubyte", "train-images.idx3-ubyte", NULL };
static const char *const cifar10_probes[] = { "data_batch_1.bin", NULL };
static const char *const cifar100_probes[] = { "train.bin", NULL };

static const struct ho_dataset_kind kinds[] = {
  { .name = "fashion-mnist",
    .summary = "articles of clothing, 28 x 28, grey (Xiao, Rasul and Vollgraf 2017)",
    .remedy = "install the Debian package dataset-fashion-mnist, run `holdout fetch fashion-mnist', or put the "
              "four files of https://github.com/zalandoresearch/fashion-mnist into a folder given by "
              "--data-dir or HOLDOUT_DATA",
    .load = ho_fashion_mnist_load,
    .subfolders = fashion_folders,
    .probes = idx_probes,
    .sha256 = "95e4813f394793a3103f4c02931460ee5381957cb21078ba3311be2b2eef5316" },
  { .name = "mnist",
    .summary = "handwritten digits, 28 x 28, grey (LeCun, Cortes and Burges 1998)",
    .remedy = "run `holdout fetch mnist', or put the four files of http://yann.lecun.com/exdb/mnist into a "
              "folder given by --data-dir or HOLDOUT_DATA",
    .load = ho_mnist_load,
    .subfolders = mnist_folders,
    .probes = idx_probes,
    .sha256 = "a7085375450025df72849b9670dc1a6c0d7a118e2747584885b8f87c91ac4d98" },
  { .name = "cifar10",
    .summary = "photographs of animals and vehicles, 32 x 32, colour (Krizhevsky 2009)",
    .remedy = "run `holdout fetch cifar10', or unpack cifar-10-binary.tar.gz of "
              "https://www.cs.toronto.edu/~kriz/cifar.html into a folder given by --data-dir or HOLDOUT_DATA",
    .load = ho_cifar10_load,
    .subfolders = cifar10_folders,
    .probes = cifar10_probes,
    .sha256 = "64c13f8937754147a743f7185c9ef3a456ec8412277eba8bbed4384dccda5bc7" },
  { .name = "cifar100",
    .summary = "photographs of 100 kinds of things, 32 x 32, colour (Krizhevsky 2009)",
    .remedy = "run `holdout fetch cifar100', or unpack cifar-100-binary.tar.gz of "
              "https://www.cs.toronto.edu/~kriz/cifar.html into a folder given by --data-dir or HOLDOUT_DATA",
    .load = ho_cifar100_load,
    .subfolders = cifar100_folders,
    .probes = cifar100_probes },
  { .name = "synthetic",
    .summary = "soft random patterns, 16 x 16, colour, always the same: to try things without a download",
    .remedy = "built in",
    .load = ho_synthetic_load,
    .subfolders = no_folders },
  { .name = "idx",
    .summary = "your own, in IDX files",
    .remedy =
        "a folder with files in the IDX format, named like MNIST's: train-images-idx3-ubyte, "
        "train-labels-idx1-ubyte and, if there are test images, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. "
        "(Also with a dot before idx, and test for t10k.)  Images have three "
        "dimensions (count, height, width) of bytes, or four (channels last; the files may be called idx4); labels "
        "are bytes, or numbers of 8, 16 or 32 bits",
    .argument = "FOLDER",
    .load_user = ho_user_idx_load },
  { .name = "cifar",
    .summary = "your own, in records like CIFAR's",
    .remedy = "files of records as in the binary version of CIFAR: the label's byte, then a plane of bytes for each "
              "channel, row by row.  Several files are joined by +.  size=HxWxC is height, width and channels "
              "(default: 32x32x3); labels=2 means two label bytes, superclass and label, as in CIFAR-100 "
              "(default: 1).  test=0.2 takes a fifth of the training images of each class for testing, seed=N others "
              "than seed=0 does; without test=, there are no test images",
    .argument = "train=FILE+FILE...,test=FILE...,size=HxWxC,labels=N",
    .load_user = ho_user_cifar_load },
  { .name = "npy",
    .summary = "your own, in arrays of NumPy",
    .remedy =
        "arrays as numpy.save writes them.  Images are [n][height][width], or with channels, last or first; "
        "layout=nhwc or layout=nchw says so where the shape does not.  Pixels are whole numbers from 0 to 255, or "
        "real numbers from 0 to 1 or from 0 to 255, which are rounded to bytes.  Labels are whole numbers.  "
        "Test images are test=FILE,test-labels=FILE, or test=0.2 takes a fifth of the images of each class, "
        "seed=N others than seed=0 does; without test=, there are none",
    .argument = "FILE,labels=FILE,test=FILE,test-labels=FILE,layout=LAYOUT",
    .load_user = ho_user_npy_load },
  { .name = "folder",
    .summary = "your own, in picture files",
    .remedy =
        "a folder with a sub-folder of pictures for each class; or with two folders, train and test (or val), of such "
        "sub-folders.  Pictures are JPEG, PNG, WebP, GIF or BMP files, whatever their names; they are turned upright, "
        "cropped to the middle and resized.  size=HxWxC is height, width and channels (default: the pictures' own size "
        "if all have the same and it is at most 64x64, else 64x64x3).  test=0.2 takes this share of each class for "
        "testing; seed=N chooses others.  broken=skip goes on without pictures that cannot be read",
    .argument = "FOLDER,size=HxWxC,test=SHARE,seed=N,broken=skip",
    .load_user = ho_user_folder_load },
  { 0 },
};

const struct ho_dataset_kind *ho_dataset_kinds(void)
{
  return kinds;
}

/* ---- where ---- */

static int ends_with(const char *path, const char *folder)
{
  size_t n = strlen(path), m = strlen(folder);
  return m > 0 && n > m && path[n - m - 1] == '/' && !strcmp(path + n - m, folder);
}

static int is_named_after(const struct ho_dataset_kind *kind, const char *path)
{
  for (const char *const *sub = kind->subfolders; sub && *sub; sub++)
    if (ends_with(path, *sub))
      return 1;
  return 0;
}

/* The other data set that this folder is named after, if any: its files may have the names that we look for. */
static const struct ho_dataset_kind *other_owner(const struct ho_dataset_kind *kind, const char *parent)
{
  char path[PATH_MAX];
  if (!realpath(parent, path) || is_named_after(kind, path))
    return NULL;
  for (const struct ho_dataset_kind *other = kinds; other->name; other++)
    if (other != kind && is_named_after(other, path))
      return other;
  return NULL;
}

static int has_probe(const struct ho_dataset_kind *kind, const char *folder)
{
  char file[4096];
  for (const char *const *probe = kind->probes; *probe; probe++)
    if (!ho_data_file(folder, *probe, file, sizeof file, NULL))
      return 1;
  return 0;
}

static int find_below(const struct ho_dataset_kind *kind, const char *parent, char *folder, size_t size)
{
  for (const char *const *sub = kind->subfolders; *sub; sub++) {
    if (**sub ? ho_path_join(folder, size, parent, *sub, NULL)
              : other_owner(kind, parent) || snprintf(folder, size, "%s", parent) >= (int)size)
      continue;
    if (has_probe(kind, folder))
      return 0;
  }
  return -1;
}

int ho_dataset_find(const struct ho_dataset_kind *kind, const char *directory, char *folder, size_t size)
{
  char parent[HO_DATA_FOLDERS][4096];
  if (!kind->probes) {
    *folder = 0;
    return 0;
  }
  int n = ho_data_folders(directory, parent);
  for (int i = 0; i < n; i++)
    if (!find_below(kind, parent[i], folder, size))
      return 0;
  return -1;
}

static int missing(const struct ho_dataset_kind *kind, const char *directory, struct ho_error *err)
{
  char parent[HO_DATA_FOLDERS][4096], list[640] = "";
  if (directory && ho_folder_exists(directory, err))
    return ho_error_prefix(err, "--data-dir");
  int n = ho_data_folders(directory, parent);
  const struct ho_dataset_kind *other = n == 1 ? other_owner(kind, parent[0]) : NULL;
  if (other)
    return ho_error_set(err,
                        "%s: not searched for in `%s', which has the name of %s, whose files may have the same names",
                        kind->name, parent[0], other->name);
  for (int i = 0; i < n; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.200s", i ? ", " : "", parent[i]);
  return ho_error_set(err, "%s: not found: no %s (or .gz) in %s or its folder %s; %s", kind->name, *kind->probes, list,
                      kind->subfolders[0], kind->remedy);
}

/* ---- by name ---- */

const struct ho_dataset_kind *ho_dataset_kind_find(const char *name, struct ho_error *err)
{
  const char *names[sizeof kinds / sizeof *kinds];
  char list[800] = "", typed[64];
  size_t n = 0, length = strcspn(name, ":");
  snprintf(typed, sizeof typed, "%.*s", (int)length, name);
  for (const struct ho_dataset_kind *k = kinds; k->name; k++, n++) {
    names[n] = k->name;
    if (!strcmp(typed, k->name) && (k->argument ? name[length] && name[length + 1] : !name[length]))
      return k;
    if (!strcmp(typed, k->name)) {
      if (k->argument)
        ho_error_set(err, "data set `%s' needs an argument: %s:%s", typed, k->name, k->argument);
      else
        ho_error_set(err, "data set `%.100s': nothing may follow the name %s", name, k->name);
      return NULL;
    }
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s%s%s", n ? ", " : "", k->name,
             k->argument ? ":" : "", k->argument ? k->argument : "");
  }
  const char *nearest = ho_text_nearest(typed, names, n);
  if (nearest)
    ho_error_set(err, "unknown data set `%.100s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "unknown data set `%.100s': choose one of %s", name, list);
  return NULL;
}

static int load(const struct ho_dataset_kind *kind, const char *directory, struct ho_dataset *data,
                struct ho_error *err)
{
  int result = kind->load_user ? kind->load_user(strchr(data->name, ':') + 1, directory, data, err)
                               : kind->load(data->folder, data, err);
  return result ? -1 : ho_dataset_finish(data, err);
}

int ho_dataset_load(const char *name, const char *directory, struct ho_dataset *data, struct ho_error *err)
{
  const struct ho_dataset_kind *kind = ho_dataset_kind_find(name, err);
  memset(data, 0, sizeof *data);
  if (!kind)
    return -1;
  if (snprintf(data->name, sizeof data->name, "%s", name) >= (int)sizeof data->name)
    return ho_error_set(err, "data set `%.60s...': the name is too long", name);
  if (!kind->load_user && ho_dataset_find(kind, directory, data->folder, sizeof data->folder))
    return missing(kind, directory, err);
  if (load(kind, directory, data, err)) {
    ho_dataset_free(data);
    return ho_error_prefix(err, "%s", kind->name);
  }
  data->altered = kind->sha256 && strcmp(kind->sha256, data->sha256) != 0;
  return 0;
}

void ho_dataset_free(struct ho_dataset *data)
{
  ho_images_free(&data->train);
  ho_images_free(&data->test);
  ho_free(data->name_memory);
  data->name_memory = NULL;
  data->class_name = NULL;
}

/* ---- short names ---- */

void ho_dataset_short_name(const char *name, char *out, size_t size)
{
  enum { LONGEST = 40 };
  const char *argument = strchr(name, ':');
  if (!argument) {
    snprintf(out, size, "%s", name);
    return;
  }
  const char *start = strstr(argument, "train="); /* of a list of keys: the first training file */
  start = start && !strncmp(name, "cifar:", 6) ? start + 6 : argument + 1;
  size_t length = !strncmp(name, "idx:", 4)      ? strlen(start)
                  : !strncmp(name, "folder:", 7) ? ho_user_path_length(start)
                                                 : strcspn(start, "+,");
  while (length > 1 && start[length - 1] == '/')
    length--;
  for (size_t i = 0; i < length; i++)
    if (start[i] == '/' && i + 1 < length) {
      start += i + 1;
      length -= i + 1;
      i = (size_t)-1;
    }
  int is_telling = strspn(start, "./") < length;
  snprintf(out, size, "%.*s%s%.*s", (int)(argument - name), name, is_telling ? "-" : "",
           !is_telling        ? 0
           : length > LONGEST ? LONGEST
                              : (int)length,
           start);
  for (char *c = out; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
      *c = '-';
}
