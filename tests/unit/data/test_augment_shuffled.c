/* SPDX-License-Identifier: MIT
 * test_augment_shuffled.c - shuffled-pixels: one permutation for all images, by the seed. */
#include "data/augment.h"

#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "../augment_rig.h"

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

Suite *ho_suite(void)
{
  Suite *suite = suite_create("augment shuffled");
  TCase *t = tcase_create("augment shuffled");
  tcase_add_test(t, shuffled_pixels_follow_their_stream);
  tcase_add_test(t, shuffled_pixels_are_one_permutation);
  suite_add_tcase(suite, t);
  return suite;
}
