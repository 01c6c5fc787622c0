/* SPDX-License-Identifier: MIT
 * augment.c - the table of augmentations; random crops and mirrors, shuffled pixels, scaling; see augment.h. */
#include "data/augment.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"
#include "base/text.h"
#include "data/augment_models.h"

static int same_side(int side)
{
  return side;
}

/* Writes n black pixels; returns the address after them. */
static float *black(const struct ho_dataset *data, int n, float *out)
{
  for (; n > 0; n--)
    for (int c = 0; c < data->train.channels; c++)
      *out++ = data->scaled[c][0];
  return out;
}

/* Writes n pixels, reading from `in' to the right or, if mirrored, to the left; returns the address after them. */
static float *line(const struct ho_dataset *data, const uint8_t *in, int n, int mirror, float *out)
{
  int channels = data->train.channels;
  for (; n > 0; n--, in += mirror ? -channels : channels)
    for (int c = 0; c < channels; c++)
      *out++ = data->scaled[c][in[c]];
  return out;
}

/* out(y, x) = in(y + dy, x' + dx), scaled, with x' = x or, mirrored, W-1-x; black outside the image. */
static void scale(const struct ho_dataset *data, const uint8_t *pixel, int dy, int dx, int mirror, float *out)
{
  int height = data->train.height, width = data->train.width, shift = mirror ? dx : -dx;
  int from = shift > 0 ? shift : 0, to = shift < 0 ? width + shift : width; /* columns of out within the image */
  for (int y = 0; y < height; y++) {
    int row = y + dy, column = (mirror ? width - 1 - from : from) + dx, inside = row >= 0 && row < height && to > from;
    if (!inside) {
      out = black(data, width, out);
      continue;
    }
    size_t at = ((size_t)row * (size_t)width + (size_t)column) * (size_t)data->train.channels;
    out = line(data, pixel + at, to - from, mirror, black(data, from, out));
    out = black(data, width - to, out);
  }
}

static void none(const struct ho_dataset *data, const uint8_t *pixel, struct ho_stream *stream, float *out)
{
  (void)stream;
  scale(data, pixel, 0, 0, 0, out);
}

/* Draws, in this order: dy, dx (uniform on -4 .. 4), mirrored or not. */
static void crop_flip(const struct ho_dataset *data, const uint8_t *pixel, struct ho_stream *stream, float *out)
{
  enum { PAD = 4 };
  if (!stream) {
    scale(data, pixel, 0, 0, 0, out);
    return;
  }
  int dy = (int)ho_stream_below(stream, 2 * PAD + 1) - PAD;
  int dx = (int)ho_stream_below(stream, 2 * PAD + 1) - PAD;
  int mirror = (int)ho_stream_below(stream, 2);
  scale(data, pixel, dy, dx, mirror, out);
}

/* Moves pixel order[j], with all its channels, to position j.  `one' is scratch memory for an image. */
static void reorder(const struct ho_images *im, const int *order, uint8_t *one)
{
  size_t channels = (size_t)im->channels, pixels = (size_t)im->height * (size_t)im->width;
  for (size_t i = 0; i < im->n; i++) {
    uint8_t *image = im->pixel + i * pixels * channels;
    memcpy(one, image, pixels * channels);
    for (size_t j = 0; j < pixels; j++)
      memcpy(image + j * channels, one + (size_t)order[j] * channels, channels);
  }
}

/* One random permutation of the positions, the same for every training and test image (Zhang et al. 2017), drawn from the
 * stream (seed, "shuffled-pixels", 0, 0). */
static int shuffle_pixels(struct ho_dataset *data, uint64_t seed, struct ho_error *err)
{
  int pixels = data->train.height * data->train.width;
  int *order = ho_alloc((size_t)pixels, sizeof *order, "the order of pixels", err);
  uint8_t *one = ho_alloc((size_t)pixels, (size_t)data->train.channels, "an image", err);
  int result = order && one ? 0 : -1;
  if (!result) {
    struct ho_stream s = ho_stream_make(seed, "shuffled-pixels", 0, 0);
    ho_stream_permute(&s, order, pixels);
    reorder(&data->train, order, one);
    reorder(&data->test, order, one);
  }
  ho_free(order);
  ho_free(one);
  return result;
}

static const struct ho_augment augments[] = {
  { "none", "images as they are", same_side, none, NULL },
  { "crop-flip", "black border of 4, random crop, mirrored half of the time", same_side, crop_flip, NULL },
  { "authors",
    "as in the authors' code: black border of 4, random crop 3 smaller than the image, mirrored half of "
    "the time, random contrast, each image standardised",
    ho_augment_authors_side, ho_augment_authors, NULL },
  { "shuffled-pixels", "one random order of the pixels, the same for all images of a run, those of the test, too",
    same_side, none, shuffle_pixels },
  { 0 },
};

const struct ho_augment *ho_augments(void)
{
  return augments;
}

const struct ho_augment *ho_augment_find(const char *name, struct ho_error *err)
{
  const char *names[sizeof augments / sizeof *augments];
  char list[512] = "";
  size_t n = 0;
  for (; augments[n].name; n++) {
    names[n] = augments[n].name;
    if (!strcmp(name, names[n]))
      return &augments[n];
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", n ? ", " : "", names[n]);
  }
  const char *nearest = ho_text_nearest(name, names, n);
  if (nearest)
    ho_error_set(err, "unknown augmentation `%.100s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "unknown augmentation `%.100s': choose one of %s", name, list);
  return NULL;
}
