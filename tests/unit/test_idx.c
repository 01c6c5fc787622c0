/* SPDX-License-Identifier: MIT
 * test_idx.c - IDX files: plain and gzip, and every way in which they can be wrong. */
#include "data/formats.h"

#include "base/random.h"
#include "data_fixtures.h"

enum { N = 6, HEIGHT = 3, WIDTH = 2, CLASSES = 4, AREA = HEIGHT * WIDTH, IMAGES = 16 + N * AREA, LABELS = 8 + N };
static unsigned char images[IMAGES + 8], labels[LABELS + 8];

static void put_word(unsigned char *p, uint32_t v)
{
  for (int i = 0; i < 4; i++)
    p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void fill(void)
{
  make_folder();
  put_word(images, 0x803);
  put_word(images + 4, N);
  put_word(images + 8, HEIGHT);
  put_word(images + 12, WIDTH);
  for (int i = 0; i < N * AREA; i++)
    images[16 + i] = (unsigned char)(7 * i + 1);
  put_word(labels, 0x801);
  put_word(labels + 4, N);
  for (int i = 0; i < N; i++)
    labels[8 + i] = (unsigned char)(i % CLASSES);
  put("images", images, IMAGES);
  put("labels", labels, LABELS);
}

static int read_them(struct ho_images *im, struct ho_error *err)
{
  memset(im, 0, sizeof *im);
  return ho_idx_read(folder, "images", "labels", CLASSES, im, err);
}

static void expect_images(void)
{
  struct ho_images im;
  struct ho_error err;
  ck_assert_msg(!read_them(&im, &err), "%s", err.text);
  ck_assert_uint_eq(im.n, N);
  ck_assert_int_eq(im.height, HEIGHT);
  ck_assert_int_eq(im.width, WIDTH);
  ck_assert_int_eq(im.channels, 1);
  ck_assert_mem_eq(im.pixel, images + 16, N * AREA);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(im.label[i], i % CLASSES);
  ho_images_free(&im);
}

static void expect_refusal(const char *words, const char *file)
{
  struct ho_images im;
  struct ho_error err;
  ck_assert_int_eq(read_them(&im, &err), -1);
  assert_says(err, words);
  assert_says(err, file);
  ck_assert_ptr_null(im.pixel);
  ck_assert_ptr_null(im.label);
}

START_TEST(reads_plain_and_gzip)
{
  expect_images();
  unlink(in_folder("images"));
  expect_refusal("neither images nor images.gz", folder);
  put_gz("images.gz", images, IMAGES);
  expect_images();
  unlink(in_folder("labels"));
  put_gz("labels.gz", labels, LABELS);
  expect_images();
}
END_TEST

START_TEST(every_truncation_is_refused)
{
  for (size_t n = 0; n < IMAGES; n++) {
    put("images", images, n);
    expect_refusal("truncated", in_folder("images"));
  }
  put("images", images, IMAGES);
  for (size_t n = 0; n < LABELS; n++) {
    put("labels", labels, n);
    expect_refusal("truncated", in_folder("labels"));
  }
}
END_TEST

START_TEST(a_truncated_gzip_is_refused)
{
  unsigned char *bytes;
  struct stat st;
  unlink(in_folder("images"));
  put_gz("images.gz", images, IMAGES);
  ck_assert_int_eq(stat(in_folder("images.gz"), &st), 0);
  bytes = malloc((size_t)st.st_size);
  FILE *f = fopen(in_folder("images.gz"), "rb");
  ck_assert_uint_eq(fread(bytes, 1, (size_t)st.st_size, f), (size_t)st.st_size);
  fclose(f);
  put("images.gz", bytes, (size_t)st.st_size - 5);
  expect_refusal("images.gz", "truncated");
  free(bytes);
}
END_TEST

START_TEST(oversized_files_are_refused)
{
  put("images", images, IMAGES + 1);
  expect_refusal("oversized", "the header promises 52 bytes, the file has 53");
  put("images", images, IMAGES);
  put("labels", labels, LABELS + 1);
  expect_refusal("oversized", in_folder("labels"));
}
END_TEST

START_TEST(wrong_magic_is_refused)
{
  put("images", labels, LABELS); /* swapped: shorter than a header of images */
  expect_refusal("truncated", in_folder("images"));
  put_word(images, 0x801);
  put("images", images, IMAGES);
  expect_refusal("magic number 0x00000801, not 0x00000803", in_folder("images"));
  put_word(images, 0x803);
  put("images", images, IMAGES);
  put("labels", images, IMAGES);
  expect_refusal("magic number 0x00000803, not 0x00000801", in_folder("labels"));
}
END_TEST

START_TEST(labels_must_fit)
{
  labels[8 + 3] = CLASSES;
  put("labels", labels, LABELS);
  expect_refusal("record 3: label 4, not below 4", in_folder("labels"));
  labels[8 + 3] = 0;
  put_word(labels + 4, N - 1);
  put("labels", labels, LABELS - 1);
  expect_refusal("5 labels for 6 images", in_folder("labels"));
}
END_TEST

START_TEST(senseless_headers_are_refused_before_memory_is)
{
  static const uint32_t sizes[][3] = {
    { 0xffffffff, 0xffffffff, 0xffffffff }, { 0x80000000, 0x80000000, 4 }, { 0xffffffff, 1, 1 }, { 1, 0xffffffff, 1 },
    { 36, 1, 0x10000000 }, { 0x10000, 0x10000, 1 }, { 0, 3, 2 }, { 6, 0, 2 }, { 6, 3, 0 }, { 0, 0, 0 },
  };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct ho_images im;
    struct ho_error err;
    uint64_t need = (uint64_t)sizes[i][0] * sizes[i][1] * sizes[i][2];
    for (int d = 0; d < 3; d++)
      put_word(images + 4 + 4 * d, sizes[i][d]);
    put("images", images, need == 0 ? 16 : IMAGES);
    ck_assert_int_eq(read_them(&im, &err), -1);
    assert_says(err, in_folder("images"));
    ck_assert_ptr_null(im.pixel);
    if (i < 6)
      assert_says(err, "promises more than the 1073741824 bytes");
  }
  put_word(images + 4, 1);
  put_word(images + 8, 1);
  put_word(images + 12, 5000);
  unsigned char *wide = calloc(1, 16 + 5000);
  memcpy(wide, images, 16);
  put("images", wide, 16 + 5000);
  free(wide);
  expect_refusal("too many: at most 4096 x 4096 x 4", in_folder("images"));
}
END_TEST

START_TEST(random_bytes_never_pass_unnoticed)
{
  struct ho_stream s = ho_stream_make(1, "test-idx", 0, 0);
  for (int round = 0; round < 300; round++) { /* any change of a header must be refused, any of a pixel kept */
    struct ho_images im;
    unsigned char copy[IMAGES];
    size_t at = ho_stream_below(&s, IMAGES);
    memcpy(copy, images, IMAGES);
    copy[at] = (unsigned char)(copy[at] + 1 + ho_stream_below(&s, 255));
    put("images", copy, IMAGES);
    int result = read_them(&im, NULL);
    if (at < 16 ? result != -1 : result != 0 || im.pixel[at - 16] != copy[at])
      ck_abort_msg("round %d: byte %zu = %d", round, at, copy[at]);
    ho_images_free(&im);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("idx");
  TCase *t = tcase_create("idx");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_add_test(t, reads_plain_and_gzip);
  tcase_add_test(t, every_truncation_is_refused);
  tcase_add_test(t, a_truncated_gzip_is_refused);
  tcase_add_test(t, oversized_files_are_refused);
  tcase_add_test(t, wrong_magic_is_refused);
  tcase_add_test(t, labels_must_fit);
  tcase_add_test(t, senseless_headers_are_refused_before_memory_is);
  tcase_add_test(t, random_bytes_never_pass_unnoticed);
  suite_add_tcase(suite, t);
  return suite;
}
