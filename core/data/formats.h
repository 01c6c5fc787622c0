/* SPDX-License-Identifier: MIT
 * formats.h - the readers behind the table of data sets (dataset.c), and what they share. */
#ifndef HO_FORMATS_H
#define HO_FORMATS_H

#include "data/dataset.h"

/* Bytes of a data set: 20 times ImageNet at 64 x 64.  More is a damaged header. */
static const size_t ho_data_most = (size_t)1 << 36;

/* ---- place.c ---- */
enum { HO_DATA_PLACES = 3 };
/* The folders looked in, in order; gives their number. */
int ho_data_places(const char *directory, char place[HO_DATA_PLACES][4096]);
/* folder/name, or folder/name.gz when only that is there. */
int ho_data_file(const char *folder, const char *name, char *path, size_t size, struct ho_error *);
/* A path that the user gave, of a file (or its .gz) or a folder: below `directory' when that is given; otherwise as
 * it is, then below the folders where data are looked for. */
int ho_data_locate(const char *path, const char *directory, char *found, size_t size, struct ho_error *);
/* The same of a file that may lie beside the data or not: as it is, then where data are looked for, whatever
 * `directory' says. */
int ho_data_locate_beside(const char *path, const char *directory, char *found, size_t size, struct ho_error *);

/* ---- images.c ---- */
/* Room for n images; sizes are checked first, and the message has the number of bytes. */
int ho_images_alloc(struct ho_images *, size_t n, int height, int width, int channels, struct ho_error *);
int ho_images_alloc_coarse(struct ho_images *, struct ho_error *); /* and for their superclasses */
void ho_images_free(struct ho_images *);
/* Compares, counts and measures: everything that follows from the images alone. */
int ho_dataset_finish(struct ho_dataset *, struct ho_error *);
/* A line per class; the file must have as many as there are classes. */
int ho_class_names_read(const char *path, struct ho_dataset *, struct ho_error *);

/* ---- idx.c: IDX, the format of MNIST ---- */
/* classes 0: any number, and labels of more than one byte are read too. */
int ho_idx_read(const char *folder, const char *images, const char *labels, int classes, struct ho_images *,
                struct ho_error *);
int ho_mnist_load(const char *folder, struct ho_dataset *, struct ho_error *);
int ho_fashion_mnist_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- cifar.c: CIFAR's binary version: records of label bytes, then a plane of bytes for each channel ---- */
enum { HO_CIFAR_SIDE = 32, HO_CIFAR_CHANNELS = 3, HO_CIFAR_PIXELS = 32 * 32 * 3 };
struct ho_cifar_format {
  int labels;                /* label bytes of a record: 1; or 2, the superclass, then the label */
  int classes, superclasses; /* labels must be below */
  int height, width, channels;
};
size_t ho_cifar_record(const struct ho_cifar_format *); /* bytes of one */
/* Those records, read from the file `path', as images first, first + 1, ... */
int ho_cifar_unpack(const char *path, const unsigned char *bytes, size_t records, const struct ho_cifar_format *,
                    struct ho_images *, size_t first, struct ho_error *);
/* Exactly `records' records of folder/name. */
int ho_cifar_read(const char *folder, const char *name, const struct ho_cifar_format *, size_t records,
                  struct ho_images *, size_t first, struct ho_error *);
int ho_cifar10_load(const char *folder, struct ho_dataset *, struct ho_error *);
int ho_cifar100_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- own.c: the user's own, in these formats ---- */
int ho_own_idx_load(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);
int ho_own_cifar_load(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);

/* ---- synthetic.c: made, not read ---- */
int ho_synthetic_load(const char *folder, struct ho_dataset *, struct ho_error *);

#endif
