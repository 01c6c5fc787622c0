/* SPDX-License-Identifier: MIT
 * kernels.h - the inner loops of layers: a table of functions for each instruction set (compute/simd.h).
 *
 * All work on pixels of NHWC tensors: the channels of pixel p start at x + p*ld.  No function allocates memory or uses
 * threads. */
#ifndef HO_KERNELS_H
#define HO_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* How to read the input of a lazy batch norm: channel c is max(floor[c], scale[c]*(x[c] - mean[c]) + shift[c]).
 * Subtracting the mean first keeps the precision of x. */
struct ho_affine {
  const float *mean, *scale, *shift, *floor;
};

/* Its backward, through the batch statistics: dx = a*(m*dz) + b*(x - mean) + c, with the mask
 * m = (scale*(x - mean) + shift > floor) of the ReLU. */
struct ho_slope {
  const float *a, *b, *c;
};

/* A tile of `rows' x `columns' pixels (at most 4x4) to write at y.  If `from' is not NULL (it may be y), the tile
 * there is added. */
struct ho_tile {
  float *y;
  const float *from;
  size_t row, pixel, from_row, from_pixel; /* floats from one row or pixel to the next, at y and at from */
  int rows, columns;
};

struct ho_kernels {
  /* ---- pixels (pixels_lanes.h) ---- */
  void (*affine)(size_t pixels, size_t channels, const float *x, size_t ld, const struct ho_affine *, float *y,
                 size_t ld_y);
  /* sum[c] = sum of x and sum[channels + c] = sum of x^2 over the pixels. */
  void (*moments)(size_t pixels, size_t channels, const float *x, size_t ld, double *sum);
  /* sum[c] = sum of m*dz and sum[channels + c] = sum of m*dz*(x - mean) over the pixels; m as in struct ho_slope. */
  void (*products)(size_t pixels, size_t channels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                   const struct ho_affine *, double *sum);
  /* dx as in struct ho_slope, overwritten or (add) added to; dx may be dz. */
  void (*slope)(size_t pixels, size_t channels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                const struct ho_affine *, const struct ho_slope *, int add, float *dx, size_t ld_dx);
  /* y[c] = maximum of channel c over n pixels at x + taps[0 .. n-1]; tap[c] (unless NULL) says which: the first of
   * equal values, a NaN before all.  x is read through `affine' unless NULL. */
  void (*maximum)(size_t channels, const float *x, int n, const ptrdiff_t *taps, const struct ho_affine *affine,
                  float *y, uint16_t *tap);

  /* ---- the transforms of Winograd's F(4x4,3x3) (winograd_lanes.h); the 36 positions are `plane' floats apart ---- */
  void (*winograd_input)(size_t channels, const float *x, size_t row, float *v, size_t plane);     /* B' x B, 6x6 */
  void (*winograd_output)(size_t channels, const float *m, size_t plane, const struct ho_tile *);  /* A' m A, 4x4 */
  void (*winograd_gradient)(size_t channels, const float *dy, size_t row, float *d, size_t plane); /* A dy A' */
  /* G w G' of n adjacent filters; tap t of 9 is at w + t*ld; `turned': rotates them by 180 degrees first. */
  void (*winograd_filter)(size_t n, const float *w, size_t ld, int turned, float *u, size_t plane);
  void (*winograd_filter_gradient)(size_t n, const float *u, size_t plane, float *dw, size_t ld); /* G' u G */
};

const struct ho_kernels *ho_kernels(void); /* of the instruction set in use */

extern const struct ho_kernels ho_kernels_plain, ho_kernels_avx2, ho_kernels_avx512;

#endif
