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

static Suite *suite(void)
{
  Suite *s = suite_create("pictures");
  TCase *t = tcase_create("pictures");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_add_test(t, pixels_are_means_over_areas);
  tcase_add_test(t, a_picture_of_the_size_wanted_is_taken_as_it_is);
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
  suite_add_tcase(s, t);
  return s;
}
