/* SPDX-License-Identifier: MIT
 * images.h - images and their labels in memory. */
#ifndef HO_IMAGES_H
#define HO_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { HO_CHANNELS_MOST = 16, HO_SIDE_MOST = 4096 };

/* Bytes of pixels, or of a file of them: 20 times ImageNet at 64 x 64.  More means a damaged header. */
static const size_t ho_data_most = (size_t)1 << 36;

struct ho_images {
  size_t n;
  int height, width, channels;
  uint8_t *pixel;    /* [n][height][width][channels] */
  uint16_t *label;   /* [n], each below the data set's number of classes */
  uint16_t *coarse;  /* [n] superclasses, equal for all images of a class; NULL: there are none */
  const char **file; /* [n] the names of the images' files, relative to the data set's folder; NULL: they have none */
  char *file_text;   /* what `file' points into */
  uint32_t *number; /* [n] ascending: the images' numbers among those that test images were taken from, which users give
                      * and are told; NULL: 0 .. n-1 */
  size_t counted;   /* bytes of all arrays, as counted by ho_memory_take */
};

/* Allocates pixels and labels of n images, all 0.  Fails when n, a side or the total is out of range, or the memory limit
 * would be exceeded; the message has the number of bytes. */
int ho_images_alloc(struct ho_images *, size_t n, int height, int width, int channels, struct ho_error *);
/* Allocates `coarse'. */
int ho_images_alloc_coarse(struct ho_images *, struct ho_error *);
/* An image's number for users, and the image with a number; -1: there is none. */
uint32_t ho_images_number(const struct ho_images *, size_t i);
int64_t ho_images_find(const struct ho_images *, uint64_t number);
/* Frees the arrays and clears the struct; one that is all 0 is accepted. */
void ho_images_free(struct ho_images *);

#endif
