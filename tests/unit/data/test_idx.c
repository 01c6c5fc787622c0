/* SPDX-License-Identifier: MIT
 * test_idx.c - IDX files: plain and gzip, and every way in which they can be wrong. */
#include "data/readers.h"

#include "compute/random.h"
#include "../data_fixtures.h"

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
  expect_refusal("oversized", "the header announces 52 bytes, but the file has 53");
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
  expect_refusal("record 3: label 4, but it must be below 4", in_folder("labels"));
  labels[8 + 3] = 0;
  put_word(labels + 4, N - 1);
  put("labels", labels, LABELS - 1);
  expect_refusal("5 labels for 6 images", in_folder("labels"));
}
END_TEST

START_TEST(senseless_headers_are_refused_before_memory_is)
{
  static const uint32_t sizes[][3] = {
    { 0xffffffff, 0xffffffff, 0xffffffff },
    { 0x80000000, 0x80000000, 4 },
    { 0xffffffff, 1, 1 },
    { 1, 0xffffffff, 1 },
    { 36, 1, 0x10000000 },
    { 0x10000, 0x10000, 1 },
    { 0, 3, 2 },
    { 6, 0, 2 },
    { 6, 3, 0 },
    { 0, 0, 0 },
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
    if (i < 2)
      assert_says(err, "announces more than the 68719476736 bytes");
    else if (need)
      assert_says(err, "truncated");
  }
  put_word(images + 4, 1);
  put_word(images + 8, 1);
  put_word(images + 12, 5000);
  unsigned char *wide = calloc(1, 16 + 5000);
  memcpy(wide, images, 16);
  put("images", wide, 16 + 5000);
  free(wide);
  expect_refusal("too many: at most 4096 x 4096 x 16", in_folder("images"));
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

/* ---- what the user's own may have besides ---- */

START_TEST(four_dimensions_have_channels_last)
{
  unsigned char four[20 + 2 * 3 * 2 * 3];
  struct ho_images im;
  struct ho_error err;
  put_word(four, 0x804);
  put_word(four + 4, 2);
  put_word(four + 8, 3);
  put_word(four + 12, 2);
  put_word(four + 16, 3);
  for (size_t i = 20; i < sizeof four; i++)
    four[i] = (unsigned char)(3 * i);
  put_word(labels + 4, 2);
  put("labels", labels, 10);
  put("images", four, sizeof four);
  ck_assert_msg(!read_them(&im, &err), "%s", err.text);
  ck_assert_uint_eq(im.n, 2);
  ck_assert_int_eq(im.height, 3);
  ck_assert_int_eq(im.width, 2);
  ck_assert_int_eq(im.channels, 3);
  ck_assert_mem_eq(im.pixel, four + 20, sizeof four - 20);
  ho_images_free(&im);
  for (size_t n = 16; n < sizeof four; n++) {
    put("images", four, n);
    expect_refusal("truncated", in_folder("images"));
  }
  put_word(four + 8, 1); /* 2 images of 1 x 2 x 9: more likely one channel and then 2 x 9 */
  put_word(four + 16, 9);
  put("images", four, sizeof four);
  expect_refusal("images of 1 x 2 x 9: the channels must come last", in_folder("images"));
  put_word(four, 0x802);
  put("images", four, sizeof four);
  expect_refusal("magic number 0x00000802, not 0x00000803 or 0x00000804", in_folder("images"));
  put_word(four, 0xd03); /* floating point numbers */
  put("images", four, sizeof four);
  expect_refusal("magic number 0x00000d03", in_folder("images"));
}
END_TEST

/* Labels as numbers of `width' bytes (1: signed), read with any number of classes. */
static int read_wide(int width, const uint32_t label[N], struct ho_images *im, struct ho_error *err)
{
  unsigned char wide[8 + 4 * N] = { 0 };
  put_word(wide, width == 4 ? 0xc01 : width == 2 ? 0xb01 : 0x901);
  put_word(wide + 4, N);
  for (int i = 0; i < N; i++)
    for (int b = 0; b < width; b++)
      wide[8 + i * width + b] = (unsigned char)(label[i] >> 8 * (width - 1 - b));
  put("labels", wide, (size_t)(8 + width * N));
  memset(im, 0, sizeof *im);
  return ho_idx_read(folder, "images", "labels", 0, im, err);
}

START_TEST(labels_may_be_wide)
{
  static const uint32_t good[N] = { 0, 1, 127, 3, 2, 126 }, large[N] = { 0, 1, 4095, 256, 1000, 3 };
  struct ho_images im;
  struct ho_error err;
  for (int width = 1; width <= 4; width *= 2)
    for (int k = 0; k < 1 + (width > 1); k++) {
      const uint32_t *label = k ? large : good;
      ck_assert_msg(!read_wide(width, label, &im, &err), "%s", err.text);
      for (int i = 0; i < N; i++)
        ck_assert_uint_eq(im.label[i], label[i]);
      ho_images_free(&im);
    }
}
END_TEST

START_TEST(wide_labels_must_fit)
{
  static const struct {
    int width;
    uint32_t value;
    const char *says;
  } bad[] = {
    { 1, 128, "record 2: the label is negative" },
    { 2, 4096, "record 2: label 4096, but it must be below 4096, the largest number of classes" },
    { 2, 0x7fff, "record 2: label 32767, but it must be below 4096" },
    { 2, 0x8000, "record 2: the label is negative" },
    { 2, 0xffff, "the label is negative" },
    { 4, 4096, "record 2: label 4096, but it must be below 4096" },
    { 4, 65535, "label 65535, but it must be below 4096" },
    { 4, 65536, "label above 65535, but it must be below 4096" },
    { 4, 0x7fffffff, "label above 65535" },
    { 4, 0x80000000, "the label is negative" },
    { 4, 0xffffffff, "the label is negative" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint32_t label[N] = { 0, 1, bad[i].value };
    struct ho_images im;
    struct ho_error err;
    ck_assert_int_eq(read_wide(bad[i].width, label, &im, &err), -1);
    assert_says(err, bad[i].says);
    assert_says(err, in_folder("labels"));
    ck_assert_ptr_null(im.pixel);
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
  tcase_add_test(t, four_dimensions_have_channels_last);
  tcase_add_test(t, labels_may_be_wide);
  tcase_add_test(t, wide_labels_must_fit);
  suite_add_tcase(suite, t);
  return suite;
}
