/* SPDX-License-Identifier: MIT
 * test_augment_authors.c - the augmentation of the authors of Deep Bilevel Learning, against a twin in double. */
#include "data/augment.h"

#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "../augment_rig.h"

struct draws {
  int top, left, mirror;
  double contrast;
};

/* Step by step in double, as the authors' code does it, brightness included. */
static void authors_twin(const struct ho_images *im, const uint8_t *pixel, const struct draws *d, double brightness,
                         double *out)
{
  static double canvas[MOST + 2 * PAD][MOST + 2 * PAD][MANY], value[MOST][MOST][MANY];
  int height = im->height - 3, width = im->width - 3, channels = im->channels, n = height * width * channels;
  double mean = 0, variance = 0;
  memset(canvas, 0, sizeof canvas);
  for (int y = 0; y < im->height; y++) /* pad */
    for (int x = 0; x < im->width; x++)
      for (int c = 0; c < channels; c++)
        canvas[y + PAD][x + PAD][c] = pixel[(y * im->width + x) * channels + c];
  for (int y = 0; y < height; y++) /* crop, mirror, brightness */
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        value[y][d->mirror ? width - 1 - x : x][c] = canvas[d->top + y][d->left + x][c] + brightness;
  for (int c = 0; c < channels; c++) { /* contrast */
    double own = 0;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        own += value[y][x][c] / (height * width);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        value[y][x][c] = (value[y][x][c] - own) * d->contrast + own;
  }
  for (int y = 0; y < height; y++) /* standardise */
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        mean += value[y][x][c] / n;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        variance += pow(value[y][x][c] - mean, 2) / n;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        *out++ = (value[y][x][c] - mean) / fmax(sqrt(variance), 1 / sqrt(n));
}

static void same_values(int n, const float *got, const double *want, const char *what)
{
  for (int i = 0; i < n; i++)
    if (!(fabs(got[i] - want[i]) < 2e-6 * fmax(1, fabs(want[i]))))
      ck_abort_msg("%s: value %d of %d is %.9g, not %.9g", what, i, n, (double)got[i], want[i]);
}

static const int authors_shapes[][3] = {
  { 32, 32, 3 }, { 28, 28, 1 }, { 16, 16, 3 }, { 5, 9, 4 }, { 40, 4, 2 }, { 12, 12, 5 }, { 9, 8, MANY },
};

START_TEST(authors_is_its_twin)
{
  static uint8_t pixel[MOST * MOST * MANY];
  static float out[MOST * MOST * MANY];
  static double want[MOST * MOST * MANY];
  const struct ho_augment *authors = ho_augment_find("authors", NULL);
  for (size_t i = 0; i < sizeof authors_shapes / sizeof *authors_shapes; i++) {
    const int *shape = authors_shapes[i];
    int n = (shape[0] - 3) * (shape[1] - 3) * shape[2];
    struct ho_dataset d;
    make_image(&d, shape[0], shape[1], shape[2], pixel);
    for (uint64_t index = 0; index < 200; index++) {
      struct ho_stream s = ho_stream_make(1, "augment", index, i), again = s, other = ho_stream_make(2, "x", index, 0);
      struct draws draws = { .top = (int)ho_stream_below(&again, 12),
                             .left = (int)ho_stream_below(&again, 12),
                             .mirror = (int)ho_stream_below(&again, 2) };
      draws.contrast = 0.2 + 1.6 * ho_stream_uniform(&again);
      authors->apply(&d, pixel, &s, out);
      ck_assert_mem_eq(&s, &again, sizeof s);
      double brightness = index % 2 ? 126 * ho_stream_uniform(&other) - 63 : 0;
      authors_twin(&d.train, pixel, &draws, brightness, want);
      same_values(n, out, want, "training");
    }
    authors_twin(&d.train, pixel, &(struct draws){ 5, 5, 0, 1 }, 0, want);
    authors->apply(&d, pixel, NULL, out);
    same_values(n, out, want, "evaluation");
    ck_assert_int_eq(authors->side(shape[0]), shape[0] - 3);
  }
  ck_assert_int_eq(authors->side(32), 29);
}
END_TEST

/* The evaluation window is rows and columns 1 .. 29 of 32; training and evaluation images have mean 0, deviation 1. */
START_TEST(authors_evaluate_the_centre)
{
  static uint8_t pixel[32 * 32 * 3], inner[32 * 32 * 3];
  static float a[29 * 29 * 3], b[29 * 29 * 3];
  const struct ho_augment *authors = ho_augment_find("authors", NULL);
  struct ho_dataset d;
  make_image(&d, 32, 32, 3, pixel);
  memcpy(inner, pixel, sizeof inner);
  for (int i = 0; i < 32; i++)
    for (int c = 0; c < 3; c++)
      inner[i * 3 + c] = inner[i * 96 + c] = inner[(30 * 32 + i) * 3 + c] = inner[(31 * 32 + i) * 3 + c] =
          inner[i * 96 + 90 + c] = inner[i * 96 + 93 + c] = 7; /* all around it */
  authors->apply(&d, pixel, NULL, a);
  authors->apply(&d, inner, NULL, b);
  ck_assert_mem_eq(a, b, sizeof a);
  for (uint64_t k = 0; k < 20; k++) {
    struct ho_stream s = ho_stream_make(3, "augment", k, 0);
    double mean = 0, square = 0;
    authors->apply(&d, pixel, k ? &s : NULL, a);
    for (int i = 0; i < 29 * 29 * 3; i++) {
      mean += a[i] / 2523.0;
      square += a[i] * (double)a[i] / 2523;
    }
    ck_assert_double_eq_tol(mean, 0, 1e-6);
    ck_assert_double_eq_tol(square, 1, 1e-6);
  }
}
END_TEST

/* An image of one value is all 0 in evaluation, whatever the value: the deviation is at least 1/sqrt(n). */
START_TEST(authors_do_not_divide_by_zero)
{
  static uint8_t pixel[32 * 32 * 3];
  static float out[29 * 29 * 3];
  const struct ho_augment *authors = ho_augment_find("authors", NULL);
  struct ho_dataset d;
  make_image(&d, 32, 32, 3, pixel);
  for (int value = 0; value < 256; value += 51) {
    memset(pixel, value, sizeof pixel);
    authors->apply(&d, pixel, NULL, out);
    for (int i = 0; i < 29 * 29 * 3; i++)
      if (!(fabsf(out[i]) < 1e-9f))
        ck_abort_msg("value %d becomes %g", value, (double)out[i]);
  }
  /* Deviation below the floor of 1/sqrt(2523) = 0.0199: one pixel of 2523 differs by one in a channel. */
  memset(pixel, 100, sizeof pixel);
  pixel[(10 * 32 + 10) * 3] = 101;
  authors->apply(&d, pixel, NULL, out);
  ck_assert_double_eq_tol(out[(9 * 29 + 9) * 3], (1 - 1 / 2523.0) * sqrt(2523), 1e-4);
}
END_TEST

START_TEST(authors_windows_are_equally_likely)
{
  enum { DRAWS = 14400 };
  static uint8_t pixel[32 * 32];
  static float out[29 * 29];
  int times[12][12] = { { 0 } }, mirrored = 0;
  double chi = 0;
  struct ho_dataset d;
  const struct ho_augment *authors = ho_augment_find("authors", NULL);
  make_image(&d, 32, 32, 1, pixel);
  memset(pixel, 0, sizeof pixel);
  pixel[15 * 32 + 15] = 255;
  pixel[15 * 32 + 16] = 128;
  for (uint64_t k = 0; k < DRAWS; k++) {
    struct ho_stream s = ho_stream_make(2, "augment", k, 0);
    int at = 0;
    authors->apply(&d, pixel, &s, out);
    for (int i = 0; i < 29 * 29; i++)
      if (out[i] > out[at])
        at = i;
    int flipped = out[at - 1] > out[at + 1], top = 19 - at / 29, left = 19 - (flipped ? 28 - at % 29 : at % 29);
    if (top < 0 || top > 11 || left < 0 || left > 11)
      ck_abort_msg("the centre moved to %d", at);
    times[top][left]++;
    mirrored += flipped;
  }
  for (int i = 0; i < 144; i++)
    chi += pow(times[i / 12][i % 12] - DRAWS / 144.0, 2) / (DRAWS / 144.0);
  ck_assert_double_gt(chi, 143 - 4 * 16.9);
  ck_assert_double_lt(chi, 143 + 4 * 16.9);
  ck_assert_int_gt(mirrored, DRAWS / 2 - 240); /* deviation 60 */
  ck_assert_int_lt(mirrored, DRAWS / 2 + 240);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("augment authors");
  TCase *t = tcase_create("augment authors");
  tcase_add_test(t, authors_is_its_twin);
  tcase_add_test(t, authors_evaluate_the_centre);
  tcase_add_test(t, authors_do_not_divide_by_zero);
  tcase_add_test(t, authors_windows_are_equally_likely);
  suite_add_tcase(suite, t);
  return suite;
}
