/* SPDX-License-Identifier: MIT
 * formats.h - the readers behind the table of data sets (dataset.c), and what they share. */
#ifndef HO_FORMATS_H
#define HO_FORMATS_H

#include "data/dataset.h"

/* ---- dataset.c ---- */
/* folder/name, or folder/name.gz when only that is there. */
int ho_data_file(const char *folder, const char *name, char *path, size_t size, struct ho_error *);
/* Room for n images; sizes are checked first, and the message has the number of bytes. */
int ho_images_alloc(struct ho_images *, size_t n, int height, int width, int channels, struct ho_error *);
void ho_images_free(struct ho_images *);

/* ---- idx.c: IDX, the format of MNIST ---- */
int ho_idx_read(const char *folder, const char *images, const char *labels, int classes, struct ho_images *,
                struct ho_error *);
int ho_mnist_load(const char *folder, struct ho_dataset *, struct ho_error *);
int ho_fashion_mnist_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- cifar.c: CIFAR's binary version: records of label bytes, then three planes of 32 x 32 bytes ---- */
enum { HO_CIFAR_SIDE = 32, HO_CIFAR_CHANNELS = 3, HO_CIFAR_PIXELS = 32 * 32 * 3 };
struct ho_cifar_format {
  int label_bytes, label_at; /* label bytes of a record, and which of them is the label */
  int classes;
};
/* Exactly `records' records of folder/name into images first, first + 1, ... */
int ho_cifar_read(const char *folder, const char *name, const struct ho_cifar_format *, size_t records,
                  struct ho_images *, size_t first, struct ho_error *);
int ho_cifar10_load(const char *folder, struct ho_dataset *, struct ho_error *);

/* ---- synthetic.c: made, not read ---- */
int ho_synthetic_load(const char *folder, struct ho_dataset *, struct ho_error *);

#endif
