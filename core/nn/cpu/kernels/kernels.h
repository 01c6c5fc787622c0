/* SPDX-License-Identifier: MIT
 * kernels.h - the inner loops of layers: one table of functions per path of base/simd.h.
 *
 * All work on pixels of NHWC tensors: pixel p's channels begin at x + p*ld.  No function allocates or shares work. */
#ifndef HO_KERNELS_H
#define HO_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* What a tensor means to its readers when batch norm and ReLU have not been written down (see plan.h): channel c of a
 * pixel is max(floor[c], scale[c]*(x[c] - mean[c]) + shift[c]); subtracting first keeps the precision of x. */
struct ho_affine {
  const float *mean, *scale, *shift, *floor;
};

/* The backward of that through batch statistics: with m = (scale*(x - mean) + shift > floor),
 * dx = a*(m*dz) + b*(x - mean) + c. */
struct ho_slope {
  const float *a, *b, *c;
};

/* A tile of `rows' x `columns' pixels (at most 4x4) at y, row and pixel so many floats apart; what is at `from', laid
 * out alike, is added unless NULL (it may be y). */
struct ho_tile {
  float *y;
  const float *from;
  size_t row, pixel, from_row, from_pixel;
  int rows, columns;
};

struct ho_kernels {
  /* ---- pixels (pixels_lanes.h) ---- */
  void (*affine)(size_t pixels, size_t channels, const float *x, size_t ld, const struct ho_affine *, float *y,
                 size_t ld_y);
  /* sum[c] = sum of x, sum[channels + c] = sum of x^2, overwritten. */
  void (*moments)(size_t pixels, size_t channels, const float *x, size_t ld, double *sum);
  /* sum[c] = sum of m*dz, sum[channels + c] = sum of m*dz*(x - mean), overwritten. */
  void (*products)(size_t pixels, size_t channels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                   const struct ho_affine *, double *sum);
  /* dx = slope of dz, or added to dx; dx may be dz. */
  void (*slope)(size_t pixels, size_t channels, const float *dz, size_t ld_dz, const float *x, size_t ld,
                const struct ho_affine *, const struct ho_slope *, int add, float *dx, size_t ld_dx);
  /* y = max over taps [n] (offsets from x), the first of equals, a NaN over all; tap[c] (NULL: not wanted) which.
   * `affine' NULL: of x as it is. */
  void (*maximum)(size_t channels, const float *x, int n, const ptrdiff_t *taps, const struct ho_affine *affine,
                  float *y, uint16_t *tap);

  /* ---- Winograd F(4x4,3x3) (winograd_lanes.h); position p of 36 is `plane' floats after p - 1 ---- */
  void (*winograd_input)(size_t channels, const float *x, size_t row, float *v, size_t plane);     /* B' x B, 6x6 */
  void (*winograd_output)(size_t channels, const float *m, size_t plane, const struct ho_tile *);  /* A' m A, 4x4 */
  void (*winograd_gradient)(size_t channels, const float *dy, size_t row, float *d, size_t plane); /* A dy A' */
  /* G w G' of n filters lying side by side; tap t of 9 at w + t*ld; `turned': by 180 degrees. */
  void (*winograd_filter)(size_t n, const float *w, size_t ld, int turned, float *u, size_t plane);
  void (*winograd_filter_gradient)(size_t n, const float *u, size_t plane, float *dw, size_t ld); /* G' u G */
};

const struct ho_kernels *ho_kernels(void); /* of the path now chosen */
const char *ho_kernels_name(void);

extern const struct ho_kernels ho_kernels_plain, ho_kernels_avx2, ho_kernels_avx512;

#endif
