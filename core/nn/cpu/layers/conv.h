/* SPDX-License-Identifier: MIT
 * conv.h - what the ways of computing a convolution share; conv.c chooses between them.
 *
 * The results of all mini-batches are cut into bands of HO_BAND lines, and a task computes some of them.  With
 * `bands' of an image, band number b starts at line b % bands * HO_BAND of image b / bands. */
#ifndef HO_CONV_H
#define HO_CONV_H

#include "nn/cpu/kernels/gather.h"

struct ho_conv {
  const struct ho_node *node;
  const struct ho_call *call;
  struct ho_images_of x, dy; /* what forward and backward read */
  size_t in, out, k;         /* channels of input and result; kh*kw*in */
  size_t line, lines;        /* of the result: pixels of a line, lines of an image */
  size_t bands, images;      /* bands of an image; images of all mini-batches */
};

struct ho_conv ho_conv_make(const struct ho_node *, const struct ho_call *);

/* Returns the number of lines in band b; *pixel is the number of its first pixel, counted over all images. */
size_t ho_conv_band(const struct ho_conv *, size_t b, size_t *pixel);
/* After bands first .. first+n-1 of y are written: adds the bias, and leaves moments if wanted. */
void ho_conv_finish(const struct ho_conv *, size_t first, size_t n);
/* After bands first .. first+n-1 of dx (bands of x, not y) are complete: leaves the products that batch norm needs, if
 * wanted. */
void ho_conv_finish_data(const struct ho_conv *, size_t first, size_t n);
/* Number of tasks that share the gradient of one mini-batch's weights, each with a sum of its own: enough for a few
 * cores.  Unless each mini-batch has one task only, there are at most HO_CONV_SUMS sums in all. */
enum { HO_CONV_TASKS = 4, HO_CONV_SUMS = 2 * (HO_CONV_TASKS - 1) };
size_t ho_conv_splits(int groups, size_t bands);
/* The gradient of the bias, if there is one. */
void ho_conv_bias(const struct ho_conv *);

/* One way to compute it.  Winograd's is for 3x3 kernels of stride 1 only. */
struct ho_conv_method {
  void (*needs)(const struct ho_node *, int groups, int images, int backward, struct ho_needs *);
  void (*forward)(const struct ho_conv *);
  void (*data)(const struct ho_conv *);    /* backward to dx */
  void (*weights)(const struct ho_conv *); /* backward to rows, without the bias */
};
extern const struct ho_conv_method ho_conv_patches, ho_conv_winograd;

/* conv_winograd_weights.c: the weights of Winograd's way.  The second raises *needs to what the first needs. */
void ho_winograd_weights(const struct ho_conv *);
void ho_winograd_weights_needs(const struct ho_node *, int images, struct ho_needs *);

#endif
