/* SPDX-License-Identifier: MIT
 * test_folds.c - the recordings of folds as one: in the order of images, and refused where they do not fit together. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "report/folds.h"
#include "../scratch.h"
#include "../unit.h"

static struct ho_error err;

enum { ROWS = 2, MOST = 3 };
static uint32_t image[3][MOST] = { { 2, 7, 9 }, { 1, 8 }, { 3, 4 } }, epoch[ROWS] = { 1, 5 };
static const size_t size[3] = { 3, 2, 2 };
static uint16_t given[MOST], truth[MOST], prediction[ROWS * MOST];
static float loss[ROWS * MOST], margin[ROWS * MOST], weight[ROWS * MOST];

/* Values from which image and evaluation can be told. */
static struct ho_samples fold_of(int f)
{
  size_t n = size[f];
  for (size_t i = 0; i < n; i++) {
    given[i] = (uint16_t)image[f][i];
    truth[i] = (uint16_t)(image[f][i] + 1);
    for (size_t r = 0; r < ROWS; r++) {
      loss[r * n + i] = (float)image[f][i] + (float)r / 4;
      margin[r * n + i] = -loss[r * n + i];
      weight[r * n + i] = NAN;
      prediction[r * n + i] = (uint16_t)(10 * image[f][i] + r);
    }
  }
  return (struct ho_samples){ .n = n,
                              .image = image[f],
                              .given = given,
                              .truth = truth,
                              .rows = ROWS,
                              .room = ROWS,
                              .epoch = epoch,
                              .loss = loss,
                              .margin = margin,
                              .weight = weight,
                              .prediction = prediction };
}

static void put(int f, const struct ho_samples *s)
{
  char folder[4096], path[4096 + 32];
  ck_assert(!ho_fold_folder(scratch_path(""), f + 1, 3, folder, &err));
  mkdir(folder, 0700);
  snprintf(path, sizeof path, "%s/left-out.safetensors", folder);
  ck_assert_msg(!ho_samples_write(s, path, &err), "%s", err.text);
}

static void put_all(void)
{
  for (int f = 0; f < 3; f++) {
    struct ho_samples s = fold_of(f);
    put(f, &s);
  }
}

static void clean(void)
{
  char command[600];
  snprintf(command, sizeof command, "rm -rf '%s'", scratch);
  ck_assert_int_eq(system(command), 0);
}

START_TEST(joined)
{
  static const uint32_t want[] = { 1, 2, 3, 4, 7, 8, 9 };
  struct ho_samples all;
  put_all();
  ck_assert_msg(!ho_folds_read(scratch_path(""), 3, &all, &err), "%s", err.text);
  ck_assert(all.n == 7 && all.rows == ROWS && !all.sample && !memcmp(all.image, want, sizeof want));
  ck_assert(!memcmp(all.epoch, epoch, sizeof epoch));
  for (size_t i = 0; i < 7; i++) {
    ck_assert(all.given[i] == want[i] && all.truth[i] == want[i] + 1);
    for (size_t r = 0; r < ROWS; r++) {
      ck_assert(all.loss[r * 7 + i] == (float)want[i] + (float)r / 4 && all.margin[r * 7 + i] == -all.loss[r * 7 + i]);
      ck_assert(isnan(all.weight[r * 7 + i]) && all.prediction[r * 7 + i] == 10 * want[i] + r);
    }
  }
  ho_samples_free(&all);
}
END_TEST

static void refused(const char *says)
{
  struct ho_samples all;
  ck_assert(ho_folds_read(scratch_path(""), 3, &all, &err));
  assert_has(err.text, says);
  ck_assert(!all.n && !all.image && !all.loss);
}

START_TEST(what_does_not_fit)
{
  refused("fold-1-of-3/left-out.safetensors");
  put_all();
  struct ho_samples s = fold_of(2);
  s.rows = 1;
  put(2, &s);
  refused("folds 1 and 3 were evaluated at different epochs");
  epoch[1] = 6;
  s = fold_of(2);
  put(2, &s);
  epoch[1] = 5;
  refused("folds 1 and 3 were evaluated at different epochs");
  s = fold_of(2);
  s.truth = NULL;
  put(2, &s);
  refused("one of the folds 1 and 3 has true labels, the other has none");
  image[2][1] = 8;
  s = fold_of(2);
  put(2, &s);
  image[2][1] = 4;
  refused("image 8 is in folds");
}
END_TEST

START_TEST(no_evaluation_no_truth)
{
  struct ho_samples all;
  for (int rows = 1; rows >= 0; rows--) {
    for (int f = 0; f < 3; f++) {
      struct ho_samples s = fold_of(f);
      s.truth = NULL;
      s.rows = rows;
      put(f, &s);
    }
    if (rows) {
      ck_assert_msg(!ho_folds_read(scratch_path(""), 3, &all, &err), "%s", err.text);
      ck_assert(all.n == 7 && all.rows == 1 && !all.truth);
      ho_samples_free(&all);
    } else
      refused("no evaluation of the folds is recorded");
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("folds");
  TCase *c = tcase_create("folds");
  tcase_add_checked_fixture(c, scratch_make, clean);
  tcase_add_test(c, joined);
  tcase_add_test(c, what_does_not_fit);
  tcase_add_test(c, no_evaluation_no_truth);
  suite_add_tcase(suite, c);
  return suite;
}
