/* SPDX-License-Identifier: MIT
 * conv.h - what the ways of computing a convolution share; conv.c chooses among them.
 *
 * The images of all mini-batches are cut into bands of HO_BAND lines of results; a task has some of them, by number:
 * band b is lines b % bands * HO_BAND ... of image b / bands. */
#ifndef HO_CONV_H
#define HO_CONV_H

#include "nn/cpu/kernels/gather.h"

struct ho_conv {
  const struct ho_node *node;
  const struct ho_call *call;
  struct ho_images_of x, dy; /* as forward and backward read them */
  size_t in, out, k;         /* channels; kh*kw*in */
  size_t line, lines;        /* result pixels of a line, lines of an image */
  size_t bands, images;      /* of an image; of all mini-batches */
};

struct ho_conv ho_conv_make(const struct ho_node *, const struct ho_call *);

/* Lines of results that band b has, and the number of its first pixel among all images'. */
size_t ho_conv_band(const struct ho_conv *, size_t b, size_t *pixel);
/* Bias and moments of bands first .. first+n-1, whose results are written. */
void ho_conv_finish(const struct ho_conv *, size_t first, size_t n);
/* Sums for batch norm of bands first .. first+n-1 of dx, which is complete; bands are those of x here. */
void ho_conv_finish_data(const struct ho_conv *, size_t first, size_t n);
/* How many tasks share the gradient of one mini-batch's weights, each with a sum of its own: enough for a few cores.
 * In all there are at most HO_CONV_SUMS, unless each mini-batch has but one. */
enum { HO_CONV_TASKS = 4, HO_CONV_SUMS = 2 * (HO_CONV_TASKS - 1) };
size_t ho_conv_splits(int groups, size_t bands);
/* Gradient of the bias, if there is one. */
void ho_conv_bias(const struct ho_conv *);

/* One way: 3x3 kernels of stride 1 alone can have Winograd's. */
struct ho_conv_method {
  void (*needs)(const struct ho_node *, int groups, int images, int backward, struct ho_needs *);
  void (*forward)(const struct ho_conv *);
  void (*data)(const struct ho_conv *);
  void (*weights)(const struct ho_conv *);
};
extern const struct ho_conv_method ho_conv_patches, ho_conv_winograd;

/* conv_winograd_weights.c; needs are raised to its own. */
void ho_winograd_weights(const struct ho_conv *);
void ho_winograd_weights_needs(const struct ho_node *, int images, struct ho_needs *);

#endif
