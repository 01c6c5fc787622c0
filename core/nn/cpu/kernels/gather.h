/* SPDX-License-Identifier: MIT
 * gather.h - copies lines of images with their padding, the first step of a convolution. */
#ifndef HO_GATHER_H
#define HO_GATHER_H

#include "nn/cpu/layer.h"

/* A tensor of images: the channels of pixel p are at x + p*ld. */
struct ho_images_of {
  const float *x;
  size_t ld;
  struct ho_shape shape;
  const float *view; /* coefficients to read it with (ho_view_of), or NULL */
  size_t size;       /* images of a mini-batch */
};

/* out[line][column][channel] = the pixel at (top + line, left + column) of image number `image', 0 outside of it. */
void ho_gather(const struct ho_images_of *, size_t image, ptrdiff_t top, size_t lines, ptrdiff_t left, size_t columns,
               float *out);

#endif
