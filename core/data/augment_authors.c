/* SPDX-License-Identifier: MIT
 * augment_authors.c - the augmentation in the code of Deep Bilevel Learning, for CIFAR-10 (32 x 32).
 *
 * Training: a black border of 4, a random window of 29 x 29 (offsets 0 .. 11), mirrored half of the time, contrast
 * x <- (x - m_c) f + m_c about the mean m_c of each channel, f ~ U[0.2, 1.8), then each image standardised by all its n
 * values: (x - mean)/max(deviation, 1/sqrt(n)), with x from 0 to 255 and no clipping.  Evaluation: the window at (1, 1) of
 * the image, standardised.  The mean and deviation of the data set are not used.
 *
 * Their code also adds a random brightness before the contrast, one number for all values of an image.  Contrast does
 * not change it, and standardisation subtracts it again.  So it has no effect, and is left out.
 *
 * For images of another size the window is 3 smaller than the image, so that the offsets are the same.
 *
 * With S_c and Q_c the sums of x and x^2 over the m = n/C values of channel c in the window, the result is
 * out = (f/d) x + (m_c - f m_c - mean)/d,   d^2 = (f^2 sum_c (Q_c - S_c^2/m) + m sum_c (m_c - mean)^2)/n. */
#include <math.h>

#include "compute/random.h"
#include "data/augment_models.h"

enum { PAD = 4, CUT = 3, OFFSETS = 2 * PAD + CUT + 1, CENTRE = PAD + 1 };

struct window {
  const struct ho_images *from;
  const uint8_t *pixel;
  int top, left, mirror; /* in the image with its border */
};

int ho_augment_authors_side(int side)
{
  return side - CUT;
}

/* The pixel at (y, x) of the window; NULL on the border. */
static const uint8_t *pixel_at(const struct window *w, int y, int x)
{
  int height = w->from->height, width = w->from->width;
  int row = w->top + y - PAD, column = w->left + (w->mirror ? width - CUT - 1 - x : x) - PAD;
  if (row < 0 || row >= height || column < 0 || column >= width)
    return NULL;
  return w->pixel + ((size_t)row * (size_t)width + (size_t)column) * (size_t)w->from->channels;
}

/* Contrast and standardisation are one linear map per channel: returns its slope, sets offset [C]. */
static double measure(const struct window *w, double contrast, double *offset)
{
  int height = w->from->height - CUT, width = w->from->width - CUT, channels = w->from->channels;
  int64_t sum[HO_CHANNELS_MOST] = { 0 }, square[HO_CHANNELS_MOST] = { 0 };
  double m = (double)height * width, n = m * channels, mean = 0, variance = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const uint8_t *in = pixel_at(w, y, x);
      for (int c = 0; in && c < channels; c++) {
        sum[c] += in[c];
        square[c] += (int64_t)in[c] * in[c];
      }
    }
  for (int c = 0; c < channels; c++)
    mean += (double)sum[c] / n;
  for (int c = 0; c < channels; c++) {
    double own = (double)sum[c] / m, within = (double)square[c] - own * (double)sum[c];
    variance += (contrast * contrast * within + m * (own - mean) * (own - mean)) / n;
  }
  double deviation = fmax(sqrt(fmax(variance, 0)), 1 / sqrt(n));
  for (int c = 0; c < channels; c++) {
    double own = (double)sum[c] / m;
    offset[c] = (own - contrast * own - mean) / deviation;
  }
  return contrast / deviation;
}

/* Draws, in this order: row of the window, column, mirrored or not, contrast. */
void ho_augment_authors(const struct ho_dataset *data, const uint8_t *pixel, struct ho_stream *stream, float *out)
{
  const struct ho_images *from = &data->train;
  struct window w = { from, pixel, CENTRE, CENTRE, 0 };
  double contrast = 1, offset[HO_CHANNELS_MOST];
  if (stream) {
    w.top = (int)ho_stream_below(stream, OFFSETS);
    w.left = (int)ho_stream_below(stream, OFFSETS);
    w.mirror = (int)ho_stream_below(stream, 2);
    contrast = 0.2 + 1.6 * ho_stream_uniform(stream);
  }
  double slope = measure(&w, contrast, offset);
  for (int y = 0; y < from->height - CUT; y++)
    for (int x = 0; x < from->width - CUT; x++) {
      const uint8_t *in = pixel_at(&w, y, x);
      for (int c = 0; c < from->channels; c++)
        *out++ = (float)((in ? in[c] : 0) * slope + offset[c]);
    }
}
