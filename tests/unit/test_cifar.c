/* SPDX-License-Identifier: MIT
 * test_cifar.c - CIFAR's binary records: planes become pixels, and damaged files are named. */
#include "data/formats.h"

#include "data_fixtures.h"

enum { RECORDS = 3, RECORD10 = 1 + HO_CIFAR_PIXELS, RECORD100 = 2 + HO_CIFAR_PIXELS };
static const struct ho_cifar_format ten = { 1, 0, 10 }, hundred = { 2, 1, 100 };
static unsigned char file[RECORDS * RECORD100 + 2 * RECORD100];

static void fill(void)
{
  make_folder();
  for (size_t i = 0; i < sizeof file; i++)
    file[i] = (unsigned char)((i * 2654435761u) >> 13);
  for (int r = 0; r < RECORDS; r++)
    file[r * RECORD10] = (unsigned char)(9 - r);
}

static int read_ten(struct ho_images *im, struct ho_error *err)
{
  ck_assert_int_eq(ho_images_alloc(im, RECORDS + 1, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, NULL), 0);
  return ho_cifar_read(folder, "batch.bin", &ten, RECORDS, im, 1, err);
}

START_TEST(planes_become_pixels)
{
  for (int gzip = 0; gzip < 2; gzip++) {
    struct ho_images im;
    struct ho_error err;
    if (gzip) {
      unlink(in_folder("batch.bin"));
      put_gz("batch.bin.gz", file, RECORDS * RECORD10);
    } else
      put("batch.bin", file, RECORDS * RECORD10);
    ck_assert_msg(!read_ten(&im, &err), "%s", err.text);
    for (int r = 0; r < RECORDS; r++) {
      ck_assert_int_eq(im.label[r + 1], 9 - r);
      for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
          for (int c = 0; c < 3; c++)
            if (im.pixel[(((r + 1) * 32 + y) * 32 + x) * 3 + c] != file[r * RECORD10 + 1 + c * 1024 + y * 32 + x])
              ck_abort_msg("record %d, pixel %d %d, channel %d", r, y, x, c);
    }
    for (int i = 0; i < HO_CIFAR_PIXELS; i++)
      if (im.pixel[i])
        ck_abort_msg("the image before the first record was written to");
    ho_images_free(&im);
  }
}
END_TEST

START_TEST(two_label_bytes_and_the_second_counts)
{
  struct ho_images im;
  struct ho_error err;
  for (int r = 0; r < RECORDS; r++) {
    file[r * RECORD100] = 255;
    file[r * RECORD100 + 1] = (unsigned char)(99 - r);
  }
  put("train.bin", file, RECORDS * RECORD100);
  ck_assert_int_eq(ho_images_alloc(&im, RECORDS, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, NULL), 0);
  ck_assert_msg(!ho_cifar_read(folder, "train.bin", &hundred, RECORDS, &im, 0, &err), "%s", err.text);
  for (int r = 0; r < RECORDS; r++) {
    ck_assert_int_eq(im.label[r], 99 - r);
    ck_assert_int_eq(im.pixel[r * HO_CIFAR_PIXELS + 1], file[r * RECORD100 + 2 + 1024]);
  }
  ho_images_free(&im);
}
END_TEST

static void expect_refusal(const char *words)
{
  struct ho_images im;
  struct ho_error err;
  ck_assert_int_eq(read_ten(&im, &err), -1);
  assert_says(err, words);
  assert_says(err, in_folder("batch.bin"));
  ho_images_free(&im);
}

START_TEST(damaged_files_are_refused)
{
  static const size_t short_of[] = { 0, 1, RECORD10, 2 * RECORD10, RECORDS * RECORD10 - 1 };
  for (size_t i = 0; i < sizeof short_of / sizeof *short_of; i++) {
    put("batch.bin", file, short_of[i]);
    expect_refusal("truncated: 3 records of 3073 bytes are 9219 bytes");
  }
  put("batch.bin", file, RECORDS * RECORD10 + 1);
  expect_refusal("oversized");
  put("batch.bin", file, (RECORDS + 1) * RECORD10);
  expect_refusal("oversized");
  put("batch.bin", file, sizeof file);
  expect_refusal("more than 12292 bytes");
  file[2 * RECORD10] = 10;
  put("batch.bin", file, RECORDS * RECORD10);
  expect_refusal("record 2: label 10, not below 10");
}
END_TEST

enum { BATCH = 10000 };

/* A file of the official size: zeros, but for the label and one pixel of the first and the last record. */
static void put_batch(const char *name, int mark)
{
  const unsigned char first[] = { 3, (unsigned char)mark }, last[] = { 9, (unsigned char)(10 + mark) };
  FILE *f = fopen(in_folder(name), "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(ftruncate(fileno(f), (off_t)BATCH * RECORD10), 0);
  ck_assert_uint_eq(fwrite(first, 1, 2, f), 2);
  ck_assert_int_eq(fseek(f, (BATCH - 1) * (long)RECORD10, SEEK_SET), 0);
  ck_assert_uint_eq(fwrite(last, 1, 2, f), 2);
  ck_assert_int_eq(fclose(f), 0);
}

static void expect_batch(const struct ho_images *im, size_t first, int mark)
{
  size_t last = first + BATCH - 1;
  ck_assert_int_eq(im->label[first], 3);
  ck_assert_int_eq(im->pixel[first * HO_CIFAR_PIXELS], mark);
  ck_assert_int_eq(im->label[first + 1], 0);
  ck_assert_int_eq(im->label[last], 9);
  ck_assert_int_eq(im->pixel[last * HO_CIFAR_PIXELS], 10 + mark);
}

START_TEST(cifar10_has_six_files)
{
  struct ho_dataset d;
  struct ho_error err;
  char name[64];
  for (int b = 1; b <= 5; b++) {
    snprintf(name, sizeof name, "data_batch_%d.bin", b);
    put_batch(name, b);
  }
  put_batch("test_batch.bin", 6);
  ck_assert_msg(!ho_dataset_load("cifar10", folder, &d, &err), "%s", err.text);
  ck_assert_uint_eq(d.train.n, 5 * BATCH);
  ck_assert_uint_eq(d.test.n, BATCH);
  ck_assert_int_eq(d.classes, 10);
  ck_assert_str_eq(d.class_name[9], "truck");
  for (int b = 0; b < 5; b++)
    expect_batch(&d.train, (size_t)b * BATCH, b + 1);
  expect_batch(&d.test, 0, 6);
  ho_dataset_free(&d);

  unlink(in_folder("data_batch_4.bin"));
  ck_assert_int_eq(ho_dataset_load("cifar10", folder, &d, &err), -1);
  assert_says(err, "data_batch_4.bin");
  ck_assert_ptr_null(d.train.pixel);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("cifar");
  TCase *t = tcase_create("cifar");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, planes_become_pixels);
  tcase_add_test(t, two_label_bytes_and_the_second_counts);
  tcase_add_test(t, damaged_files_are_refused);
  tcase_add_test(t, cifar10_has_six_files);
  suite_add_tcase(suite, t);
  return suite;
}
