/* SPDX-License-Identifier: MIT
 * test_user_files.c - the user's own data sets: what is read, where it is looked for, every way to say it wrongly. */
#include "data/readers.h"

#include "base/file.h"
#include "compute/random.h"
#include "../data_fixtures.h"

enum { HEIGHT = 3, WIDTH = 5, CHANNELS = 2, AREA = HEIGHT * WIDTH, PIXELS = AREA * CHANNELS, MOST = 8 };

static void fill(void)
{
  make_folder();
  unsetenv("HOLDOUT_DATA");
  setenv("XDG_DATA_HOME", in_folder("share"), 1);
  ck_assert_int_eq(ho_folder_make(in_folder("share/holdout"), NULL), 0);
  ck_assert_int_eq(ho_folder_make(in_folder("here"), NULL), 0);
  ck_assert_int_eq(chdir(in_folder("here")), 0);
}

static void leave(void)
{
  ck_assert_int_eq(chdir("/"), 0);
  remove_folder();
}

static int load(const char *name, const char *directory, struct ho_dataset *d, struct ho_error *err)
{
  return ho_dataset_load(name, directory, d, err);
}

static void expect_refusal(const char *name, const char *words)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_msg(load(name, NULL, &d, &err) == -1, "`%s' is not refused", name);
  ck_assert_msg(strstr(err.text, words), "`%s': `%s' does not say `%s'", name, err.text, words);
  ck_assert_ptr_null(d.train.pixel);
  ck_assert_ptr_null(d.test.pixel);
}

/* ---- cifar: ---- */

/* `labels' label bytes each; image r is of class (first + r) % 7, in superclass class / 2. */
static size_t records(unsigned char *out, int n, int labels, int first)
{
  unsigned char *at = out;
  for (int r = 0; r < n; r++) {
    int class = (first + r) % 7;
    if (labels == 2)
      *at++ = (unsigned char)(class / 2);
    *at++ = (unsigned char)class;
    for (int i = 0; i < PIXELS; i++)
      *at++ = (unsigned char)(31 * (first + r) + 3 * i);
  }
  return (size_t)(at - out);
}

static void put_records(const char *name, int n, int labels, int first, int gzip)
{
  unsigned char bytes[MOST * (2 + PIXELS)];
  size_t size = records(bytes, n, labels, first);
  if (gzip)
    put_gz(name, bytes, size);
  else
    put(name, bytes, size);
}

static void expect_images(const struct ho_images *im, int n, int first, int labels)
{
  ck_assert_uint_eq(im->n, (size_t)n);
  ck_assert_int_eq(im->height, HEIGHT);
  ck_assert_int_eq(im->width, WIDTH);
  ck_assert_int_eq(im->channels, CHANNELS);
  ck_assert_int_eq(!im->coarse, labels == 1);
  for (int r = 0; r < n; r++) {
    ck_assert_int_eq(im->label[r], (first + r) % 7);
    if (labels == 2)
      ck_assert_int_eq(im->coarse[r], (first + r) % 7 / 2);
    for (int i = 0; i < AREA; i++)
      for (int c = 0; c < CHANNELS; c++)
        ck_assert_int_eq(im->pixel[(r * AREA + i) * CHANNELS + c],
                         (unsigned char)(31 * (first + r) + 3 * (c * AREA + i)));
  }
}

START_TEST(records_of_any_size_from_any_number_of_files)
{
  for (int labels = 1; labels <= 2; labels++) {
    struct ho_dataset d;
    struct ho_error err;
    char name[256];
    put_records("here/a.bin", 3, labels, 0, 0);
    put_records("here/b.bin.gz", 4, labels, 3, 1);
    put_records("here/c.bin", 2, labels, 2, 0);
    snprintf(name, sizeof name, "cifar:size=3x5x2,train=a.bin+b.bin,labels=%d,test=c.bin", labels);
    ck_assert_msg(!load(name, NULL, &d, &err), "%s", err.text);
    ck_assert_str_eq(d.name, name);
    ck_assert_str_eq(d.folder, ".");
    ck_assert_int_eq(d.classes, 7);
    ck_assert_int_eq(d.superclasses, labels == 2 ? 4 : 0);
    expect_images(&d.train, 7, 0, labels);
    expect_images(&d.test, 2, 2, labels);
    ho_dataset_free(&d);
  }
}
END_TEST

START_TEST(the_size_is_cifars_unless_said)
{
  static unsigned char bytes[2 * 3073];
  struct ho_dataset d;
  struct ho_error err;
  bytes[3073] = 255;
  put("here/a", bytes, sizeof bytes);
  ck_assert_msg(!load("cifar:train=a,test=a", NULL, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.train.height, 32);
  ck_assert_int_eq(d.train.width, 32);
  ck_assert_int_eq(d.train.channels, 3);
  ck_assert_int_eq(d.classes, 256);
  ho_dataset_free(&d);
}
END_TEST

START_TEST(wrong_arguments_are_told)
{
  static const struct {
    const char *argument, *says;
  } bad[] = {
    { "a.bin", "`a.bin' is not KEY=VALUE" },
    { "train=a,b,test=c",
      "`b' is not KEY=VALUE: the keys are size, labels, train, test, seed; file names have no commas" },
    { "test=a", "train=FILE is missing" },
    { "train=a,test=a,trian=a", "unknown key `trian': did you mean `train'?" },
    { "train=a,test=a,classes=7", "unknown key `classes': choose one of size, labels, train, test, seed" },
    { "train=a,train=b,test=a", "`train' is given twice: join files with +" },
    { "size=3x5x2,size=3x5x2,train=a,test=a", "`size' is given twice" },
    { "train=,test=a", "the name of a file is missing" },
    { "train=a++a,test=a", "the name of a file is missing" },
    { "train=a+,test=a", "the name of a file is missing" },
    { "train=a,test=1.5", "test: `1.5' is not a share between 0 and 1, such as 0.2" },
    { "train=a,test=0.2,seed=-1", "seed: `-1' is not a whole number from 0 on" },
    { "train=a,test=0.2,seed=", "seed: `' is not a whole number" },
    { "train=a,test=a,labels=3", "labels: `3' must be 1 (label) or 2 (superclass and label)" },
    { "train=a,test=a,labels=", "labels: `' must be 1 (label)" },
    { "train=a,test=a,size=", "size: expected height, width and channels" },
    { "train=a,test=a,size=3x5", "size: expected" },
    { "train=a,test=a,size=3x5x2x", "size: expected" },
    { "train=a,test=a,size=3x5x2x1", "size: expected" },
    { "train=a,test=a,size=3x5x17", "at most 4096x4096x16" },
    { "train=a,test=a,size=4097x5x2", "at most 4096x4096x16" },
    { "train=a,test=a,size=0x5x2", "size: expected" },
    { "train=a,test=a,size=-3x5x2", "size: expected" },
    { "train=a,test=a,size=3x5x2 ", "size: expected" },
    { "train=a,test=a,size=99999999999999999999x5x2", "size: expected" },
    { "train=a,test=a,", "`' is not KEY=VALUE" },
    { "train=nowhere,test=a", "neither nowhere nor nowhere.gz can be read: looked in the working folder" },
    { "train=a,test=/nowhere/x", "neither /nowhere/x nor /nowhere/x.gz can be read" },
    { "train=~/a,test=a", "the shell did not expand ~: write $HOME" },
  };
  put_records("here/a", 7, 1, 0, 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char name[256];
    snprintf(name, sizeof name, "cifar:%s", bad[i].argument);
    if (!strstr(name, "size="))
      strcat(name, name[strlen(name) - 1] == ',' ? "" : ",size=3x5x2");
    expect_refusal(name, bad[i].says);
  }
  char *name = calloc(1, 6000);
  strcpy(name, "cifar:test=a,size=3x5x2,train=a");
  for (int i = 0; i < 64; i++)
    strcat(name, "+a");
  expect_refusal(name, "train: more than 64 files");
  memset(name + 6, 'a', 5900);
  expect_refusal(name, "the name is too long");
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_int_eq(ho_user_cifar_load(name + 6, NULL, &d, &err), -1);
  assert_says(err, "too long: at most 4199 characters");
  free(name);
}
END_TEST

START_TEST(damaged_records_are_refused)
{
  static unsigned char bytes[7 * (2 + PIXELS)];
  static const char good[] = "cifar:train=a,test=a,size=3x5x2";
  size_t size = records(bytes, 7, 1, 0);
  for (size_t n = 0; n <= size; n++) {
    put("here/a", bytes, n);
    if (n && n % (1 + PIXELS) == 0) {
      struct ho_dataset d;
      ck_assert_int_eq(load(good, NULL, &d, NULL), n == 1 + PIXELS ? -1 : 0); /* one record has class 0 alone */
      ho_dataset_free(&d);
    } else
      expect_refusal(good, "not a whole number of records of 31 bytes, 1 of labels and 3x5x2 of pixels");
  }
  put("here/a", bytes, 1 + PIXELS);
  expect_refusal(good, "cifar: a: every label is 0: at least two classes are needed");
  size = records(bytes, 7, 2, 0);
  put("here/b", bytes, size);
  bytes[5 * (2 + PIXELS)] = 0;
  put("here/a", bytes, size);
  expect_refusal("cifar:train=b,test=a,size=3x5x2,labels=2",
                 "test image 5: class 5 has superclass 0 here, but 2 before");
}
END_TEST

START_TEST(test_images_are_given_or_taken_or_none)
{
  struct ho_dataset d;
  struct ho_error err;
  char first[2][256];
  put_records("here/a", 7, 1, 0, 0);
  put_records("here/b", 7, 1, 0, 0);
  ck_assert_msg(!load("cifar:train=a+b,size=3x5x2", NULL, &d, &err), "%s", err.text);
  ck_assert(d.train.n == 14 && !d.test.n && !d.test.pixel && d.classes == 7 && !*d.warnings.text);
  ho_dataset_free(&d);
  for (int seed = 0; seed < 2; seed++) {
    char name[64];
    snprintf(name, sizeof name, "cifar:train=a+b,size=3x5x2,test=0.25%s", seed ? ",seed=1" : "");
    ck_assert_msg(!load(name, NULL, &d, &err), "%s", err.text);
    ck_assert(d.train.n == 10 && d.test.n == 4 && d.classes == 7);
    memcpy(first[seed], d.test.pixel, 4 * PIXELS);
    ho_dataset_free(&d);
  }
  ck_assert_mem_ne(first[0], first[1], 4 * PIXELS);
}
END_TEST

START_TEST(labels_that_begin_at_1_are_warned_of)
{
  struct ho_dataset d;
  struct ho_error err;
  put_records("here/a", 5, 1, 1, 0);
  ck_assert_msg(!load("cifar:train=a,size=3x5x2", NULL, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.classes, 6);
  ck_assert_msg(strstr(d.warnings.text, "a: no image has the label 0: labels seem to begin at 1"), "%s",
                d.warnings.text);
  ho_dataset_free(&d);
  put_records("here/a", 4, 1, 2, 0); /* some classes of many: nothing strange */
  ck_assert_msg(!load("cifar:train=a,size=3x5x2", NULL, &d, &err), "%s", err.text);
  ck_assert_str_eq(d.warnings.text, "");
  ho_dataset_free(&d);
}
END_TEST

/* A text that is nearly right is read or refused, and never harms; so are its files. */
START_TEST(random_arguments_and_bytes_do_no_harm)
{
  static const char good[] = "cifar:train=a+b,test=a,size=3x5x2,labels=1", signs[] = ",=+x:0123456789abszetrn./~-";
  struct ho_stream s = ho_stream_make(1, "test-own", 0, 0);
  int read = 0;
  put_records("here/a", 7, 1, 0, 0);
  put_records("here/b", 3, 1, 0, 0);
  for (int round = 0; round < 1500; round++) {
    char name[sizeof good];
    struct ho_dataset d;
    struct ho_error err = { 0 };
    memcpy(name, good, sizeof good);
    for (int k = (int)ho_stream_below(&s, 3); k >= 0; k--)
      name[6 + ho_stream_below(&s, sizeof good - 7)] = signs[ho_stream_below(&s, sizeof signs - 1)];
    if (load(name, NULL, &d, &err))
      ck_assert(*err.text && !d.train.pixel);
    else {
      read++;
      ck_assert_uint_eq(d.train.n * (size_t)d.train.height * (size_t)d.train.width * (size_t)d.train.channels % PIXELS,
                        0);
    }
    ho_dataset_free(&d);
  }
  ck_assert_int_gt(read, 0);
  ck_assert_int_lt(read, 500);
}
END_TEST

/* ---- idx: ---- */

static void put_idx(const char *name, const uint32_t *head, int words, size_t content, int classes)
{
  unsigned char file[1024];
  for (int w = 0; w < words; w++)
    for (int i = 0; i < 4; i++)
      file[4 * w + i] = (unsigned char)(head[w] >> (24 - 8 * i));
  for (size_t i = 0; i < content; i++)
    file[4 * (size_t)words + i] = (unsigned char)(classes ? i % (size_t)classes : 7 * i);
  put(name, file, 4 * (size_t)words + content);
}

/* Images of 4 x 6, with `channels' where it is not 0. */
static void put_folder(const char *where, uint32_t n, uint32_t channels, int classes, int test_classes)
{
  char name[256];
  ck_assert_int_eq(ho_folder_make(in_folder(where), NULL), 0);
  for (int test = 0; test < 2; test++) {
    uint32_t images[] = { channels ? 0x804 : 0x803, n, 4, 6, channels }, labels[] = { 0x801, n };
    snprintf(name, sizeof name, "%s/%s-images-idx%d-ubyte", where, test ? "t10k" : "train", channels ? 4 : 3);
    put_idx(name, images, channels ? 5 : 4, n * 24 * (channels ? channels : 1), 0);
    snprintf(name, sizeof name, "%s/%s-labels-idx1-ubyte", where, test ? "t10k" : "train");
    put_idx(name, labels, 2, n, test ? test_classes : classes);
  }
}

START_TEST(idx_of_any_channels_and_classes)
{
  struct ho_dataset d;
  struct ho_error err;
  put_folder("here/grey", 10, 0, 3, 5);
  ck_assert_msg(!load("idx:grey", NULL, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.classes, 5); /* the largest label is a test image's */
  ck_assert_int_eq(d.train.height, 4);
  ck_assert_int_eq(d.train.width, 6);
  ck_assert_int_eq(d.train.channels, 1);
  ck_assert_str_eq(d.folder, "grey");
  ho_dataset_free(&d);
  put_folder("here/colour", 4, 3, 4, 2);
  ck_assert_msg(!load("idx:colour/", NULL, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.classes, 4);
  ck_assert_int_eq(d.test.channels, 3);
  ho_dataset_free(&d);
  put_folder("here/one", 4, 0, 1, 1);
  expect_refusal("idx:one", "at least two classes");
  put("here/colour/t10k-images-idx4-ubyte", "xx", 2);
  expect_refusal("idx:colour", "idx: colour/t10k-images-idx4-ubyte: truncated");
  unlink(in_folder("here/colour/t10k-images-idx4-ubyte"));
  expect_refusal("idx:colour", "neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz");
  expect_refusal("idx:nowhere", "idx: neither nowhere nor nowhere.gz can be read");
}
END_TEST

/* Every usual name, compressed or not; the name with idx3 may be that of a folder, as some archives have it. */
START_TEST(idx_under_all_usual_names)
{
  static const char *const images[] = { "-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx4-ubyte",
                                        "-images.idx4-ubyte" };
  static const char *const labels[] = { "-labels-idx1-ubyte", "-labels.idx1-ubyte", "-labels-idx1-byte",
                                        "-labels.idx1-byte",  "-labels-idx1-short", "-labels.idx1-int" };
  struct ho_dataset d;
  struct ho_error err;
  for (int i = 0; i < 6; i++) {
    char name[256];
    remove_tree(in_folder("here/any"));
    put_folder("here/any", 4, 0, 2, 2);
    for (int test = 0; test < 2; test++) {
      const char *part = !test ? "train" : i % 2 ? "test" : "t10k", *old = test ? "here/any/t10k" : "here/any/train";
      char from[256];
      snprintf(from, sizeof from, "%s-images-idx3-ubyte", old);
      snprintf(name, sizeof name, "here/any/%s%s", part, images[i % 4]);
      rename(in_folder(from), in_folder(name));
      snprintf(from, sizeof from, "%s-labels-idx1-ubyte", old);
      snprintf(name, sizeof name, "here/any/%s%s", part, labels[i]);
      rename(in_folder(from), in_folder(name));
    }
    if (i % 4)
      ck_assert_int_eq(ho_folder_make(in_folder("here/any/train-images-idx3-ubyte"), NULL), 0);
    ck_assert_msg(!load("idx:any", NULL, &d, &err), "%d: %s", i, err.text);
    ck_assert(d.train.n == 4 && d.test.n == 4);
    ho_dataset_free(&d);
  }
}
END_TEST

START_TEST(idx_without_test_images)
{
  struct ho_dataset d;
  struct ho_error err;
  put_folder("here/grey", 6, 0, 3, 3);
  unlink(in_folder("here/grey/t10k-images-idx3-ubyte"));
  expect_refusal("idx:grey", "neither t10k-images-idx3-ubyte nor");
  unlink(in_folder("here/grey/t10k-labels-idx1-ubyte"));
  ck_assert_msg(!load("idx:grey", NULL, &d, &err), "%s", err.text);
  ck_assert(d.train.n == 6 && !d.test.n && d.classes == 3 && strlen(d.sha256) == 64);
  ho_dataset_free(&d);
}
END_TEST

static size_t count(const char *name, const char *directory)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_msg(!load(name, directory, &d, &err), "%s", err.text);
  size_t n = d.train.n;
  ho_dataset_free(&d);
  return n;
}

START_TEST(names_are_looked_for_in_order)
{
  struct ho_dataset d;
  struct ho_error err;
  put_folder("share/holdout/mine", 2, 0, 2, 2);
  ck_assert_uint_eq(count("idx:mine", NULL), 2);
  put_folder("variable/mine", 3, 0, 2, 2);
  setenv("HOLDOUT_DATA", in_folder("variable"), 1);
  ck_assert_uint_eq(count("idx:mine", NULL), 3);
  put_folder("here/mine", 4, 0, 2, 2);
  ck_assert_uint_eq(count("idx:mine", NULL), 4);
  ck_assert_uint_eq(count("idx:./mine", ""), 4);
  put_folder("flag/mine", 5, 0, 2, 2);
  ck_assert_uint_eq(count("idx:mine", in_folder("flag")), 5);
  ck_assert_int_eq(load("idx:mine", in_folder("nowhere"), &d, &err), -1);
  assert_says(err, "looked in ");
  ck_assert_ptr_null(strstr(err.text, "working folder"));
  char absolute[8300];
  snprintf(absolute, sizeof absolute, "idx:%.4000s/here/mine", folder);
  ck_assert_uint_eq(count(absolute, in_folder("flag")), 4);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("user files");
  TCase *t = tcase_create("user files");
  tcase_add_checked_fixture(t, fill, leave);
  tcase_add_test(t, records_of_any_size_from_any_number_of_files);
  tcase_add_test(t, the_size_is_cifars_unless_said);
  tcase_add_test(t, wrong_arguments_are_told);
  tcase_add_test(t, damaged_records_are_refused);
  tcase_add_test(t, test_images_are_given_or_taken_or_none);
  tcase_add_test(t, labels_that_begin_at_1_are_warned_of);
  tcase_add_test(t, random_arguments_and_bytes_do_no_harm);
  tcase_add_test(t, idx_of_any_channels_and_classes);
  tcase_add_test(t, idx_under_all_usual_names);
  tcase_add_test(t, idx_without_test_images);
  tcase_add_test(t, names_are_looked_for_in_order);
  suite_add_tcase(suite, t);
  return suite;
}
