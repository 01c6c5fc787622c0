/* SPDX-License-Identifier: MIT
 * gather.c - copies lines of images, and applies the coefficients of a lazy batch norm on the way; see gather.h. */
#include "nn/cpu/kernels/gather.h"

#include <string.h>

static void copy_pixels(size_t pixels, size_t channels, const float *x, size_t ld, float *out)
{
  if (ld == channels)
    memcpy(out, x, pixels * channels * sizeof *out);
  else
    for (size_t p = 0; p < pixels; p++)
      memcpy(out + p * channels, x + p * ld, channels * sizeof *out);
}

void ho_gather(const struct ho_images_of *from, size_t image, ptrdiff_t top, size_t lines, ptrdiff_t left,
               size_t columns, float *out)
{
  ptrdiff_t height = from->shape.height, width = from->shape.width, end = left + (ptrdiff_t)columns;
  size_t channels = (size_t)from->shape.channels, span = columns * channels;
  ptrdiff_t first = left > 0 ? left : 0, last = end < width ? end : width; /* columns within the image */
  size_t before = first > left ? (size_t)(first - left) : 0, pixels = last > first ? (size_t)(last - first) : 0;
  struct ho_affine view = { 0 };
  before = before < columns ? before : columns;
  if (from->view)
    view = ho_view_of(from->view, channels, image / from->size);
  for (ptrdiff_t y = top; y < top + (ptrdiff_t)lines; y++, out += span) {
    if (y < 0 || y >= height || !pixels) {
      memset(out, 0, span * sizeof *out);
      continue;
    }
    size_t pixel = (image * (size_t)height + (size_t)y) * (size_t)width + (size_t)first;
    const float *x = from->x + pixel * from->ld;
    float *inside = out + before * channels, *after = inside + pixels * channels;
    memset(out, 0, before * channels * sizeof *out);
    if (from->view)
      ho_kernels()->affine(pixels, channels, x, from->ld, &view, inside, channels);
    else
      copy_pixels(pixels, channels, x, from->ld, inside);
    memset(after, 0, (size_t)(out + span - after) * sizeof *out);
  }
}
