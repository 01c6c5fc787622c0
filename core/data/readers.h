/* SPDX-License-Identifier: MIT
 * readers.h - the readers of data sets, for the table in dataset.c.
 *
 * A reader fills classes, class names, train and test (user files: folder, too) of an empty struct ho_dataset.  It checks
 * every size and label before it uses them; messages name the file. */
#ifndef HO_READERS_H
#define HO_READERS_H

#include "data/dataset.h"

/* ---- idx.c: IDX, the format of MNIST ---- */
/* Reads images and labels from two files in the folder.  classes: labels must be below it; 0: any number, and labels may
 * be 16 or 32 bits wide, signed or not. */
int ho_idx_read(const char *folder, const char *images, const char *labels, int classes, struct ho_images *,
                struct ho_error *);
/* The four files under one of their usual names: train-images-idx3-ubyte or train-images.idx3-ubyte, t10k-... or test-...;
 * idx4 where images have channels; labels-idx1-ubyte, -byte, -short or -int. */
enum ho_idx_part { HO_IDX_TRAIN, HO_IDX_TEST };
int ho_idx_has(const char *folder, enum ho_idx_part); /* whether a file of images or of labels is there */
int ho_idx_read_part(const char *folder, enum ho_idx_part, int classes, struct ho_images *, struct ho_error *);
int ho_mnist_load(const char *folder, struct ho_dataset *, struct ho_error *);
int ho_fashion_mnist_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- cifar.c: the binary version of CIFAR: records of label bytes, then a plane of bytes for each channel ---- */
enum { HO_CIFAR_SIDE = 32, HO_CIFAR_CHANNELS = 3, HO_CIFAR_PIXELS = 32 * 32 * 3 };
struct ho_cifar_format {
  int labels;                /* label bytes of a record: 1, the label; or 2, the superclass and the label */
  int classes, superclasses; /* labels must be below them */
  int height, width, channels;
};
/* Bytes of a record. */
size_t ho_cifar_record(const struct ho_cifar_format *);
/* Unpacks `records' records into the images first, first + 1, ...; the path is for messages. */
int ho_cifar_unpack(const char *path, const unsigned char *bytes, size_t records, const struct ho_cifar_format *,
                    struct ho_images *, size_t first, struct ho_error *);
/* Reads a file that must have exactly `records' records, likewise. */
int ho_cifar_read(const char *folder, const char *name, const struct ho_cifar_format *, size_t records,
                  struct ho_images *, size_t first, struct ho_error *);
int ho_cifar10_load(const char *folder, struct ho_dataset *, struct ho_error *);
int ho_cifar100_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- user/: users' own images ---- */
int ho_user_idx_load(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);
int ho_user_cifar_load(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);
int ho_user_npy_load(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);

/* ---- pictures/folder.c: users' images in picture files ---- */
int ho_user_folder_load(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);

/* ---- synthetic.c: computed, not read ---- */
int ho_synthetic_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- class_names.c ---- */
/* Sets class_name from a file with a line for each class. */
int ho_class_names_read(const char *path, struct ho_dataset *, struct ho_error *);

#endif
