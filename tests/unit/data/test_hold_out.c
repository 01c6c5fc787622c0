/* SPDX-License-Identifier: MIT
 * test_hold_out.c - test images taken from the training images: each class gives its share, nothing is lost. */
#include "data/hold_out.h"

#include "../data_fixtures.h"

static struct ho_error err;

/* Images of 1 x 1 x 2: their index as two bytes; `count' has the images of each class, ended by -1. */
static void make(struct ho_images *im, const int *count, int named)
{
  size_t n = 0, at = 0;
  memset(im, 0, sizeof *im);
  for (int c = 0; count[c] >= 0; c++)
    n += (size_t)count[c];
  ck_assert(!ho_images_alloc(im, n, 1, 1, 2, &err) && !ho_images_alloc_coarse(im, &err));
  for (int c = 0; count[c] >= 0; c++)
    for (int k = 0; k < count[c]; k++, at++) {
      size_t i = at * 7 % n; /* 7 and n have no common divisor: classes are mixed */
      im->label[i] = (uint16_t)c;
      im->coarse[i] = (uint16_t)(c / 2);
      im->pixel[2 * i] = (uint8_t)i;
      im->pixel[2 * i + 1] = (uint8_t)(i >> 8);
    }
  if (!named)
    return;
  im->file = ho_alloc(n, sizeof *im->file, "names", &err);
  im->file_text = ho_alloc(n, 24, "names", &err);
  for (size_t i = 0; i < n; i++) {
    snprintf(im->file_text + 24 * i, 24, "%zu", i);
    im->file[i] = im->file_text + 24 * i;
  }
}

static size_t index_of(const struct ho_images *im, size_t i)
{
  return im->pixel[2 * i] + 256u * im->pixel[2 * i + 1];
}

static void count_labels(const struct ho_images *im, size_t *count, uint8_t *seen, const struct ho_images *before)
{
  for (size_t i = 0; i < im->n; i++) {
    size_t was = index_of(im, i);
    char name[24];
    snprintf(name, sizeof name, "%zu", was);
    if (ho_images_number(im, i) != was || ho_images_find(im, was) != (int64_t)i)
      ck_abort_msg("image %zu at %zu has number %u", was, i, ho_images_number(im, i));
    if (seen[was]++ || (i && was <= index_of(im, i - 1)) || im->label[i] != before->label[was] ||
        im->coarse[i] != before->coarse[was] || (im->file && strcmp(im->file[i], name) != 0))
      ck_abort_msg("image %zu at %zu", was, i);
    count[im->label[i]]++;
  }
}

static void check(const int *count, double share, const int *wanted)
{
  struct ho_images all, before, test = { 0 };
  size_t in_test[8] = { 0 }, in_train[8] = { 0 };
  uint8_t seen[2000] = { 0 };
  make(&all, count, 1);
  make(&before, count, 0);
  ck_assert_msg(!ho_hold_out(&all, 8, share, 3, &test, &err), "%s", err.text);
  count_labels(&all, in_train, seen, &before);
  count_labels(&test, in_test, seen, &before);
  ck_assert_uint_eq(all.n + test.n, before.n);
  for (int c = 0; count[c] >= 0; c++) {
    ck_assert_uint_eq(in_test[c] + in_train[c], (size_t)count[c]);
    ck_assert_msg(in_test[c] == (size_t)wanted[c], "class %d: %zu, not %d", c, in_test[c], wanted[c]);
  }
  ho_images_free(&all);
  ho_images_free(&before);
  ho_images_free(&test);
}

START_TEST(each_class_gives_its_share)
{
  check((int[]){ 100, 50, 10, -1 }, 0.2, (int[]){ 20, 10, 2 });
  check((int[]){ 3, 3, 3, 2, -1 }, 0.5, (int[]){ 2, 2, 1, 1 });   /* 5.5, rounded to 6 */
  check((int[]){ 12, 1, 0, 4, -1 }, 0.25, (int[]){ 3, 0, 0, 1 }); /* one image stays, none is none */
  check((int[]){ 2, 1, 1, 1, -1 }, 0.99, (int[]){ 1, 0, 0, 0 });  /* as many as can be had */
  check((int[]){ 999, 999, 1, -1 }, 0.001, (int[]){ 1, 1, 0 });
}
END_TEST

START_TEST(which_ones_depends_on_the_seed_alone)
{
  struct ho_images all[3], test[3] = { { 0 } };
  for (int k = 0; k < 3; k++) {
    make(&all[k], (int[]){ 60, 41, -1 }, 0);
    ck_assert(!ho_hold_out(&all[k], 2, 0.3, k == 2, &test[k], &err));
    ck_assert_uint_eq(test[k].n, 30);
    ck_assert_ptr_null(test[k].file);
  }
  ck_assert_mem_eq(test[0].pixel, test[1].pixel, 60);
  ck_assert_mem_ne(test[0].pixel, test[2].pixel, 60);
  for (int k = 0; k < 3; k++) {
    ho_images_free(&all[k]);
    ho_images_free(&test[k]);
  }
}
END_TEST

START_TEST(none_to_take)
{
  struct ho_images all, test = { 0 };
  make(&all, (int[]){ 1, 1, 1, -1 }, 0);
  ck_assert_int_eq(ho_hold_out(&all, 3, 0.5, 0, &test, &err), -1);
  assert_says(err, "test=0.5: none of 3 images can be taken");
  ck_assert_uint_eq(all.n, 3);
  ho_images_free(&all);
  ho_images_free(&test);
}
END_TEST

START_TEST(shares_and_names)
{
  static const char *const bad[] = { "0", "1", "20", "-0.1", "1.5", "inf" };
  double share;
  ck_assert_int_eq(ho_hold_out_share("0.2", &share, &err), 1);
  ck_assert_double_eq(share, 0.2);
  ck_assert_int_eq(ho_hold_out_share("test.npy", &share, &err), 0);
  ck_assert_int_eq(ho_hold_out_share("0.2x", &share, &err), 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_eq(ho_hold_out_share(bad[i], &share, &err), -1);
    assert_says(err, "is not a share between 0 and 1, such as 0.2");
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("hold_out");
  TCase *t = tcase_create("hold_out");
  tcase_add_test(t, each_class_gives_its_share);
  tcase_add_test(t, which_ones_depends_on_the_seed_alone);
  tcase_add_test(t, none_to_take);
  tcase_add_test(t, shares_and_names);
  suite_add_tcase(suite, t);
  return suite;
}
