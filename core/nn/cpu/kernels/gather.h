/* SPDX-License-Identifier: MIT
 * gather.h - lines of images with their padding, as their readers are to see them: the first step of a convolution. */
#ifndef HO_GATHER_H
#define HO_GATHER_H

#include "nn/cpu/layer.h"

/* A tensor of images: pixel p's channels at x + p*ld. */
struct ho_images_of {
  const float *x;
  size_t ld;
  struct ho_shape shape;
  const float *view; /* NULL, or coefficients for each mini-batch */
  size_t size;       /* images of a mini-batch */
};

/* out[line][column][channel] = what is at (top + line, left + column) of image number `image', zero outside. */
void ho_gather(const struct ho_images_of *, size_t image, ptrdiff_t top, size_t lines, ptrdiff_t left, size_t columns,
               float *out);

#endif
