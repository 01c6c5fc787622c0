/* SPDX-License-Identifier: MIT
 * conv.h - convolutions on a GPU as matrix products, and the files between which they are shared out.
 *
 *   conv.cu          the convolution and the dense layer: what they need, and which kernels run
 *   conv_data.cu     forward, and the gradient to data
 *   conv_weights.cu  the gradient to weights
 *   conv_choice.cu   which tiles, and into how many parts a sum is split
 *   conv_sums.cu     sums of such parts; bias
 *
 * No patches are stored: a kernel copies the pixels that a tile needs from the images to shared memory (an implicit
 * GEMM).  Weights are [kh][kw][in][out], as in theta. */
#ifndef HO_CUDA_CONV_H
#define HO_CUDA_CONV_H

#include "nn/cuda/product.h"

/* A convolution: what its node says, or a dense layer with images of one pixel. */
struct ho_conv_shape {
  int images;  /* in all */
  int in, out; /* channels */
  int ih, iw;  /* pixels of x */
  int oh, ow;  /* pixels of y */
  int groups;  /* mini-batches, for the gradient to weights */
  struct ho_window window;
};

/* How a product is computed. */
struct ho_conv_choice {
  int tile;  /* HO_TILE_... */
  int parts; /* that each sum is split into; these are added up by another kernel, in order */
};
enum { HO_TILE_128_128, HO_TILE_128_64, HO_TILE_64_64, HO_TILES };
extern const int ho_tile_rows[HO_TILES], ho_tile_columns[HO_TILES];

/* Blocks that a multiprocessor can hold at once. */
static constexpr int ho_resident(int rows, int columns)
{
  return rows * columns == 128 * 128 ? 1 : rows * columns == 128 * 64 ? 2 : 3;
}

struct ho_conv_choice ho_conv_choose_forward(const struct ho_conv_shape *, enum ho_precision);
struct ho_conv_choice ho_conv_choose_data(const struct ho_conv_shape *, enum ho_precision);
struct ho_conv_choice ho_conv_choose_weights(const struct ho_conv_shape *, enum ho_precision);
/* Bytes that are enough for the parts of any convolution like this one, with as many images or fewer. */
size_t ho_conv_work(const struct ho_conv_shape *, int backward);

/* y = conv(x, w) + bias + plus.  bias and plus, a tensor like y, may be NULL. */
void ho_conv_forward(const struct ho_conv_shape *, struct ho_conv_choice, enum ho_precision, cudaStream_t,
                     const float *x, const float *w, const float *bias, const float *plus, float *y, void *work);
/* dx = gradient of x, or dx += */
void ho_conv_data(const struct ho_conv_shape *, struct ho_conv_choice, enum ho_precision, cudaStream_t, const float *dy,
                  const float *w, int add, float *dx, void *work);
/* Gradient of w of mini-batch g at dw + g*ld. */
void ho_conv_weights(const struct ho_conv_shape *, struct ho_conv_choice, enum ho_precision, cudaStream_t,
                     const float *x, const float *dy, float *dw, size_t ld, void *work);
/* Gradient of the bias: sums over pixels in double, in work of so many bytes. */
size_t ho_conv_bias_work(const struct ho_conv_shape *);
void ho_conv_bias(const struct ho_conv_shape *, cudaStream_t, const float *dy, float *db, size_t ld, void *work);

/* ---- parts ---- */

/* y [n] = sum of parts [parts][n] + bias [n modulo channels] + plus [n]; the last two may be NULL. */
void ho_conv_sum_parts(cudaStream_t, size_t n, int parts, const float *part, int channels, const float *bias,
                       const float *plus, float *y);
/* Row g of dw [n] = sum of parts [g][parts][n]. */
void ho_conv_sum_rows(cudaStream_t, int n, int groups, int parts, const float *part, float *dw, size_t ld);

#endif
