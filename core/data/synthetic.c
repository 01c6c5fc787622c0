/* SPDX-License-Identifier: MIT
 * synthetic.c - a computed data set, to try things without a download.
 *
 * A class is a smooth random pattern; an image is the pattern of its class, randomly shifted and weakened, plus another
 * random pattern as a distraction, plus noise.  Integer arithmetic makes the data the same, bit for bit, on every
 * machine. */
#include "compute/random.h"
#include "data/readers.h"

enum {
  SIDE = 16,
  CHANNELS = 3,
  CLASSES = 10,
  TRAIN = 2000,
  TEST = 1000,
  COARSE = 4,
  STEP = SIDE / COARSE, /* patterns are drawn on a coarse grid and interpolated */
  VALUES = SIDE * SIDE * CHANNELS,
  SHIFT = 2,
  WIDE = SIDE + 2 * SHIFT
};
static const uint64_t seed = 20180908; /* fixed: not the seed of a run */

typedef int grid[COARSE][COARSE][CHANNELS];

/* 256 times the bilinear values of a grid, which wraps around; SHIFT more at either end of a row, for any part to be
 * contiguous. */
struct pattern {
  int row[SIDE][WIDE * CHANNELS];
};

static void draw_grid(struct ho_stream *s, int amplitude, grid g)
{
  for (int y = 0; y < COARSE; y++)
    for (int x = 0; x < COARSE; x++)
      for (int c = 0; c < CHANNELS; c++)
        g[y][x][c] = (int)ho_stream_below(s, 2 * (uint64_t)amplitude + 1) - amplitude;
}

static void draw_pattern(struct ho_stream *s, int amplitude, struct pattern *p)
{
  grid g;
  int along[COARSE][WIDE * CHANNELS];
  draw_grid(s, amplitude, g);
  for (int y = 0; y < COARSE; y++)
    for (int x = 0; x < WIDE; x++) {
      int at = (x - SHIFT + SIDE) % SIDE, u = at % STEP;
      const int *left = g[y][at / STEP], *right = g[y][(at / STEP + 1) % COARSE];
      for (int c = 0; c < CHANNELS; c++)
        along[y][x * CHANNELS + c] = left[c] * (STEP - u) + right[c] * u;
    }
  for (int y = 0; y < SIDE; y++) {
    const int *top = along[y / STEP], *bottom = along[(y / STEP + 1) % COARSE];
    int v = y % STEP;
    for (int i = 0; i < WIDE * CHANNELS; i++)
      p->row[y][i] = (top[i] * (STEP - v) + bottom[i] * v) * (256 / (STEP * STEP));
  }
}

/* The sum of four uniform numbers in [-32, 32): bell-shaped, standard deviation 37. */
static int grain(unsigned bits)
{
  int sum = -128;
  for (int k = 0; k < 4; k++)
    sum += (int)(bits >> (6 * k) & 63);
  return sum;
}

static void draw_image(struct ho_stream *s, const struct pattern *pattern, uint8_t *pixel)
{
  struct pattern own;
  uint64_t bits[VALUES], *next = bits;
  int dy = (int)ho_stream_below(s, 2 * SHIFT + 1) - SHIFT, dx = (int)ho_stream_below(s, 2 * SHIFT + 1) - SHIFT;
  int strength = 96 + (int)ho_stream_below(s, 160);
  draw_pattern(s, 80, &own);
  ho_stream_fill(s, bits, VALUES);
  for (int y = 0; y < SIDE; y++) {
    const int *of_class = pattern->row[(y + dy + SIDE) % SIDE] + (ptrdiff_t)(SHIFT + dx) * CHANNELS;
    const int *of_image = own.row[y] + (ptrdiff_t)SHIFT * CHANNELS;
    for (int i = 0; i < SIDE * CHANNELS; i++) {
      int sum = of_class[i] * strength / 65536 + of_image[i] / 256 + 128 + grain((unsigned)*next++);
      *pixel++ = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
  }
}

static int draw_images(struct ho_images *im, size_t n, const char *purpose, const struct pattern *pattern,
                       struct ho_error *err)
{
  if (ho_images_alloc(im, n, SIDE, SIDE, CHANNELS, err))
    return -1;
  for (size_t i = 0; i < n; i++) {
    struct ho_stream s = ho_stream_make(seed, purpose, i, 0);
    im->label[i] = (uint16_t)(i % CLASSES);
    draw_image(&s, &pattern[i % CLASSES], im->pixel + i * VALUES);
  }
  return 0;
}

int ho_synthetic_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  struct pattern pattern[CLASSES];
  (void)folder;
  for (int k = 0; k < CLASSES; k++) {
    struct ho_stream s = ho_stream_make(seed, "synthetic-class", (uint64_t)k, 0);
    draw_pattern(&s, 96, &pattern[k]);
  }
  data->classes = CLASSES;
  if (draw_images(&data->train, TRAIN, "synthetic-train", pattern, err))
    return -1;
  return draw_images(&data->test, TEST, "synthetic-test", pattern, err);
}
