/* SPDX-License-Identifier: MIT
 * im2col.c - patches to rows and back; see im2col.h.
 *
 * In NHWC the kw*channels numbers of one kernel row lie side by side in the image: each is one clipped copy. */
#include "nn/kernels/im2col.h"

#include <string.h>

/* The part [lo, hi) of a piece of n numbers, beginning at `at', that lies within [0, width). */
static void clip(ptrdiff_t at, ptrdiff_t n, ptrdiff_t width, ptrdiff_t *lo, ptrdiff_t *hi)
{
  *lo = at < 0 ? (-at < n ? -at : n) : 0;
  *hi = at + n > width ? width - at : n;
  if (*hi < *lo)
    *hi = *lo;
}

static void copy_piece(float *restrict to, const float *restrict row, ptrdiff_t at, ptrdiff_t n, ptrdiff_t width)
{
  ptrdiff_t lo, hi;
  clip(at, n, width, &lo, &hi);
  for (ptrdiff_t i = 0; i < lo; i++)
    to[i] = 0;
  memcpy(to + lo, row + at + lo, (size_t)(hi - lo) * sizeof *to);
  for (ptrdiff_t i = hi; i < n; i++)
    to[i] = 0;
}

static void add_piece(float *restrict row, const float *restrict from, ptrdiff_t at, ptrdiff_t n, ptrdiff_t width)
{
  ptrdiff_t lo, hi;
  clip(at, n, width, &lo, &hi);
  float *restrict to = row + at;
  for (ptrdiff_t i = lo; i < hi; i++)
    to[i] += from[i];
}

void ho_im2col(const struct ho_patches *p, const float *x, size_t first, size_t lines, size_t from, size_t to,
               float *col)
{
  const struct ho_window *w = &p->window;
  size_t span = (size_t)w->kw * (size_t)p->in.channels, columns = to - from;
  ptrdiff_t width = (ptrdiff_t)p->in.width * p->in.channels, step = (ptrdiff_t)w->sw * p->in.channels;
  for (size_t l = first; l < first + lines; l++) {
    const float *image = x + l / (size_t)p->oh * ho_shape_size(p->in);
    ptrdiff_t y0 = (ptrdiff_t)(l % (size_t)p->oh) * w->sh - w->top;
    for (size_t ky = from / span; ky * span < to; ky++) {
      size_t a = ky * span > from ? 0 : from - ky * span, b = to - ky * span < span ? to - ky * span : span;
      ptrdiff_t y = y0 + (ptrdiff_t)ky, at = (ptrdiff_t)a - (ptrdiff_t)w->left * p->in.channels;
      float *row = col + (ky * span + a - from);
      if (y < 0 || y >= p->in.height)
        for (int ox = 0; ox < p->ow; ox++, row += columns)
          memset(row, 0, (b - a) * sizeof *row);
      else
        for (int ox = 0; ox < p->ow; ox++, row += columns, at += step)
          copy_piece(row, image + y * width, at, (ptrdiff_t)(b - a), width);
    }
    col += (size_t)p->ow * columns;
  }
}

void ho_col2im(const struct ho_patches *p, const float *col, size_t first, size_t lines, float *x)
{
  const struct ho_window *w = &p->window;
  size_t span = (size_t)w->kw * (size_t)p->in.channels, columns = (size_t)w->kh * span;
  ptrdiff_t width = (ptrdiff_t)p->in.width * p->in.channels, step = (ptrdiff_t)w->sw * p->in.channels;
  for (size_t l = first; l < first + lines; l++) {
    float *image = x + l / (size_t)p->oh * ho_shape_size(p->in);
    ptrdiff_t y0 = (ptrdiff_t)(l % (size_t)p->oh) * w->sh - w->top;
    for (int ky = 0; ky < w->kh; ky++) {
      ptrdiff_t y = y0 + ky, at = -(ptrdiff_t)w->left * p->in.channels;
      if (y < 0 || y >= p->in.height)
        continue;
      const float *row = col + (size_t)ky * span;
      for (int ox = 0; ox < p->ow; ox++, row += columns, at += step)
        add_piece(image + y * width, row, at, (ptrdiff_t)span, width);
    }
    col += (size_t)p->ow * columns;
  }
}
