/* SPDX-License-Identifier: MIT
 * test_augment.c - no augmentation, and crops with mirrors, against a twin that cuts a bordered image. */
#include "data/augment.h"

#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "../augment_rig.h"

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

START_TEST(unknown_names_are_corrected)
{
  struct ho_error err;
  ck_assert_ptr_null(ho_augment_find("cropflip", &err));
  assert_says(err, "did you mean `crop-flip'");
  ck_assert_ptr_null(ho_augment_find("autoaugment", &err));
  assert_says(err, "choose one of none, crop-flip, authors, shuffled-pixels");
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
  tcase_add_test(t, unknown_names_are_corrected);
  suite_add_tcase(suite, t);
  return suite;
}
