/* SPDX-License-Identifier: MIT
 * test_augment.c - augmentation against a twin that pads, cuts and mirrors a real bordered image; shuffled pixels. */
#include "data/augment.h"

#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "../data_fixtures.h"

enum { PAD = 4, MOST = 40, MANY = HO_CHANNELS_MOST };

static void make_image(struct ho_dataset *d, int height, int width, int channels, uint8_t *pixel)
{
  memset(d, 0, sizeof *d);
  d->train = d->test = (struct ho_images){ .n = 1, .height = height, .width = width, .channels = channels };
  for (int i = 0; i < height * width * channels; i++)
    pixel[i] = (uint8_t)(i * 73 + 29);
  for (int c = 0; c < channels; c++) {
    d->mean[c] = 0.4f + 0.05f * (float)c;
    d->deviation[c] = 0.2f + 0.03f * (float)c;
  }
}

/* Written out: black canvas, image in the middle, mirrored or not, window at (top, left). */
static void twin(const struct ho_dataset *d, const uint8_t *pixel, int top, int left, int mirror, float *out)
{
  static uint8_t canvas[MOST + 2 * PAD][MOST + 2 * PAD][MANY];
  int height = d->train.height, width = d->train.width, channels = d->train.channels;
  memset(canvas, 0, sizeof canvas);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      memcpy(canvas[y + PAD][x + PAD], pixel + (y * width + x) * channels, (size_t)channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++) {
        int column = mirror ? width - 1 - x : x; /* the window is mirrored, not the canvas */
        float v = (float)canvas[top + y][left + column][c] / 255;
        *out++ = (v - d->mean[c]) / d->deviation[c];
      }
}

static const int shapes[][3] = {
  { 28, 28, 1 }, { 32, 32, 3 }, { 16, 16, 3 }, { 1, 1, 1 }, { 3, 9, 4 }, { 40, 2, 2 }, { 5, 4, MANY },
};

START_TEST(none_is_scaling_alone)
{
  static uint8_t pixel[MOST * MOST * MANY];
  static float out[MOST * MOST * MANY], want[MOST * MOST * MANY];
  const struct ho_augment *none = ho_augment_find("none", NULL);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    struct ho_dataset d;
    struct ho_stream s = ho_stream_make(1, "augment", 0, 0), before = s;
    make_image(&d, shapes[i][0], shapes[i][1], shapes[i][2], pixel);
    twin(&d, pixel, PAD, PAD, 0, want);
    none->apply(&d, pixel, &s, out);
    ck_assert_mem_eq(out, want, sizeof(float) * (size_t)(shapes[i][0] * shapes[i][1] * shapes[i][2]));
    ck_assert_mem_eq(&s, &before, sizeof s);
    ck_assert_int_eq(none->side(shapes[i][0]), shapes[i][0]);
  }
}
END_TEST

START_TEST(crop_flip_is_its_twin)
{
  static uint8_t pixel[MOST * MOST * MANY];
  static float out[MOST * MOST * MANY], want[MOST * MOST * MANY];
  const struct ho_augment *crop = ho_augment_find("crop-flip", NULL);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (uint64_t index = 0; index < 300; index++) {
      struct ho_dataset d;
      size_t n = (size_t)(shapes[i][0] * shapes[i][1] * shapes[i][2]);
      struct ho_stream s = ho_stream_make(1, "augment", index, i), again = s;
      make_image(&d, shapes[i][0], shapes[i][1], shapes[i][2], pixel);
      crop->apply(&d, pixel, &s, out);
      int top = (int)ho_stream_below(&again, 9), left = (int)ho_stream_below(&again, 9);
      int mirror = (int)ho_stream_below(&again, 2);
      twin(&d, pixel, top, left, mirror, want);
      if (memcmp(out, want, n * sizeof *out) || memcmp(&s, &again, sizeof s))
        ck_abort_msg("shape %zu: top %d, left %d, mirror %d", i, top, left, mirror);
    }
}
END_TEST

START_TEST(without_stream_images_are_as_they_are)
{
  static uint8_t pixel[MOST * MOST * MANY];
  static float out[MOST * MOST * MANY], want[MOST * MOST * MANY];
  for (const struct ho_augment *a = ho_augments(); a->name; a++) {
    if (a->side(28) != 28) /* authors: a test of its own */
      continue;
    struct ho_dataset d;
    make_image(&d, 28, 20, 3, pixel);
    twin(&d, pixel, PAD, PAD, 0, want);
    a->apply(&d, pixel, NULL, out);
    ck_assert_mem_eq(out, want, sizeof(float) * 28 * 20 * 3);
  }
}
END_TEST

/* One bright pixel in the middle of black tells where the window was, and whether it was mirrored. */
START_TEST(all_windows_are_equally_likely)
{
  enum { SIDE = 19, DRAWS = 16200 };
  static uint8_t pixel[SIDE * SIDE];
  static float out[SIDE * SIDE];
  int times[9][9] = { { 0 } }, mirrored = 0;
  double chi = 0;
  struct ho_dataset d;
  const struct ho_augment *crop = ho_augment_find("crop-flip", NULL);
  make_image(&d, SIDE, SIDE, 1, pixel);
  memset(pixel, 0, sizeof pixel);
  pixel[9 * SIDE + 9] = 255; /* stays the centre when mirrored about the image, moves with the window */
  pixel[9 * SIDE + 10] = 128;
  for (uint64_t k = 0; k < DRAWS; k++) {
    struct ho_stream s = ho_stream_make(2, "augment", k, 0);
    int at = 0;
    crop->apply(&d, pixel, &s, out);
    for (int i = 0; i < SIDE * SIDE; i++)
      if (out[i] > out[at])
        at = i;
    int y = at / SIDE - 5, x = at % SIDE - 5;
    if (y < 0 || y > 8 || x < 0 || x > 8)
      ck_abort_msg("the centre moved to %d", at);
    times[y][x]++;
    mirrored += out[at - 1] > out[at + 1];
  }
  for (int i = 0; i < 81; i++)
    chi += (times[i / 9][i % 9] - DRAWS / 81.0) * (times[i / 9][i % 9] - DRAWS / 81.0) / (DRAWS / 81.0);
  ck_assert_double_gt(chi, 45); /* 80 degrees of freedom: 80 +- 12.6 */
  ck_assert_double_lt(chi, 130);
  ck_assert_int_gt(mirrored, DRAWS / 2 - 300); /* deviation 64 */
  ck_assert_int_lt(mirrored, DRAWS / 2 + 300);
}
END_TEST

/* ---- authors ---- */

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

/* ---- shuffled-pixels ---- */

/* The first two channels tell the position, those behind them differ from image to image, too. */
static void make_images(struct ho_dataset *d, const int *shape, int train, int test, uint8_t *pixel)
{
  size_t area = (size_t)(shape[0] * shape[1]), channels = (size_t)shape[2];
  make_image(d, shape[0], shape[1], shape[2], pixel);
  for (size_t i = 0; i < (size_t)(train + test); i++)
    for (size_t j = 0; j < area; j++)
      for (size_t c = 0; c < channels; c++)
        pixel[(i * area + j) * channels + c] = (uint8_t)(c == 0 ? j % 256 : c == 1 ? j / 256 : 251 * i + 7 * j + c);
  d->train.n = (size_t)train;
  d->train.pixel = pixel;
  d->test.n = (size_t)test;
  d->test.pixel = pixel + (size_t)train * area * channels;
}

enum { TRAIN = 5, TEST = 3, IMAGES = TRAIN + TEST, BYTES = IMAGES * MOST * MOST * MANY };

START_TEST(shuffled_pixels_follow_their_stream)
{
  static uint8_t pixel[BYTES], before[BYTES];
  static int order[MOST * MOST];
  const struct ho_augment *shuffled = ho_augment_find("shuffled-pixels", NULL);
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
    for (uint64_t seed = 0; seed < 5; seed++) {
      struct ho_dataset d;
      int area = shapes[k][0] * shapes[k][1], channels = shapes[k][2];
      struct ho_stream s = ho_stream_make(seed, "shuffled-pixels", 0, 0);
      make_images(&d, shapes[k], TRAIN, TEST, pixel);
      memcpy(before, pixel, sizeof before);
      ck_assert_int_eq(shuffled->arrange(&d, seed, NULL), 0);
      ho_stream_permute(&s, order, area);
      for (int i = 0; i < IMAGES; i++)
        for (int j = 0; j < area; j++)
          if (memcmp(pixel + (i * area + j) * channels, before + (i * area + order[j]) * channels, (size_t)channels))
            ck_abort_msg("shape %zu, seed %d: image %d, pixel %d", k, (int)seed, i, j);
      ck_assert_int_eq(shuffled->side(shapes[k][0]), shapes[k][0]);
    }
}
END_TEST

/* Without knowing the stream: every position once, the same in all images, another at another seed. */
START_TEST(shuffled_pixels_are_one_permutation)
{
  static const int shape[] = { 32, 32, 3 };
  enum { AREA = 32 * 32 };
  static uint8_t pixel[BYTES];
  static int order[2][AREA];
  const struct ho_augment *shuffled = ho_augment_find("shuffled-pixels", NULL);
  for (int seed = 0; seed < 2; seed++) {
    static int times[AREA];
    int stayed = 0, apart = 0;
    struct ho_dataset d;
    memset(times, 0, sizeof times);
    make_images(&d, shape, TRAIN, TEST, pixel);
    ck_assert_int_eq(shuffled->arrange(&d, (uint64_t)seed, NULL), 0);
    for (int j = 0; j < AREA; j++) {
      int from = order[seed][j] = pixel[j * 3] + 256 * pixel[j * 3 + 1];
      times[from]++;
      stayed += from == j;
      apart += j % 32 && abs(from - order[seed][j - 1]) != 1;
      for (int i = 0; i < IMAGES; i++) {
        const uint8_t *now = pixel + (i * AREA + j) * 3;
        if (now[0] + 256 * now[1] != from || now[2] != (uint8_t)(251 * i + 7 * from + 2))
          ck_abort_msg("image %d, pixel %d", i, j);
      }
    }
    for (int j = 0; j < AREA; j++)
      if (times[j] != 1)
        ck_abort_msg("pixel %d is there %d times", j, times[j]);
    ck_assert_int_lt(stayed, 8); /* one is expected */
    ck_assert_int_gt(apart, 32 * 31 - 16);
  }
  ck_assert_mem_ne(order[0], order[1], sizeof order[0]);
}
END_TEST

START_TEST(unknown_names_are_corrected)
{
  struct ho_error err;
  ck_assert_ptr_null(ho_augment_find("cropflip", &err));
  assert_says(err, "did you mean `crop-flip'");
  ck_assert_ptr_null(ho_augment_find("autoaugment", &err));
  assert_says(err, "there are none, crop-flip, authors, shuffled-pixels");
  ck_assert_ptr_null(ho_augment_find("shuffle-pixels", &err));
  assert_says(err, "did you mean `shuffled-pixels'");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("augment");
  TCase *t = tcase_create("augment");
  tcase_add_test(t, none_is_scaling_alone);
  tcase_add_test(t, crop_flip_is_its_twin);
  tcase_add_test(t, without_stream_images_are_as_they_are);
  tcase_add_test(t, all_windows_are_equally_likely);
  tcase_add_test(t, authors_is_its_twin);
  tcase_add_test(t, authors_evaluate_the_centre);
  tcase_add_test(t, authors_do_not_divide_by_zero);
  tcase_add_test(t, authors_windows_are_equally_likely);
  tcase_add_test(t, shuffled_pixels_follow_their_stream);
  tcase_add_test(t, shuffled_pixels_are_one_permutation);
  tcase_add_test(t, unknown_names_are_corrected);
  suite_add_tcase(suite, t);
  return suite;
}
