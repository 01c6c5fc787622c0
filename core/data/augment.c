/* SPDX-License-Identifier: MIT
 * augment.c - random crops and mirrors, and the scaling that every image goes through; see augment.h. */
#include "data/augment.h"

#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "data/augment_models.h"

static int same_side(int side)
{
  return side;
}

/* The image moved by (dy, dx) and mirrored or not, black where it came from outside: out(y, x) = in(y + dy, x' + dx),
 * x' = x or W-1-x. */
static void scale(const struct ho_dataset *data, const uint8_t *pixel, int dy, int dx, int mirror, float *out)
{
  int height = data->train.height, width = data->train.width, channels = data->train.channels;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      int row = y + dy, column = (mirror ? width - 1 - x : x) + dx;
      int inside = row >= 0 && row < height && column >= 0 && column < width;
      const uint8_t *in = inside ? pixel + ((size_t)row * (size_t)width + (size_t)column) * (size_t)channels : NULL;
      for (int c = 0; c < channels; c++)
        *out++ = ((float)(in ? in[c] : 0) / 255 - data->mean[c]) / data->deviation[c];
    }
}

static void none(const struct ho_dataset *data, const uint8_t *pixel, struct ho_stream *stream, float *out)
{
  (void)stream;
  scale(data, pixel, 0, 0, 0, out);
}

/* Draws, in this order: rows moved, columns moved (each uniform on -4 .. 4), mirrored or not. */
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

static const struct ho_augment augments[] = {
  { "none", "images as they are", same_side, none },
  { "crop-flip", "black border of 4, random crop, mirrored half of the time", same_side, crop_flip },
  { "authors", "as in the authors' code: black border of 4, random crop 3 smaller than the image, mirrored half of "
    "the time, random contrast, each image standardised", ho_augment_authors_side, ho_augment_authors },
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
    ho_error_set(err, "no augmentation `%.100s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "no augmentation `%.100s': there are %s", name, list);
  return NULL;
}
