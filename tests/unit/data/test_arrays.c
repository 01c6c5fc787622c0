/* SPDX-License-Identifier: MIT
 * test_arrays.c - npy:, the user's own arrays: shapes, orders, types and ranges; labels; every way to say it wrongly. */
#include "data/user/arrays.h"

#include <math.h>

#include "data/readers.h"
#include "../data_fixtures.h"

enum { COUNT = 6, HEIGHT = 5, WIDTH = 7, CHANNELS = 3, PIXELS = HEIGHT * WIDTH * CHANNELS };

static struct ho_error err;

static void fill(void)
{
  make_folder();
  unsetenv("HOLDOUT_DATA");
  setenv("XDG_DATA_HOME", in_folder("share"), 1);
  ck_assert_int_eq(chdir(folder), 0);
}

static void leave(void)
{
  ck_assert_int_eq(chdir("/"), 0);
  remove_folder();
}

/* type: descr without quotes; shape: as Python writes it. */
static void put_npy(const char *name, const char *type, int fortran, const char *shape, const void *data, size_t size)
{
  static unsigned char bytes[1 << 16];
  int n = snprintf((char *)bytes + 10, 256, "{'descr': '%s', 'fortran_order': %s, 'shape': %s}", type,
                   fortran ? "True" : "False", shape);
  memcpy(bytes, "\x93NUMPY\1\0", 8);
  bytes[8] = (unsigned char)n;
  bytes[9] = 0;
  memcpy(bytes + 10 + n, data, size);
  put(name, bytes, 10 + (size_t)n + size);
}

static uint8_t pixel(size_t i, size_t y, size_t x, size_t c)
{
  return (uint8_t)(41 * i + 17 * y + 5 * x + 83 * c);
}

/* Images in the order of `axes', a text of the letters n, h, w, c, the last of which varies fastest. */
static void put_images(const char *name, const char *axes, int fortran, const char *shape)
{
  static const char letters[] = "nhwc";
  static const size_t size[] = { COUNT, HEIGHT, WIDTH, CHANNELS };
  uint8_t bytes[COUNT * PIXELS];
  size_t total = 1, rank = strlen(axes);
  for (size_t d = 0; d < rank; d++)
    total *= size[strchr(letters, axes[d]) - letters];
  for (size_t k = 0; k < total; k++) {
    size_t at[4] = { 0 }, left = k;
    for (size_t d = 0; d < rank; d++) { /* in Fortran order the first varies fastest */
      size_t axis = (size_t)(strchr(letters, axes[fortran ? d : rank - 1 - d]) - letters);
      at[axis] = left % size[axis];
      left /= size[axis];
    }
    bytes[k] = pixel(at[0], at[1], at[2], at[3]);
  }
  put_npy(name, "|u1", fortran, shape, bytes, total);
}

static void put_labels(const char *name)
{
  put_npy(name, "<i8", 0, "(6,)", (int64_t[]){ 0, 1, 2, 0, 1, 2 }, 48);
}

static int load(const char *name, struct ho_dataset *d)
{
  return ho_dataset_load(name, NULL, d, &err);
}

static void refuses(const char *name, const char *words)
{
  struct ho_dataset d;
  ck_assert_msg(load(name, &d) == -1, "`%s' is not refused", name);
  ck_assert_msg(strstr(err.text, words), "`%s': `%s' does not say `%s'", name, err.text, words);
  ck_assert_ptr_null(d.train.pixel);
}

START_TEST(images_of_any_layout)
{
  static const struct {
    const char *axes, *shape, *layout;
    int fortran;
  } each[] = {
    { "nhwc", "(6, 5, 7, 3)", "", 0 }, { "nchw", "(6, 3, 5, 7)", "", 0 }, { "nhwc", "(6, 5, 7, 3)", ",layout=nhwc", 1 },
    { "nchw", "(6, 3, 5, 7)", "", 1 }, { "nhw", "(6, 5, 7)", "", 0 },     { "nhw", "(6, 5, 7)", ",layout=nhw", 1 },
  };
  put_labels("l.npy");
  for (size_t k = 0; k < sizeof each / sizeof *each; k++) {
    struct ho_dataset d;
    char name[64];
    size_t channels = strchr(each[k].axes, 'c') ? CHANNELS : 1;
    put_images("x.npy", each[k].axes, each[k].fortran, each[k].shape);
    snprintf(name, sizeof name, "npy:x.npy,labels=l.npy%s", each[k].layout);
    ck_assert_msg(!load(name, &d), "%s", err.text);
    ck_assert(d.train.n == COUNT && d.train.height == HEIGHT && d.train.width == WIDTH &&
              d.train.channels == (int)channels && d.classes == 3 && !d.test.n && !d.train.file);
    ck_assert_str_eq(d.folder, ".");
    ck_assert_str_eq(d.warnings.text, "");
    const uint8_t *p = d.train.pixel;
    for (size_t i = 0; i < COUNT; i++)
      for (size_t y = 0; y < HEIGHT; y++)
        for (size_t x = 0; x < WIDTH; x++)
          for (size_t c = 0; c < channels; c++)
            if (*p++ != pixel(i, y, x, c))
              ck_abort_msg("%s: image %zu at %zu, %zu, %zu", each[k].axes, i, y, x, c);
    ho_dataset_free(&d);
  }
}
END_TEST

START_TEST(the_layout_is_asked_for_where_it_is_not_clear)
{
  struct ho_dataset d;
  put_labels("l.npy");
  put_npy("x.npy", "|u1", 0, "(6, 3, 2, 3)",
          "................................................................"
          "............................................",
          108);
  refuses("npy:x.npy,labels=l.npy", "x.npy: an array of 6 x 3 x 2 x 3: the shape does not tell which dimension");
  ck_assert_msg(!load("npy:x.npy,labels=l.npy,layout=nchw", &d), "%s", err.text);
  ck_assert(d.train.channels == 3 && d.train.height == 2 && d.train.width == 3);
  ho_dataset_free(&d);
  refuses("npy:x.npy,labels=l.npy,layout=nhw", "it does not have as many dimensions as layout= says");
  refuses("npy:x.npy,labels=l.npy,layout=hwc", "layout: `hwc' must be nhw, nhwc or nchw");
  put_npy("x.npy", "|u1", 0, "(6, 4)", "........................", 24);
  refuses("npy:x.npy,labels=l.npy", "an array of 6 x 4: images have three dimensions");
  put_npy("x.npy", "|u1", 0, "(0, 4, 4)", "", 0);
  refuses("npy:x.npy,labels=l.npy", "x.npy: no images: 0 of 4 x 4 x 1");
}
END_TEST

/* Two images of one pixel, of which the second is looked at. */
static void expect_byte(const char *type, const void *two, size_t size, int wanted, const char *says)
{
  struct ho_dataset d;
  put_npy("x.npy", type, 0, "(2, 1, 1)", two, size);
  ck_assert_msg(!load("npy:x.npy,labels=l.npy", &d), "%s", err.text);
  ck_assert_msg(d.train.pixel[1] == wanted, "%s: %d, not %d", type, d.train.pixel[1], wanted);
  ck_assert_msg(says ? strstr(d.warnings.text, says) != NULL : !*d.warnings.text, "%s: `%s'", type, d.warnings.text);
  ho_dataset_free(&d);
}

START_TEST(numbers_become_bytes)
{
  static const char unit[] = "each is 255 times the number, rounded", round[] = "each is the number, rounded";
  put_npy("l.npy", "|u1", 0, "(2,)", (uint8_t[]){ 0, 1 }, 2);
  expect_byte("=f4", (float[]){ 1, 0.5f }, 8, 128, unit);
  expect_byte("=f8", (double[]){ 0, 0.1 }, 16, 26, unit);
  expect_byte("=f4", (float[]){ 255, 0.5f }, 8, 1, round);
  expect_byte("=f4", (float[]){ 255, 17 }, 8, 17, NULL); /* nothing is lost */
  expect_byte("=i4", (int32_t[]){ 0, 255 }, 8, 255, NULL);
  expect_byte("=u2", (uint16_t[]){ 0, 1 }, 4, 1, NULL);
  expect_byte("|b1", (uint8_t[]){ 0, 1 }, 2, 255, NULL);
}
END_TEST

static void refuses_numbers(const char *type, const void *two, size_t size, const char *words)
{
  put_npy("x.npy", type, 0, "(2, 1, 1)", two, size);
  refuses("npy:x.npy,labels=l.npy", words);
}

START_TEST(numbers_that_are_no_pixels_are_refused)
{
  put_npy("l.npy", "|u1", 0, "(2,)", (uint8_t[]){ 0, 1 }, 2);
  refuses_numbers("=f4", (float[]){ -1, 1 }, 8,
                  "its numbers go from -1 to 1, but pixels are from 0 to 1, or from 0 to 255");
  refuses_numbers("=f4", (float[]){ 0, 256 }, 8, "its numbers go from 0 to 256");
  refuses_numbers("=f4", (float[]){ 0, NAN }, 8, "x.npy: element 1 is not a number");
  refuses_numbers("=f4", (float[]){ -INFINITY, 0 }, 8, "x.npy: element 0 is infinite");
  refuses_numbers("=u2", (uint16_t[]){ 0, 65535 }, 4, "its numbers go from 0 to 65535, but pixels are from 0 to 255");
  refuses_numbers("|i1", (int8_t[]){ 0, -1 }, 2, "its numbers go from -1 to 0");
  refuses_numbers("|S1", "ab", 2, "an array of texts");
}
END_TEST

START_TEST(test_images_are_read_as_training_images_are)
{
  struct ho_dataset d;
  put_npy("l.npy", "|u1", 0, "(2,)", (uint8_t[]){ 0, 1 }, 2);
  put_npy("x.npy", "=f4", 0, "(2, 1, 1)", (float[]){ 0, 1 }, 8);
  put_npy("t.npy", "=f4", 0, "(1, 1, 1)", (float[]){ 0.2f }, 4);
  put_npy("k.npy", "|u1", 0, "(1, 1)", (uint8_t[]){ 2 }, 1);
  ck_assert_msg(!load("npy:x.npy,labels=l.npy,test=t.npy,test-labels=k.npy", &d), "%s", err.text);
  ck_assert(d.test.n == 1 && d.test.pixel[0] == 51 && d.test.label[0] == 2 && d.classes == 3);
  ho_dataset_free(&d);
  put_npy("t.npy", "=f4", 0, "(1, 1, 1)", (float[]){ 200 }, 4);
  refuses("npy:x.npy,labels=l.npy,test=t.npy,test-labels=k.npy",
          "t.npy: its numbers go from 200 to 200, but pixels are from 0 to 1, as those of the training images are");
  put_npy("t.npy", "|u1", 0, "(1, 2, 1)", (uint8_t[]){ 1, 0 }, 2);
  refuses("npy:x.npy,labels=l.npy,test=t.npy,test-labels=k.npy", "test images 2 x 1 x 1");
}
END_TEST

START_TEST(a_share_is_held_out_and_images_keep_their_place)
{
  struct ho_dataset d;
  put_images("x.npy", "nhwc", 0, "(6, 5, 7, 3)");
  put_labels("l.npy");
  ck_assert_msg(!load("npy:./x.npy,labels=l.npy,test=0.5", &d), "%s", err.text);
  ck_assert(d.train.n == 3 && d.test.n == 3);
  for (size_t i = 0; i < 3; i++)
    for (int test = 0; test < 2; test++) {
      const struct ho_images *im = test ? &d.test : &d.train;
      unsigned at;
      ck_assert_int_eq(sscanf(im->file[i], "x.npy[%u]", &at), 1);
      ck_assert_int_eq(im->pixel[i * PIXELS], pixel(at, 0, 0, 0));
      ck_assert_uint_eq(im->label[i], at % 3);
    }
  ho_dataset_free(&d);
}
END_TEST

START_TEST(labels)
{
  static const struct {
    const char *type, *shape;
    unsigned char bytes[48];
    size_t size;
    const char *says; /* NULL: they are 0, 1, 2, 0, 1, 2 */
  } each[] = {
    { "|i1", "(6,)", { 0, 1, 2, 0, 1, 2 }, 6, NULL },
    { "|u1", "(6, 1)", { 0, 1, 2, 0, 1, 2 }, 6, NULL },
    { ">i2", "(6,)", { 0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 0, 2 }, 12, NULL },
    { "<u4", "(6,)", { [4] = 1, [8] = 2, [16] = 1, [20] = 2 }, 24, NULL },
    { "<u8", "(6,)", { [8] = 1, [16] = 2, [32] = 1, [40] = 2 }, 48, NULL },
    { "|i1", "(6,)", { 0, 1, 2, 255 }, 6, "l.npy: element 3: label -1, but labels are from 0 to 4095" },
    { "<u2", "(6,)", { 0, 16 }, 12, "element 0: label 4096, but labels are from 0 to 4095" },
    { "<u8", "(6,)", { [47] = 255 }, 48, "element 5: label 9223372036854775807" },
    { "|i1", "(5,)", { 0 }, 5, "l.npy: it has 5 labels for 6 images" },
    { "|i1",
      "(6, 2)",
      { 0 },
      12,
      "an array of 6 x 2: labels have one dimension; of one-hot rows, save LABELS.argmax(1)" },
    { "|i1", "()", { 0 }, 1, "an array of one number: labels have one dimension" },
    { "<f4", "(6,)", { 0 }, 24, "labels of the type <f4: they must be whole numbers" },
    { "|S1", "(6,)", { "abcdef" }, 6, "labels of the type |S1" },
    { "|u1", "(6,)", { 0 }, 6, "l.npy: every label is 0: at least two classes are needed" },
  };
  put_images("x.npy", "nhwc", 0, "(6, 5, 7, 3)");
  for (size_t k = 0; k < sizeof each / sizeof *each; k++) {
    struct ho_dataset d;
    put_npy("l.npy", each[k].type, 0, each[k].shape, each[k].bytes, each[k].size);
    if (each[k].says) {
      refuses("npy:x.npy,labels=l.npy", each[k].says);
      continue;
    }
    ck_assert_msg(!load("npy:x.npy,labels=l.npy", &d), "%s", err.text);
    for (size_t i = 0; i < COUNT; i++)
      ck_assert_uint_eq(d.train.label[i], i % 3);
    ho_dataset_free(&d);
  }
}
END_TEST

START_TEST(wrong_arguments_are_told)
{
  static const struct {
    const char *name, *says;
  } bad[] = {
    { "npy", "`npy' needs an argument: npy:FILE,labels=FILE" },
    { "npy:x.npy", "npy: labels=FILE is missing" },
    { "npy:,labels=l.npy", "the file of images is missing" },
    { "npy:x.npy,labels=", "labels: the name of a file is missing" },
    { "npy:x.npy,labels=l.npy,test=", "test: the name of a file or a share is missing" },
    { "npy:x.npy,labels=l.npy,test=2", "test: `2' is not a share between 0 and 1" },
    { "npy:x.npy,labels=l.npy,test=x.npy", "test-labels=FILE is missing" },
    { "npy:x.npy,labels=l.npy,test-labels=l.npy", "test=FILE is missing" },
    { "npy:x.npy,labels=l.npy,test=0.2,test-labels=l.npy", "test-labels belongs to test=FILE" },
    { "npy:x.npy,lables=l.npy", "unknown key `lables': did you mean `labels'?" },
    { "npy:x.npy,l.npy", "`l.npy' is not KEY=VALUE: the keys are labels, test, test-labels, layout, seed" },
    { "npy:x.npy,labels=l.npy,labels=l.npy", "`labels' is given twice" },
    { "npy:nowhere.npy,labels=l.npy", "neither nowhere.npy nor nowhere.npy.gz can be read" },
    { "npy:x.npy,labels=nowhere.npy", "neither nowhere.npy nor" },
    { "npy:l.txt,labels=l.npy", "l.txt: not a .npy file of NumPy" },
  };
  put_images("x.npy", "nhwc", 0, "(6, 5, 7, 3)");
  put_labels("l.npy");
  put("l.txt", "0\n1\n0\n1\n", 8);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    refuses(bad[i].name, bad[i].says);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("arrays");
  TCase *t = tcase_create("arrays");
  tcase_add_checked_fixture(t, fill, leave);
  tcase_add_test(t, images_of_any_layout);
  tcase_add_test(t, the_layout_is_asked_for_where_it_is_not_clear);
  tcase_add_test(t, numbers_become_bytes);
  tcase_add_test(t, numbers_that_are_no_pixels_are_refused);
  tcase_add_test(t, test_images_are_read_as_training_images_are);
  tcase_add_test(t, a_share_is_held_out_and_images_keep_their_place);
  tcase_add_test(t, labels);
  tcase_add_test(t, wrong_arguments_are_told);
  suite_add_tcase(suite, t);
  return suite;
}
