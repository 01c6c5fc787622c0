/* SPDX-License-Identifier: MIT
 * test_picture_folder.c - data sets of picture files: classes and parts, order, what is left out, the cache. */
#include "data/readers.h"

#include <fcntl.h>
#include <utime.h>

#include "base/file.h"
#include "compute/parallel.h"
#include "data/pictures.h"
#include "../../tools/png.h"
#include "../data_fixtures.h"

static void fill(void)
{
  make_folder();
  setenv("XDG_CACHE_HOME", in_folder("cache"), 1);
  unsetenv("HOLDOUT_DATA");
  ck_assert_int_eq(ho_folder_make(in_folder("set"), NULL), 0);
}

/* A picture of one colour; the folders are made. */
static void put_picture(const char *name, int width, int height, int level)
{
  unsigned char pixel[64 * 64 * 3];
  char path[4096];
  snprintf(path, sizeof path, "%s", in_folder(name));
  *strrchr(path, '/') = 0;
  ck_assert_int_eq(ho_folder_make(path, NULL), 0);
  memset(pixel, level, sizeof pixel);
  struct png f = png_make(width, height, PNG_RGB, 8, pixel, NULL, 0, NULL, 0);
  put(name, f.bytes, f.size);
  free(f.bytes);
}

static int load(const char *options, struct ho_dataset *d, struct ho_error *err)
{
  char name[8192];
  snprintf(name, sizeof name, "folder:%s%s", in_folder("set"), options);
  return ho_dataset_load(name, NULL, d, err);
}

static void expect(const char *options, struct ho_dataset *d)
{
  struct ho_error err;
  ck_assert_msg(!load(options, d, &err), "%s", err.text);
}

static void expect_refusal(const char *options, const char *words)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_msg(load(options, &d, &err) == -1, "`%s' is not refused", options);
  assert_says(err, words);
  ck_assert_ptr_null(d.train.pixel);
  ck_assert_ptr_null(d.test.pixel);
}

/* Names, labels and colours: the level of each picture is in its name, behind the last letter. */
static void expect_images(const struct ho_images *im, size_t n, const char *const *names, const uint16_t *labels)
{
  ck_assert_uint_eq(im->n, n);
  for (size_t i = 0; i < n; i++) {
    ck_assert_str_eq(im->file[i], names[i]);
    ck_assert_uint_eq(im->label[i], labels[i]);
    size_t bytes = (size_t)im->height * (size_t)im->width * (size_t)im->channels;
    int level = atoi(names[i] + strcspn(names[i], "0123456789"));
    ck_assert_int_eq(im->pixel[i * bytes], level);
    ck_assert_int_eq(im->pixel[i * bytes + bytes - 1], level);
  }
}

static void put_two_classes(void)
{
  put_picture("set/b/x1.png", 4, 4, 1);
  put_picture("set/a/x2.png", 4, 4, 2);
  put_picture("set/a/deep/x3.png", 4, 4, 3);
  put_picture("set/a/Y4.PNG", 4, 4, 4);
  put_picture("set/b/x5.png", 4, 4, 5);
}

/* ---- classes and parts ---- */

START_TEST(a_folder_for_each_class_in_the_order_of_imagefolder)
{
  static const char *const names[] = { "a/Y4.PNG", "a/x2.png", "a/deep/x3.png", "b/x1.png", "b/x5.png" };
  static const uint16_t labels[] = { 0, 0, 0, 1, 1 };
  struct ho_dataset d;
  put_two_classes();
  expect("", &d);
  ck_assert_int_eq(d.classes, 2);
  ck_assert_str_eq(d.class_name[0], "a");
  ck_assert_str_eq(d.class_name[1], "b");
  ck_assert_int_eq(d.train.height, 4);
  ck_assert_int_eq(d.train.width, 4);
  ck_assert_int_eq(d.train.channels, 3);
  expect_images(&d.train, 5, names, labels);
  ck_assert_uint_eq(d.test.n, 0);
  ck_assert_str_eq(d.warnings.text, "");
  ho_dataset_free(&d);
}
END_TEST

START_TEST(train_and_test_may_have_folders)
{
  static const char *const tests[] = { "test", "val", "valid", "validation" };
  for (size_t k = 0; k < 4; k++) {
    struct ho_dataset d;
    char name[64], first[64];
    put_picture("set/train/a/x1.png", 4, 4, 1);
    put_picture("set/train/b/x2.png", 4, 4, 2);
    snprintf(name, sizeof name, "set/%s/b/x3.png", tests[k]);
    put_picture(name, 4, 4, 3);
    snprintf(first, sizeof first, "%s/b/x3.png", tests[k]);
    expect("", &d);
    expect_images(&d.train, 2, (const char *const[]){ "train/a/x1.png", "train/b/x2.png" }, (const uint16_t[]){ 0, 1 });
    expect_images(&d.test, 1, (const char *const[]){ first }, (const uint16_t[]){ 1 });
    ho_dataset_free(&d);
    expect_refusal(",test=0.5", "is for folders without test images");
    remove_tree(in_folder("set"));
  }
}
END_TEST

START_TEST(a_class_may_be_called_train)
{
  struct ho_dataset d;
  put_picture("set/bus/x1.png", 4, 4, 1);
  put_picture("set/train/x2.png", 4, 4, 2);
  expect("", &d);
  ck_assert_int_eq(d.classes, 2);
  ck_assert_str_eq(d.class_name[1], "train");
  ho_dataset_free(&d);
}
END_TEST

START_TEST(a_share_of_each_class_is_split_off)
{
  struct ho_dataset d, other;
  for (int i = 0; i < 40; i++) {
    char name[64];
    snprintf(name, sizeof name, "set/%c/x%d.png", i % 2 ? 'a' : 'b', i + 1);
    put_picture(name, 2, 2, i + 1);
  }
  expect(",test=0.25", &d);
  ck_assert_uint_eq(d.train.n, 30);
  ck_assert_uint_eq(d.test.n, 10);
  size_t second = 0;
  for (size_t i = 0; i < 10; i++) {
    second += d.test.label[i];
    ck_assert_int_eq(d.test.pixel[12 * i], atoi(d.test.file[i] + 3));
    ck_assert_int_eq(d.test.label[i], *d.test.file[i] - 'a');
  }
  ck_assert_uint_eq(second, 5);
  expect(",test=0.25,seed=1", &other);
  ck_assert_str_ne(d.sha256, other.sha256);
  ho_dataset_free(&d);
  ho_dataset_free(&other);
}
END_TEST

START_TEST(what_is_no_data_set_is_told)
{
  struct ho_error err;
  struct ho_dataset d;
  ck_assert_int_eq(ho_dataset_load("folder:/no/such/folder", NULL, &d, &err), -1);
  assert_says(err, "/no/such/folder");
  expect_refusal("", "it has no sub-folder");
  put_picture("set/x1.png", 4, 4, 1);
  expect_refusal("", "and not side by side");
  put_picture("set/a/x1.png", 4, 4, 1);
  expect_refusal("", "`a' is the only sub-folder");
  ck_assert_int_eq(ho_folder_make(in_folder("set/b"), NULL), 0);
  expect_refusal("", "the folder of class `b' has no pictures");
  put("set/b/notes.txt", "text", 4);
  expect_refusal("", "the folder of class `b' has no pictures");
  put_picture("set/b/x1.png", 4, 4, 1);
  expect("", &d);
  assert_says((struct { const char *text; }){ d.warnings.text },
              "2 files that are not pictures (such as b/notes.txt), 0 hidden");
  ho_dataset_free(&d);
  ck_assert_int_eq(rename(in_folder("set"), in_folder("train")), 0);
  ck_assert_int_eq(ho_folder_make(in_folder("set"), NULL), 0);
  ck_assert_int_eq(remove(in_folder("train/x1.png")), 0);
  ck_assert_int_eq(rename(in_folder("train"), in_folder("set/train")), 0);
  put_picture("set/test/c/x1.png", 4, 4, 1);
  expect_refusal("", "test/c: a class of the test images that train/ does not have");
}
END_TEST

START_TEST(options_are_checked)
{
  put_two_classes();
  expect_refusal(",size=64", "size: `64' is not height");
  expect_refusal(",size=0x4", "size: `0x4'");
  expect_refusal(",size=4x4x2", "size: `4x4x2'");
  expect_refusal(",size=4x4x3x1", "size: `4x4x3x1'");
  expect_refusal(",size=4x 4", "size: `4x 4'");
  expect_refusal(",size=9999x4", "size: `9999x4'");
  expect_refusal(",size=4x4x", "size: `4x4x'");
  expect_refusal(",size=64x12345", "size: `64x12345'");
  expect_refusal(",size=64x64x33", "size: `64x64x33'");
  expect_refusal(",siez=4x4", "unknown key `siez': did you mean `size'");
  expect_refusal(",size=4x4,size=4x4", "`size' is given twice");
  expect_refusal(",test=1.5", "not a share between 0 and 1");
  expect_refusal(",test=x", "not a share between 0 and 1");
  expect_refusal(",seed=1", "it needs test=");
  expect_refusal(",test=0.5,seed=-1", "seed: `-1'");
  expect_refusal(",broken=no", "broken: `no' is not `skip'");
}
END_TEST

START_TEST(folders_may_have_commas_and_links)
{
  struct ho_dataset d;
  struct ho_error err;
  char name[8192];
  put_two_classes();
  ck_assert_int_eq(symlink("../b", in_folder("set/a/more")), 0);
  ck_assert_int_eq(symlink("..", in_folder("set/a/circle")), 0);
  ck_assert_int_eq(rename(in_folder("set"), in_folder("my, set")), 0);
  snprintf(name, sizeof name, "folder:%s,size=8x6x1", in_folder("my, set"));
  ck_assert_msg(!ho_dataset_load(name, NULL, &d, &err), "%s", err.text);
  ck_assert_uint_eq(d.train.n, 9); /* 5; 2 by each link: the second leads to b and, in a circle, to a */
  ck_assert_int_eq(d.train.channels, 1);
  ck_assert_int_eq(d.train.height, 8);
  ck_assert_int_eq(d.train.width, 6);
  ho_dataset_free(&d);
}
END_TEST

START_TEST(folders_may_be_deep_but_not_endlessly)
{
  struct ho_dataset d;
  char name[512] = "set/a";
  put_two_classes();
  for (int i = 0; i < 100; i++)
    strcat(name, "/x");
  strcat(name, "/x6.png");
  put_picture(name, 4, 4, 6);
  expect("", &d);
  ck_assert_uint_eq(d.train.n, 6);
  ho_dataset_free(&d);
  strcpy(strrchr(name, '/'), "/x/x6.png");
  put_picture(name, 4, 4, 6);
  expect_refusal("", "more than 100 folders, one within the other");
}
END_TEST

START_TEST(the_size_is_the_pictures_own_if_they_agree)
{
  static const struct {
    int width, height, other_width, other_height, want_height, want_width;
  } cases[] = { { 5, 7, 5, 7, 7, 5 }, { 5, 7, 7, 5, 64, 64 }, { 64, 64, 64, 64, 64, 64 }, { 1, 1, 1, 1, 1, 1 } };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    struct ho_dataset d;
    put_picture("set/a/x1.png", cases[k].width, cases[k].height, 1);
    put_picture("set/b/x2.png", cases[k].other_width, cases[k].other_height, 2);
    expect("", &d);
    ck_assert_int_eq(d.train.height, cases[k].want_height);
    ck_assert_int_eq(d.train.width, cases[k].want_width);
    ho_dataset_free(&d);
  }
}
END_TEST

/* ---- what cannot be read ---- */

START_TEST(broken_pictures_are_named_or_skipped)
{
  struct ho_dataset d;
  put_two_classes();
  put("set/a/empty.jpg", "", 0);
  put("set/b/web\npage.jpg", "<html>", 6);
  put("set/b/.DS_Store", "x", 1);
  put("set/b/Thumbs.db", "x", 1);
  ck_assert_int_eq(symlink("nowhere", in_folder("set/b/gone.png")), 0);
  expect_refusal("", "3 of 8 pictures cannot be read: ");
  expect_refusal("", "a/empty.jpg: the file is empty;");
  expect_refusal("", "b/gone.png: No such file");
  expect_refusal("", "b/web?page.jpg: not a picture");
  for (int again = 0; again < 2; again++) { /* the second time from the cache */
    expect(",broken=skip", &d);
    ck_assert_uint_eq(d.train.n, 5);
    assert_says((struct { const char *text; }){ d.warnings.text }, "3 of 8 pictures cannot be read: ");
    assert_says((struct { const char *text; }){ d.warnings.text }, "are left out\n");
    assert_says((struct { const char *text; }){ d.warnings.text }, "0 files that are not pictures, 2 hidden files");
    ho_dataset_free(&d);
  }
  expect_refusal("", "3 of 8 pictures cannot be read: ");
}
END_TEST

/* What only its owner may not read today is not remembered as broken. */
START_TEST(pictures_without_permission_are_tried_again)
{
  struct ho_dataset d;
  if (!geteuid())
    return; /* nothing is forbidden to root */
  put_two_classes();
  ck_assert_int_eq(chmod(in_folder("set/a/x2.png"), 0), 0);
  expect(",broken=skip", &d);
  ck_assert_uint_eq(d.train.n, 4);
  ho_dataset_free(&d);
  ck_assert_int_eq(chmod(in_folder("set/a/x2.png"), 0600), 0);
  expect(",broken=skip", &d);
  ck_assert_uint_eq(d.train.n, 5);
  ho_dataset_free(&d);
}
END_TEST

/* ---- threads ---- */

START_TEST(any_number_of_threads_reads_the_same)
{
  char sha[HO_SHA256_TEXT] = "";
  for (int i = 0; i < 60; i++) {
    char name[64];
    snprintf(name, sizeof name, "set/%c/x%d.png", i % 2 ? 'a' : 'b', i + 1);
    put_picture(name, 1 + i, 64 - i, i + 1);
  }
  for (int threads = 1; threads <= 4; threads++) {
    struct ho_dataset d;
    remove_tree(in_folder("cache"));
    ho_parallel_setup(threads);
    expect("", &d);
    if (threads > 1)
      ck_assert_str_eq(d.sha256, sha);
    snprintf(sha, sizeof sha, "%s", d.sha256);
    ho_dataset_free(&d);
  }
}
END_TEST

/* ---- the cache ---- */

static const char *cache_file(void)
{
  static char path[8192];
  *path = 0;
  DIR *dir = opendir(in_folder("cache/holdout"));
  for (struct dirent *e; dir && (e = readdir(dir));)
    if (*e->d_name != '.')
      snprintf(path, sizeof path, "%s/%s", in_folder("cache/holdout"), e->d_name);
  if (dir)
    closedir(dir);
  return *path ? path : NULL;
}

static size_t size_of(const char *path)
{
  struct stat st;
  ck_assert_int_eq(stat(path, &st), 0);
  return (size_t)st.st_size;
}

static ino_t inode_of(const char *path)
{
  struct stat st;
  ck_assert_int_eq(stat(path, &st), 0);
  return st.st_ino;
}

static void expect_same(const char *options, const char *sha)
{
  struct ho_dataset d;
  expect(options, &d);
  ck_assert_str_eq(d.sha256, sha);
  ck_assert_str_eq(d.warnings.text, "");
  ho_dataset_free(&d);
}

START_TEST(pictures_are_decoded_once)
{
  struct ho_dataset d;
  struct stat st;
  char sha[HO_SHA256_TEXT];
  put_two_classes();
  expect("", &d);
  snprintf(sha, sizeof sha, "%s", d.sha256);
  ho_dataset_free(&d);
  ck_assert_ptr_nonnull(cache_file());
  ck_assert_int_eq(stat(cache_file(), &st), 0);
  ck_assert_int_eq(st.st_mode & 0777, 0600);
  ck_assert_uint_eq(size_of(cache_file()), 128 + 5 + 5 * 4 * 4 * 3 + 64);
  /* A picture of other contents, of the same size and time: what is loaded comes from the cache. */
  ck_assert_int_eq(stat(in_folder("set/a/x2.png"), &st), 0);
  const struct timespec times[2] = { st.st_atim, st.st_mtim };
  put_picture("set/a/x2.png", 4, 4, 99);
  ck_assert_int_eq(utimensat(AT_FDCWD, in_folder("set/a/x2.png"), times, 0), 0);
  expect_same("", sha);
  /* Another time: it is decoded again. */
  ck_assert_int_eq(utime(in_folder("set/a/x2.png"), &(struct utimbuf){ 1, 1 }), 0);
  expect("", &d);
  ck_assert_str_ne(d.sha256, sha);
  ho_dataset_free(&d);
}
END_TEST

/* Whatever was done to the file, the pictures are read again, and the file is written anew. */
START_TEST(a_damaged_cache_is_not_used)
{
  char sha[HO_SHA256_TEXT], path[8192];
  struct ho_dataset d;
  put_two_classes();
  expect("", &d);
  snprintf(sha, sizeof sha, "%s", d.sha256);
  ho_dataset_free(&d);
  snprintf(path, sizeof path, "%s", cache_file());
  size_t size = size_of(path);
  unsigned char *good = malloc(size), *bad = malloc(size + 1);
  FILE *f = fopen(path, "rb");
  ck_assert_uint_eq(fread(good, 1, size, f), size);
  fclose(f);
  for (size_t at = 0; at <= size; at += at < 200 ? 1 : 7) { /* one byte is another; at the end: one more */
    memcpy(bad, good, size);
    bad[size] = 'x';
    if (at < size)
      bad[at] ^= 1;
    f = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(bad, 1, size + (at == size), f), size + (at == size));
    ck_assert_int_eq(fclose(f), 0);
    ino_t before = inode_of(path);
    expect_same("", sha);
    ck_assert_uint_eq(size_of(path), size);
    if (inode_of(path) == before)
      ck_abort_msg("byte %zu: the cache was not written anew", at);
  }
  for (size_t cut = 0; cut < size; cut += 13) {
    ck_assert_int_eq(truncate(path, (off_t)cut), 0);
    expect_same("", sha);
  }
  ck_assert_int_eq(chmod(path, 0666), 0); /* anybody may have written it */
  ino_t before = inode_of(path);
  expect_same("", sha);
  ck_assert_uint_ne(inode_of(path), before);
  free(good);
  free(bad);
}
END_TEST

START_TEST(without_a_cache_it_works_with_a_warning)
{
  struct ho_dataset d;
  put_two_classes();
  put("file", "x", 1);
  setenv("XDG_CACHE_HOME", in_folder("file"), 1);
  expect("", &d);
  assert_says((struct { const char *text; }){ d.warnings.text }, "decoded again the next time: ");
  ck_assert_uint_eq(d.train.n, 5);
  ho_dataset_free(&d);
}
END_TEST

START_TEST(short_names_are_those_of_the_folder)
{
  char name[128];
  ho_dataset_short_name("folder:/data/birds/,size=32x32x3,test=0.2", name, sizeof name);
  ck_assert_str_eq(name, "folder-birds");
  ho_dataset_short_name("folder:my birds", name, sizeof name);
  ck_assert_str_eq(name, "folder-my-birds");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("picture folders");
  TCase *t = tcase_create("folders");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_add_test(t, a_folder_for_each_class_in_the_order_of_imagefolder);
  tcase_add_test(t, train_and_test_may_have_folders);
  tcase_add_test(t, a_class_may_be_called_train);
  tcase_add_test(t, a_share_of_each_class_is_split_off);
  tcase_add_test(t, what_is_no_data_set_is_told);
  tcase_add_test(t, options_are_checked);
  tcase_add_test(t, folders_may_have_commas_and_links);
  tcase_add_test(t, folders_may_be_deep_but_not_endlessly);
  tcase_add_test(t, the_size_is_the_pictures_own_if_they_agree);
  tcase_add_test(t, broken_pictures_are_named_or_skipped);
  tcase_add_test(t, pictures_without_permission_are_tried_again);
  tcase_add_test(t, any_number_of_threads_reads_the_same);
  tcase_add_test(t, pictures_are_decoded_once);
  tcase_add_test(t, a_damaged_cache_is_not_used);
  tcase_add_test(t, without_a_cache_it_works_with_a_warning);
  tcase_add_test(t, short_names_are_those_of_the_folder);
  suite_add_tcase(s, t);
  return s;
}
