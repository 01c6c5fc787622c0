/* SPDX-License-Identifier: MIT
 * winograd_lanes.h - the transforms of Winograd's minimal filtering F(4x4, 3x3) over lanes of channels.
 *
 * Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, after Winograd 1980: the 4x4 results
 * y of a 3x3 filter g over a 6x6 patch d are
 *
 *     y = A' [ (G g G') . (B' d B) ] A,
 *
 * 36 products where plain convolution has 144; summed over input channels, each of the 36 positions is a matrix
 * product (conv_winograd.c).  The filter's gradient is the transpose of that map,
 *
 *     dg = G' [ (A dy A') . (B' d B) ] G.
 *
 * With the interpolation points 0, 1, -1, 2, -2 and infinity:
 *
 *     B' = 4  0 -5  0  1  0    G =  1/4    0    0     A' = 1  1  1  1  1  0
 *          0 -4 -4  1  1  0        -1/6 -1/6 -1/6          0  1 -1  2 -2  0
 *          0  4 -4 -1  1  0        -1/6  1/6 -1/6          0  1  1  4  4  0
 *          0 -2 -1  2  1  0        1/24 1/12  1/6          0  1 -1  8 -8  1
 *          0  2 -1 -2  1  0        1/24 -1/12 1/6
 *          0  4  0 -5  0  1           0    0    1
 *
 * Each function below named after a matrix multiplies a column of vectors by it; a transform applies it to the columns
 * of a patch, then to the rows of the result. */
#include "compute/lanes.h"

HO_INLINE void input_points(const vec d[6], vec v[6]) /* B' */
{
  vec even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1], difference = d[4] - d[2], twice = 2 * (d[3] - d[1]);
  v[0] = 4 * d[0] - 5 * d[2] + d[4];
  v[1] = even + odd;
  v[2] = even - odd;
  v[3] = difference + twice;
  v[4] = difference - twice;
  v[5] = 4 * d[1] - 5 * d[3] + d[5];
}

HO_INLINE void output_points(const vec m[6], vec y[4]) /* A' */
{
  vec sum1 = m[1] + m[2], sum2 = m[3] + m[4], difference1 = m[1] - m[2], difference2 = m[3] - m[4];
  y[0] = m[0] + sum1 + sum2;
  y[1] = difference1 + 2 * difference2;
  y[2] = sum1 + 4 * sum2;
  y[3] = difference1 + 8 * difference2 + m[5];
}

HO_INLINE void gradient_points(const vec y[4], vec m[6]) /* A */
{
  vec even1 = y[0] + y[2], odd1 = y[1] + y[3], even2 = y[0] + 4 * y[2], odd2 = 2 * y[1] + 8 * y[3];
  m[0] = y[0];
  m[1] = even1 + odd1;
  m[2] = even1 - odd1;
  m[3] = even2 + odd2;
  m[4] = even2 - odd2;
  m[5] = y[3];
}

HO_INLINE void filter_points(const vec g[3], vec u[6]) /* G */
{
  vec even1 = (g[0] + g[2]) * (-1 / 6.f), odd1 = g[1] * (-1 / 6.f);
  vec even2 = g[0] * (1 / 24.f) + g[2] * (1 / 6.f), odd2 = g[1] * (1 / 12.f);
  u[0] = g[0] * 0.25f;
  u[1] = even1 + odd1;
  u[2] = even1 - odd1;
  u[3] = even2 + odd2;
  u[4] = even2 - odd2;
  u[5] = g[2];
}

HO_INLINE void filter_gradient_points(const vec u[6], vec g[3]) /* G' */
{
  vec sum1 = (u[1] + u[2]) * (1 / 6.f), sum2 = (u[3] + u[4]) * (1 / 24.f);
  g[0] = u[0] * 0.25f - sum1 + sum2;
  g[1] = (u[2] - u[1]) * (1 / 6.f) + (u[3] - u[4]) * (1 / 12.f);
  g[2] = 4 * sum2 - sum1 + u[5];
}

HO_INLINE void input_tile(const float *x, size_t row, size_t channels, float *v, size_t plane, size_t n)
{
  vec t[6][6];
  for (size_t j = 0; j < 6; j++) {
    vec d[6], column[6];
    for (size_t i = 0; i < 6; i++)
      d[i] = load(x + i * row + j * channels, n);
    input_points(d, column);
    for (size_t i = 0; i < 6; i++)
      t[i][j] = column[i];
  }
  for (size_t i = 0; i < 6; i++) {
    vec line[6];
    input_points(t[i], line);
    for (size_t j = 0; j < 6; j++)
      store(v + (i * 6 + j) * plane, line[j], n);
  }
}

static void winograd_input(size_t channels, const float *x, size_t row, float *v, size_t plane)
{
  HO_EACH(channels, input_tile(x + c, row, channels, v + c, plane, n));
}

HO_INLINE void output_tile(const float *m, size_t plane, const struct ho_tile *to, size_t c, size_t n)
{
  vec t[4][6];
  for (size_t j = 0; j < 6; j++) {
    vec d[6], column[4];
    for (size_t i = 0; i < 6; i++)
      d[i] = load(m + (i * 6 + j) * plane + c, n);
    output_points(d, column);
    for (size_t i = 0; i < 4; i++)
      t[i][j] = column[i];
  }
  for (size_t i = 0; i < (size_t)to->rows; i++) {
    vec line[4];
    output_points(t[i], line);
    for (size_t j = 0; j < (size_t)to->columns; j++) {
      float *y = to->y + i * to->row + j * to->pixel + c;
      store(y, to->from ? line[j] + load(to->from + i * to->from_row + j * to->from_pixel + c, n) : line[j], n);
    }
  }
}

static void winograd_output(size_t channels, const float *m, size_t plane, const struct ho_tile *to)
{
  HO_EACH(channels, output_tile(m, plane, to, c, n));
}

HO_INLINE void gradient_tile(const float *dy, size_t row, size_t channels, float *d, size_t plane, size_t n)
{
  vec t[6][4];
  for (size_t j = 0; j < 4; j++) {
    vec y[4], column[6];
    for (size_t i = 0; i < 4; i++)
      y[i] = load(dy + i * row + j * channels, n);
    gradient_points(y, column);
    for (size_t i = 0; i < 6; i++)
      t[i][j] = column[i];
  }
  for (size_t i = 0; i < 6; i++) {
    vec line[6];
    gradient_points(t[i], line);
    for (size_t j = 0; j < 6; j++)
      store(d + (i * 6 + j) * plane, line[j], n);
  }
}

static void winograd_gradient(size_t channels, const float *dy, size_t row, float *d, size_t plane)
{
  HO_EACH(channels, gradient_tile(dy + c, row, channels, d + c, plane, n));
}

HO_INLINE void filter_tile(const float *w, size_t ld, int turned, float *u, size_t plane, size_t n)
{
  vec t[6][3];
  for (size_t j = 0; j < 3; j++) {
    vec g[3], column[6];
    for (size_t i = 0; i < 3; i++)
      g[i] = load(w + (turned ? 8 - (i * 3 + j) : i * 3 + j) * ld, n);
    filter_points(g, column);
    for (size_t i = 0; i < 6; i++)
      t[i][j] = column[i];
  }
  for (size_t i = 0; i < 6; i++) {
    vec line[6];
    filter_points(t[i], line);
    for (size_t j = 0; j < 6; j++)
      store(u + (i * 6 + j) * plane, line[j], n);
  }
}

static void winograd_filter(size_t filters, const float *w, size_t ld, int turned, float *u, size_t plane)
{
  HO_EACH(filters, filter_tile(w + c, ld, turned, u + c, plane, n));
}

HO_INLINE void filter_gradient_tile(const float *u, size_t plane, float *dw, size_t ld, size_t n)
{
  vec t[3][6];
  for (size_t j = 0; j < 6; j++) {
    vec d[6], column[3];
    for (size_t i = 0; i < 6; i++)
      d[i] = load(u + (i * 6 + j) * plane, n);
    filter_gradient_points(d, column);
    for (size_t i = 0; i < 3; i++)
      t[i][j] = column[i];
  }
  for (size_t i = 0; i < 3; i++) {
    vec line[3];
    filter_gradient_points(t[i], line);
    for (size_t j = 0; j < 3; j++)
      store(dw + (i * 3 + j) * ld, line[j], n);
  }
}

static void winograd_filter_gradient(size_t filters, const float *u, size_t plane, float *dw, size_t ld)
{
  HO_EACH(filters, filter_gradient_tile(u + c, plane, dw + c, ld, n));
}
