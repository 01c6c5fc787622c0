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
  SHIFT = 2
};
static const uint64_t seed = 20180908; /* fixed: not the seed of a run */

typedef int grid[COARSE][COARSE][CHANNELS];

static void draw_grid(struct ho_stream *s, int amplitude, grid g)
{
  for (int y = 0; y < COARSE; y++)
    for (int x = 0; x < COARSE; x++)
      for (int c = 0; c < CHANNELS; c++)
        g[y][x][c] = (int)ho_stream_below(s, 2 * (uint64_t)amplitude + 1) - amplitude;
}

/* 256 times the bilinear value of the grid at (y, x), which wraps around. */
static int value(grid g, int y, int x, int c)
{
  y = (y + SIDE) % SIDE;
  x = (x + SIDE) % SIDE;
  int y0 = y / STEP, x0 = x / STEP, y1 = (y0 + 1) % COARSE, x1 = (x0 + 1) % COARSE, v = y % STEP, u = x % STEP;
  int top = g[y0][x0][c] * (STEP - u) + g[y0][x1][c] * u, bottom = g[y1][x0][c] * (STEP - u) + g[y1][x1][c] * u;
  return (top * (STEP - v) + bottom * v) * (256 / (STEP * STEP));
}

/* The sum of four uniform numbers in [-32, 32): bell-shaped, standard deviation 37. */
static int grain(uint64_t bits)
{
  int sum = -128;
  for (int k = 0; k < 4; k++)
    sum += (int)(bits >> (6 * k) & 63);
  return sum;
}

static void draw_image(struct ho_stream *s, grid pattern, uint8_t *pixel)
{
  grid own;
  uint64_t bits[VALUES], *next = bits;
  int dy = (int)ho_stream_below(s, 2 * SHIFT + 1) - SHIFT, dx = (int)ho_stream_below(s, 2 * SHIFT + 1) - SHIFT;
  int strength = 96 + (int)ho_stream_below(s, 160);
  draw_grid(s, 80, own);
  ho_stream_fill(s, bits, VALUES);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      for (int c = 0; c < CHANNELS; c++) {
        int sum = value(pattern, y + dy, x + dx, c) * strength / 65536 + value(own, y, x, c) / 256;
        sum += 128 + grain(*next++);
        *pixel++ = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
      }
}

static int draw_images(struct ho_images *im, size_t n, const char *purpose, grid *pattern, struct ho_error *err)
{
  if (ho_images_alloc(im, n, SIDE, SIDE, CHANNELS, err))
    return -1;
  for (size_t i = 0; i < n; i++) {
    struct ho_stream s = ho_stream_make(seed, purpose, i, 0);
    im->label[i] = (uint16_t)(i % CLASSES);
    draw_image(&s, pattern[i % CLASSES], im->pixel + i * VALUES);
  }
  return 0;
}

int ho_synthetic_load(const char *folder, struct ho_dataset *data, struct ho_error *err)
{
  grid pattern[CLASSES];
  (void)folder;
  for (int k = 0; k < CLASSES; k++) {
    struct ho_stream s = ho_stream_make(seed, "synthetic-class", (uint64_t)k, 0);
    draw_grid(&s, 96, pattern[k]);
  }
  data->classes = CLASSES;
  if (draw_images(&data->train, TRAIN, "synthetic-train", pattern, err))
    return -1;
  return draw_images(&data->test, TEST, "synthetic-test", pattern, err);
}
