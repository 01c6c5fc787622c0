/* SPDX-License-Identifier: MIT
 * test_cifar.c - CIFAR's binary records: planes become pixels, and damaged files are named. */
#include "data/readers.h"

#include "compute/random.h"
#include "../data_fixtures.h"

enum { RECORDS = 3, RECORD10 = 1 + HO_CIFAR_PIXELS, RECORD100 = 2 + HO_CIFAR_PIXELS };
static const struct ho_cifar_format ten = { 1, 10, 0, 32, 32, 3 }, hundred = { 2, 100, 20, 32, 32, 3 };
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

START_TEST(two_label_bytes_are_superclass_and_label)
{
  struct ho_images im;
  struct ho_error err;
  for (int r = 0; r < RECORDS; r++) {
    file[r * RECORD100] = (unsigned char)(19 - r);
    file[r * RECORD100 + 1] = (unsigned char)(99 - r);
  }
  put("train.bin", file, RECORDS * RECORD100);
  ck_assert_int_eq(ho_images_alloc(&im, RECORDS, HO_CIFAR_SIDE, HO_CIFAR_SIDE, HO_CIFAR_CHANNELS, NULL), 0);
  ck_assert_int_eq(ho_images_alloc_coarse(&im, NULL), 0);
  ck_assert_msg(!ho_cifar_read(folder, "train.bin", &hundred, RECORDS, &im, 0, &err), "%s", err.text);
  for (int r = 0; r < RECORDS; r++) {
    ck_assert_int_eq(im.label[r], 99 - r);
    ck_assert_int_eq(im.coarse[r], 19 - r);
    ck_assert_int_eq(im.pixel[r * HO_CIFAR_PIXELS + 1], file[r * RECORD100 + 2 + 1024]);
  }
  file[RECORD100] = 20;
  put("train.bin", file, RECORDS * RECORD100);
  ck_assert_int_eq(ho_cifar_read(folder, "train.bin", &hundred, RECORDS, &im, 0, &err), -1);
  assert_says(err, "record 1: superclass 20, but it must be below 20");
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
  expect_refusal("record 2: label 10, but it must be below 10");
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

/* ---- CIFAR-100 ---- */

enum { TRAIN100 = 50000, TEST100 = 10000 };

/* Zeros, but for superclass and label: class c is in superclass c / 5. */
static void put_hundred(const char *name, int records)
{
  FILE *f = fopen(in_folder(name), "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(ftruncate(fileno(f), (off_t)records * RECORD100), 0);
  for (int r = 0; r < records; r += 97) { /* the others are of class 0, superclass 0 */
    const unsigned char head[] = { (unsigned char)(r % 100 / 5), (unsigned char)(r % 100), (unsigned char)r };
    ck_assert_int_eq(fseek(f, r * (long)RECORD100, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(head, 1, 3, f), 3);
  }
  ck_assert_int_eq(fclose(f), 0);
}

static void put_byte(const char *name, long at, int byte)
{
  FILE *f = fopen(in_folder(name), "r+b");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(fseek(f, at, SEEK_SET), 0);
  ck_assert_int_eq(fputc(byte, f), byte);
  ck_assert_int_eq(fclose(f), 0);
}

START_TEST(cifar100_has_fine_and_coarse_labels_and_names)
{
  struct ho_dataset d;
  struct ho_error err;
  char names[2000] = "";
  for (int k = 0; k < 100; k++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "class_%d%s", k, k % 2 ? "\r\n" : "\n");
  put_gz("fine_label_names.txt.gz", names, strlen(names));
  put_hundred("train.bin", TRAIN100);
  put_hundred("test.bin", TEST100);
  ck_assert_msg(!ho_dataset_load("cifar100", folder, &d, &err), "%s", err.text);
  ck_assert_uint_eq(d.train.n, TRAIN100);
  ck_assert_uint_eq(d.test.n, TEST100);
  ck_assert_int_eq(d.classes, 100);
  ck_assert_int_eq(d.superclasses, 20);
  ck_assert_str_eq(d.class_name[0], "class_0");
  ck_assert_str_eq(d.class_name[1], "class_1");
  ck_assert_str_eq(d.class_name[99], "class_99");
  ck_assert_int_eq(d.altered, 0); /* of this one the official files are not known */
  for (int r = 0; r < TEST100; r++)
    if (d.test.label[r] != (r % 97 ? 0 : r % 100) || d.test.coarse[r] != (r % 97 ? 0 : r % 100 / 5))
      ck_abort_msg("record %d: label %d, superclass %d", r, d.test.label[r], d.test.coarse[r]);
  ck_assert_int_eq(d.train.pixel[97 * HO_CIFAR_PIXELS], 97);
  ho_dataset_free(&d);

  put_byte("test.bin", 97L * RECORD100, 7);
  ck_assert_int_eq(ho_dataset_load("cifar100", folder, &d, &err), -1);
  assert_says(err, "test image 97: class 97 has superclass 7 here, but 19 before");
  ck_assert_ptr_null(d.train.pixel);
}
END_TEST

START_TEST(class_names_are_as_many_as_classes)
{
  static const struct {
    const char *text;
    size_t size;
    int good;
  } files[] = {
    { "a\nb\nc", 5, 1 },
    { "a\nb\nc\n", 6, 1 },
    { "\na\n\nb\r\nc\n\n", 11, 1 },
    { "a\nb\n", 4, 0 },
    { "a\nb\nc\nd", 7, 0 },
    { "", 0, 0 },
    { "\n\n\n", 3, 0 },
    { "a\0b\nc\n", 6, 0 },
    { "a\nb\n\033c", 6, 1 },
    { "a\nb\n\xe2\x80\xae"
      "c",
      8, 1 },
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct ho_dataset d = { .classes = 3 };
    struct ho_error err;
    put("names", files[i].text, files[i].size);
    int result = ho_class_names_read(in_folder("names"), &d, &err);
    ck_assert_msg((result == 0) == files[i].good, "file %zu: %d", i, result);
    if (result)
      assert_says(err, "names for 3 classes");
    else
      ck_assert_str_eq(d.class_name[2], i == 8 ? "?c" : i == 9 ? "???c" : "c");
    ho_dataset_free(&d);
  }
}
END_TEST

START_TEST(random_bytes_never_pass_unnoticed)
{
  struct ho_stream s = ho_stream_make(1, "test-cifar", 0, 0);
  for (int r = 0; r < RECORDS; r++) {
    file[r * RECORD100] = (unsigned char)r;
    file[r * RECORD100 + 1] = (unsigned char)(r + 50);
  }
  for (int round = 0; round < 200; round++) { /* every second round a label byte: a value that is none is refused */
    struct ho_images im;
    unsigned char copy[RECORDS * RECORD100];
    size_t record = ho_stream_below(&s, RECORDS), at = ho_stream_below(&s, round % 2 ? 2 : RECORD100);
    memcpy(copy, file, sizeof copy);
    copy[record * RECORD100 + at] ^= (unsigned char)(1 + ho_stream_below(&s, 255));
    put("train.bin", copy, sizeof copy);
    ck_assert_int_eq(ho_images_alloc(&im, RECORDS, 32, 32, 3, NULL), 0);
    ck_assert_int_eq(ho_images_alloc_coarse(&im, NULL), 0);
    int value = copy[record * RECORD100 + at], result;
    result = ho_cifar_read(folder, "train.bin", &hundred, RECORDS, &im, 0, NULL);
    if (at == 0   ? result != (value < 20 ? 0 : -1) || (!result && im.coarse[record] != value)
        : at == 1 ? result != (value < 100 ? 0 : -1) || (!result && im.label[record] != value)
                  : result || im.pixel[record * HO_CIFAR_PIXELS + (at - 2) % 1024 * 3 + (at - 2) / 1024] != value)
      ck_abort_msg("round %d: byte %zu of record %zu = %d", round, at, record, value);
    ho_images_free(&im);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("cifar");
  TCase *t = tcase_create("cifar");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, planes_become_pixels);
  tcase_add_test(t, two_label_bytes_are_superclass_and_label);
  tcase_add_test(t, damaged_files_are_refused);
  tcase_add_test(t, cifar10_has_six_files);
  tcase_add_test(t, cifar100_has_fine_and_coarse_labels_and_names);
  tcase_add_test(t, class_names_are_as_many_as_classes);
  tcase_add_test(t, random_bytes_never_pass_unnoticed);
  suite_add_tcase(suite, t);
  return suite;
}
