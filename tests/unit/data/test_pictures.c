/* SPDX-License-Identifier: MIT
 * test_pictures.c - picture files: what is made of them, beside a twin; and every way in which they can be broken. */
#include "data/pictures.h"

#include <limits.h>
#include <math.h>

#include "base/file.h"
#include "compute/parallel.h"
#include "compute/random.h"
#include "../../tools/png.h"
#include "../data_fixtures.h"

enum { PIXELS_MOST = 64 * 64 * 3 };

static void fill(void)
{
  make_folder();
}

static void put_png(const char *name, int width, int height, int type, int depth, const unsigned char *pixels)
{
  struct png f = png_make(width, height, type, depth, pixels, NULL, 0, NULL, 0);
  put(name, f.bytes, f.size);
  free(f.bytes);
}

/* Reads one picture of the folder. */
static enum ho_picture_state read_as(const char *name, int height, int width, int channels, uint8_t *pixel,
                                     struct ho_error *err)
{
  const char *const names[] = { name };
  struct ho_pictures p = { folder, names, 1, height, width, channels };
  ho_error_clear(err);
  return ho_picture_read(&p, 0, pixel, err);
}

static void expect_broken(const char *name, const char *words)
{
  struct ho_error err;
  uint8_t pixel[PIXELS_MOST];
  ck_assert_msg(read_as(name, 4, 4, 3, pixel, &err) == HO_PICTURE_BROKEN, "%s is not broken: %s", name, err.text);
  assert_says(err, words);
  assert_says(err, name);
}

/* ---- resizing, beside a twin ---- */

/* Output pixel (y, x) of channel c: the mean over its area of the middle part of the picture. */
static double twin(const unsigned char *from, int w, int h, int width, int height, int y, int x, int c)
{
  double cw = fmin(w, floor((double)h * width / height + 0.5)), ch = fmin(h, floor((double)w * height / width + 0.5));
  cw = fmax(cw, 1);
  ch = fmax(ch, 1);
  double left = floor((w - cw) / 2), top = floor((h - ch) / 2), sum = 0, area = 0;
  double y0 = top + y * ch / height, y1 = top + (y + 1) * ch / height;
  double x0 = left + x * cw / width, x1 = left + (x + 1) * cw / width;
  for (int v = (int)y0; v < y1 && v < h; v++)
    for (int u = (int)x0; u < x1 && u < w; u++) {
      double part = (fmin(y1, v + 1) - fmax(y0, v)) * (fmin(x1, u + 1) - fmax(x0, u));
      sum += part * from[(v * w + u) * 3 + c];
      area += part;
    }
  return sum / area;
}

START_TEST(pixels_are_means_over_areas)
{
  static const int sizes[][4] = { { 50, 37, 8, 8 },   { 37, 50, 8, 8 },   { 64, 64, 64, 64 }, { 13, 90, 16, 9 },
                                  { 1, 1, 5, 4 },     { 3, 200, 8, 8 },   { 10, 10, 20, 20 }, { 7, 11, 16, 12 },
                                  { 200, 131, 3, 1 }, { 31, 17, 17, 31 }, { 2, 2, 1, 1 } };
  struct ho_stream s = ho_stream_make(1, "test", 0, 0);
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    int w = sizes[k][0], h = sizes[k][1], width = sizes[k][2], height = sizes[k][3];
    unsigned char *from = malloc((size_t)(w * h * 3));
    uint8_t pixel[PIXELS_MOST];
    struct ho_error err;
    for (int i = 0; i < w * h * 3; i++)
      from[i] = (unsigned char)ho_stream_below(&s, 256);
    put_png("a.png", w, h, PNG_RGB, 8, from);
    ck_assert_msg(read_as("a.png", height, width, 3, pixel, &err) == HO_PICTURE_READ, "%s", err.text);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        for (int c = 0; c < 3; c++) {
          double want = twin(from, w, h, width, height, y, x, c);
          int got = pixel[(y * width + x) * 3 + c];
          if (fabs(got - want) > 1.01)
            ck_abort_msg("%d x %d to %d x %d: at %d, %d, %d: %d, not %g", w, h, width, height, x, y, c, got, want);
        }
    free(from);
  }
}
END_TEST

START_TEST(a_picture_of_the_size_wanted_is_taken_as_it_is)
{
  unsigned char from[9 * 7 * 3];
  uint8_t pixel[PIXELS_MOST];
  struct ho_error err;
  for (size_t i = 0; i < sizeof from; i++)
    from[i] = (unsigned char)(7 * i);
  put_png("a.png", 9, 7, PNG_RGB, 8, from);
  ck_assert_msg(read_as("a.png", 7, 9, 3, pixel, &err) == HO_PICTURE_READ, "%s", err.text);
  ck_assert_mem_eq(pixel, from, sizeof from);
}
END_TEST

/* ---- formats: a red, green, blue and yellow quarter ---- */

static const char *corpus(const char *name)
{
  static char path[4096];
  const char *source = getenv("HO_SRCDIR");
  snprintf(path, sizeof path, "%s/tests/fuzz/corpus/picture/%s", source ? source : ".", name);
  return path;
}

static enum ho_picture_state read_corpus(const char *name, int channels, uint8_t *pixel, struct ho_error *err)
{
  const char *path = corpus(name);
  struct ho_pictures p = { NULL, &path, 1, 4, 4, channels };
  ho_error_clear(err);
  return ho_picture_read(&p, 0, pixel, err);
}

static void expect_quarters(const char *name, const int want[4][3])
{
  static const int at[4] = { 0, 3, 12, 15 };
  uint8_t pixel[4 * 4 * 3];
  struct ho_error err;
  ck_assert_msg(read_corpus(name, 3, pixel, &err) == HO_PICTURE_READ, "%s", err.text);
  for (int q = 0; q < 4; q++)
    for (int c = 0; c < 3; c++)
      if (abs(pixel[3 * at[q] + c] - want[q][c]) > 5)
        ck_abort_msg("%s, quarter %d, channel %d: %d, not %d", name, q, c, pixel[3 * at[q] + c], want[q][c]);
}

START_TEST(every_format_is_read_upright)
{
  static const char *const names[] = { "plain.jpg",    "progressive.jpg", "cmyk.jpg",     "exif.jpg",
                                       "exif-cut.jpg", "trailing.jpg",    "turned-1.jpg", "turned-2.jpg",
                                       "turned-3.jpg", "turned-4.jpg",    "turned-5.jpg", "turned-6.jpg",
                                       "turned-7.jpg", "turned-8.jpg",    "plain.png",    "palette.png",
                                       "lossy.webp",   "lossless.webp",   "plain.gif",    "animated.gif",
                                       "plain.bmp",    "palette.bmp",     "exif-xmp.jpg" };
  static const int colours[4][3] = { { 220, 30, 30 }, { 30, 200, 40 }, { 30, 40, 220 }, { 240, 220, 40 } };
  static const int greys[4][3] = { { 87, 87, 87 }, { 131, 131, 131 }, { 58, 58, 58 }, { 205, 205, 205 } };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    expect_quarters(names[i], colours);
  expect_quarters("grey.jpg", greys);
  expect_quarters("grey16.png", greys);
}
END_TEST

START_TEST(what_is_transparent_is_white)
{
  static const int want[4][3] = { { 220, 30, 30 }, { 30, 200, 40 }, { 30, 40, 220 }, { 255, 255, 255 } };
  static const unsigned char index[4] = { 0, 1, 1, 0 }, palette[6] = { 10, 20, 30, 200, 100, 0 }, clear[1] = { 0 };
  static const unsigned char half[8] = { 0, 255, 100, 128, 50, 0, 255, 0 };
  uint8_t pixel[PIXELS_MOST];
  struct ho_error err;
  expect_quarters("alpha.png", want);
  expect_quarters("alpha.webp", want);
  struct png f = png_make(2, 2, PNG_PALETTE, 8, index, palette, sizeof palette, clear, sizeof clear);
  put("a.png", f.bytes, f.size);
  free(f.bytes);
  ck_assert_msg(read_as("a.png", 2, 2, 3, pixel, &err) == HO_PICTURE_READ, "%s", err.text);
  ck_assert_mem_eq(pixel, ((const uint8_t[]){ 255, 255, 255, 200, 100, 0, 200, 100, 0, 255, 255, 255 }), 12);
  put_png("b.png", 2, 2, PNG_GREY_ALPHA, 8, half);
  ck_assert_msg(read_as("b.png", 2, 2, 1, pixel, &err) == HO_PICTURE_READ, "%s", err.text);
  ck_assert_int_eq(pixel[0], 0);
  ck_assert_int_le(abs(pixel[1] - 177), 2);
  ck_assert_int_eq(pixel[2], 255);
  ck_assert_int_eq(pixel[3], 255);
}
END_TEST

START_TEST(one_channel_is_luma)
{
  uint8_t pixel[16];
  struct ho_error err;
  ck_assert_msg(read_corpus("plain.png", 1, pixel, &err) == HO_PICTURE_READ, "%s", err.text);
  ck_assert_int_eq(pixel[0], (299 * 220 + 587 * 30 + 114 * 30 + 500) / 1000);
  ck_assert_int_eq(pixel[15], (299 * 240 + 587 * 220 + 114 * 40 + 500) / 1000);
}
END_TEST

/* ---- broken ones ---- */

START_TEST(what_is_broken_is_told_why)
{
  static const struct {
    const char *name, *words;
  } cases[] = {
    { "cut-plain.jpg", "JPEG: " },
    { "cut-data.jpg", "JPEG: Premature end of JPEG file" },
    { "cut-plain.png", "PNG: Read Error: truncated data" },
    { "cut-lossy.webp", "WebP: damaged" },
    { "cut-lossless.webp", "WebP: damaged" },
    { "cut-plain.gif", "GIF: damaged" },
    { "cut-plain.bmp", "BMP: damaged" },
    { "crc.png", "PNG: IDAT: " },
    { "zero.png", "it has no pixels" },
    { "large.png", "PNG: Not enough image data" },
    { "bomb.png", "too large: 60000 x 60000 pixels, but at most 134217728 are read" },
    { "bomb.jpg", "too large: 65500 x 65500 pixels" },
    { "bomb.gif", "too large: 65535 x 65535 pixels" },
    { "bomb.bmp", "too large: 16 x 2147483648 pixels" },
    { "no-size.jpg", "it has no size before its image data" },
    { "animated.webp", "animated WebP is not read" },
    { "short.tiff", "TIFF is not read" },
  };
  uint8_t pixel[4 * 4 * 3];
  struct ho_error err;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ck_assert_int_eq(read_corpus(cases[i].name, 3, pixel, &err), HO_PICTURE_BROKEN);
    assert_says(err, cases[i].name);
    assert_says(err, cases[i].words);
  }
}
END_TEST

/* With little memory a large picture is refused, with any number of threads; one that fits is read, alone. */
START_TEST(memory_is_limited)
{
  enum { SIDE = 1000 };
  static unsigned char from[SIDE * SIDE];
  static const char *const names[] = { "a.png", "b.png", "c.png", "d.png" };
  struct ho_pictures p = { folder, names, 4, 4, 4, 1 };
  uint8_t pixel[4 * 16], state[4];
  struct ho_error err;
  put_png("a.png", SIDE, SIDE, PNG_GREY, 8, from);
  put_png("b.png", SIDE / 2, SIDE, PNG_GREY, 8, from);
  put_png("c.png", 10, 10, PNG_GREY, 8, from);
  put_png("d.png", SIDE, SIDE / 2, PNG_GREY, 8, from);
  ho_memory_set_bound(8 << 20);
  for (int threads = 1; threads <= 4; threads++) {
    ho_parallel_setup(threads);
    ck_assert_int_eq(ho_pictures_read(&p, pixel, state, &err), 0);
    ck_assert_mem_eq(state, ((const uint8_t[]){ HO_PICTURE_BROKEN, HO_PICTURE_READ, HO_PICTURE_READ, HO_PICTURE_READ }),
                     4);
  }
  ck_assert_uint_eq(ho_pictures_tell_broken(&p, state, &err), 1);
  assert_says(err, "1 of 4 pictures cannot be read: ");
  assert_says(err, "but the memory limit is");
}
END_TEST

static Suite *suite(void)
{
  Suite *s = suite_create("pictures");
  TCase *t = tcase_create("pictures");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_add_test(t, pixels_are_means_over_areas);
  tcase_add_test(t, a_picture_of_the_size_wanted_is_taken_as_it_is);
  tcase_add_test(t, every_format_is_read_upright);
  tcase_add_test(t, what_is_transparent_is_white);
  tcase_add_test(t, one_channel_is_luma);
  suite_add_tcase(s, t);
  return s;
}

START_TEST(what_is_no_picture_is_told)
{
  struct ho_error err;
  uint8_t pixel[PIXELS_MOST];
  put("empty.png", "", 0);
  expect_broken("empty.png", "the file is empty");
  put("page.jpg", "<html>", 6);
  expect_broken("page.jpg", "not a picture");
  expect_broken("missing.webp", "No such file");
  put("x.tif", "II*\0abcdefgh", 12);
  expect_broken("x.tif", "TIFF is not read");
  put("notes.txt", "BMW: a note", 11);
  ck_assert_int_eq(read_as("notes.txt", 4, 4, 3, pixel, &err), HO_PICTURE_OTHER);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite();
  TCase *t = tcase_create("broken");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_add_test(t, what_is_no_picture_is_told);
  tcase_add_test(t, what_is_broken_is_told_why);
  tcase_add_test(t, memory_is_limited);
  suite_add_tcase(s, t);
  return s;
}
