/* SPDX-License-Identifier: MIT
 * im2col.h - convolution as a matrix product: each output pixel's patch becomes one row.
 *
 * Column (ky*kw + kx)*channels + c of the row of output pixel (oy, ox) is x[oy*sh - top + ky][ox*sw - left + kx][c],
 * zero outside the image: the order of the weights [kh][kw][in][out]. */
#ifndef HO_IM2COL_H
#define HO_IM2COL_H

#include "nn/graph.h"

struct ho_patches {
  struct ho_window window;
  struct ho_shape in;
  int oh, ow; /* output pixels */
};

/* Columns [from, to) of the rows of output lines first .. first+lines-1; line l is row l % oh of image l / oh. */
void ho_im2col(const struct ho_patches *, const float *x, size_t first, size_t lines, size_t from, size_t to,
               float *col);
/* The transpose: adds all columns of these lines' rows to where they came from. */
void ho_col2im(const struct ho_patches *, const float *col, size_t first, size_t lines, float *x);

#endif
