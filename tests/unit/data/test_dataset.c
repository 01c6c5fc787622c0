/* SPDX-License-Identifier: MIT
 * test_dataset.c - by name: where they are looked for, what is measured, what is said when one is missing. */
#include "data/dataset.h"

#include <math.h>

#include "base/file.h"
#include "data/readers.h"
#include "../data_fixtures.h"

static void put_idx(const char *name, int dimensions, uint32_t n, uint32_t side, int classes)
{
  size_t size = dimensions == 3 ? 16 + (size_t)n * side * side : 8 + (size_t)n;
  unsigned char *file = calloc(1, size);
  const uint32_t head[] = { dimensions == 3 ? 0x803 : 0x801, n, side, side };
  for (int w = 0; w <= dimensions; w++)
    for (int i = 0; i < 4; i++)
      file[4 * w + i] = (unsigned char)(head[w] >> (24 - 8 * i));
  for (size_t i = 4 + 4 * (size_t)dimensions, k = 0; i < size; i++, k++)
    file[i] = (unsigned char)(dimensions == 3 ? k * 37 % 251 : k % (size_t)classes);
  put(name, file, size);
  free(file);
}

static void put_mnist(const char *below, uint32_t n)
{
  char name[256];
  ck_assert_int_eq(ho_folder_make(in_folder(below), NULL), 0);
  static const char *const names[] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                       "t10k-labels-idx1-ubyte" };
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "%s/%s", below, names[i]);
    put_idx(name, i % 2 ? 1 : 3, i < 2 ? n : n / 2, 5, 10);
  }
}

static void fill(void)
{
  make_folder();
  unsetenv("HOLDOUT_DATA");
  setenv("XDG_DATA_HOME", in_folder("share"), 1);
}

static size_t load_count(const char *name, const char *directory)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_msg(!ho_dataset_load(name, directory, &d, &err), "%s", err.text);
  size_t n = d.train.n;
  ck_assert_str_eq(d.name, name);
  ho_dataset_free(&d);
  return n;
}

START_TEST(folders_are_searched_in_order)
{
  put_mnist("share/holdout/mnist", 10);
  ck_assert_uint_eq(load_count("mnist", NULL), 10);
  put_mnist("environment/MNIST/raw", 20);
  setenv("HOLDOUT_DATA", in_folder("environment"), 1);
  ck_assert_uint_eq(load_count("mnist", NULL), 20);
  ck_assert_uint_eq(load_count("mnist", ""), 20);
  put_mnist("flag", 30);
  ck_assert_uint_eq(load_count("mnist", in_folder("flag")), 30);
  put_mnist("flag/mnist", 40); /* a folder of its own is surer than files that lie about */
  ck_assert_uint_eq(load_count("mnist", in_folder("flag")), 40);
  setenv("HOLDOUT_DATA", in_folder("nowhere"), 1);
  ck_assert_uint_eq(load_count("mnist", NULL), 10);
}
END_TEST

START_TEST(an_explicit_folder_is_the_only_one)
{
  struct ho_dataset d;
  struct ho_error err;
  put_mnist("share/holdout/mnist", 10);
  ck_assert_int_eq(ho_dataset_load("mnist", in_folder("empty"), &d, &err), -1);
  assert_says(err, "there is no such folder");
  ck_assert_int_eq(ho_folder_make(in_folder("empty"), NULL), 0);
  ck_assert_int_eq(ho_dataset_load("mnist", in_folder("empty"), &d, &err), -1);
  assert_says(err, "train-images-idx3-ubyte");
  assert_says(err, in_folder("empty"));
  assert_says(err, "yann.lecun.com");
  ck_assert_ptr_null(d.train.pixel);
}
END_TEST

START_TEST(mnist_is_not_read_for_fashion_mnist)
{
  struct ho_dataset d;
  struct ho_error err;
  put_mnist("mnist", 10);
  put_mnist("FashionMNIST/raw", 20);
  ck_assert_uint_eq(load_count("mnist", folder), 10);
  ck_assert_uint_eq(load_count("fashion-mnist", folder), 20);
  ck_assert_uint_eq(load_count("fashion-mnist", in_folder("FashionMNIST/raw")), 20);
  ck_assert_int_eq(ho_dataset_load("fashion-mnist", in_folder("mnist"), &d, &err), -1);
  assert_says(err, "has the name of mnist");
  ck_assert_int_eq(ho_dataset_load("mnist", in_folder("FashionMNIST/raw/."), &d, &err), -1);
  assert_says(err, "has the name of fashion-mnist");
}
END_TEST

START_TEST(unknown_names_are_corrected)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_int_eq(ho_dataset_load("fasion-mnist", NULL, &d, &err), -1);
  assert_says(err, "`fasion-mnist'");
  assert_says(err, "`fashion-mnist'?");
  ck_assert_int_eq(ho_dataset_load("imagenet", NULL, &d, &err), -1);
  assert_says(err, "choose one of fashion-mnist, mnist, cifar10, cifar100, synthetic, idx:FOLDER, cifar:train=");
  ck_assert_int_eq(ho_dataset_load("", NULL, &d, &err), -1);
  ck_assert_int_eq(ho_dataset_load("cifar", NULL, &d, &err), -1);
  assert_says(err, "`cifar' needs an argument: cifar:train=");
  ck_assert_int_eq(ho_dataset_load("idx:", NULL, &d, &err), -1);
  assert_says(err, "`idx' needs an argument: idx:FOLDER");
  ck_assert_int_eq(ho_dataset_load("mnist:", NULL, &d, &err), -1);
  assert_says(err, "`mnist:': nothing may follow the name mnist");
  ck_assert_int_eq(ho_dataset_load("idy:x", NULL, &d, &err), -1);
  assert_says(err, "did you mean `idx'?");
  ck_assert_str_eq(ho_dataset_kind_find("cifar10", &err)->name, "cifar10");
}
END_TEST

START_TEST(damage_names_data_set_and_file)
{
  struct ho_dataset d;
  struct ho_error err;
  put_mnist("mnist", 10);
  put("mnist/t10k-labels-idx1-ubyte", "xx", 2);
  ck_assert_int_eq(ho_dataset_load("mnist", folder, &d, &err), -1);
  assert_says(err, "mnist: ");
  assert_says(err, "t10k-labels-idx1-ubyte: truncated");
  ck_assert_ptr_null(d.train.pixel);
  ck_assert_ptr_null(d.test.pixel);
  put_idx("mnist/t10k-images-idx3-ubyte", 3, 4, 6, 10);
  put_idx("mnist/t10k-labels-idx1-ubyte", 1, 4, 0, 10);
  ck_assert_int_eq(ho_dataset_load("mnist", folder, &d, &err), -1);
  assert_says(err, "training images are 5 x 5 x 1, test images 6 x 6 x 1");
}
END_TEST

/* The naive way, in two passes and long double. */
START_TEST(mean_and_deviation_are_those_of_training_pixels)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_msg(!ho_dataset_load("synthetic", NULL, &d, &err), "%s", err.text);
  size_t pixels = d.train.n * 256;
  for (size_t c = 0; c < 3; c++) {
    long double sum = 0, square = 0;
    for (size_t i = 0; i < pixels; i++)
      sum += d.train.pixel[3 * i + c] / 255.0L;
    long double mean = sum / pixels;
    for (size_t i = 0; i < pixels; i++)
      square += (d.train.pixel[3 * i + c] / 255.0L - mean) * (d.train.pixel[3 * i + c] / 255.0L - mean);
    ck_assert_float_eq_tol(d.mean[c], (float)mean, 1e-7f);
    ck_assert_float_eq_tol(d.deviation[c], (float)sqrtl(square / pixels), 1e-7f);
  }
  ho_dataset_free(&d);
}
END_TEST

START_TEST(constant_images_have_deviation_one)
{
  struct ho_dataset d;
  struct ho_error err;
  put_mnist("mnist", 10);
  unsigned char file[16 + 10 * 25] = { 0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0, 5 };
  memset(file + 16, 51, sizeof file - 16);
  put("mnist/train-images-idx3-ubyte", file, sizeof file);
  ck_assert_msg(!ho_dataset_load("mnist", folder, &d, &err), "%s", err.text);
  ck_assert_float_eq_tol(d.mean[0], 0.2f, 1e-7f);
  ck_assert_float_eq(d.deviation[0], 1);
  ho_dataset_free(&d);
}
END_TEST

/* Pixels, then labels as two bytes, of training and test images. */
START_TEST(checksum_is_over_pixels_and_labels)
{
  struct ho_dataset d;
  struct ho_error err;
  char hex[HO_SHA256_TEXT];
  put_mnist("mnist", 20);
  ck_assert_msg(!ho_dataset_load("mnist", folder, &d, &err), "%s", err.text);
  unsigned char bytes[20 * 25 + 40 + 10 * 25 + 20] = { 0 }, *at = bytes;
  const struct ho_images *part[] = { &d.train, &d.test };
  for (int p = 0; p < 2; p++) {
    memcpy(at, part[p]->pixel, part[p]->n * 25);
    at += part[p]->n * 25;
    for (size_t i = 0; i < part[p]->n; i++, at += 2)
      at[0] = (unsigned char)part[p]->label[i];
  }
  ck_assert_int_eq(ho_sha256(bytes, sizeof bytes, hex, NULL), 0);
  ck_assert_str_eq(d.sha256, hex);
  ho_dataset_free(&d);
}
END_TEST

START_TEST(other_files_than_the_official_are_told)
{
  struct ho_dataset d;
  struct ho_error err;
  put_mnist("mnist", 10);
  ck_assert_msg(!ho_dataset_load("mnist", folder, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.altered, 1);
  ho_dataset_free(&d);
  ck_assert_msg(!ho_dataset_load("synthetic", folder, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.altered, 0);
  ho_dataset_free(&d);
  char own[8200];
  snprintf(own, sizeof own, "idx:%s", in_folder("mnist"));
  ck_assert_msg(!ho_dataset_load(own, NULL, &d, &err), "%s", err.text);
  ck_assert_int_eq(d.altered, 0);
  ho_dataset_free(&d);
  for (const struct ho_dataset_kind *k = ho_dataset_kinds(); k->name; k++)
    ck_assert(!k->sha256 || (strlen(k->sha256) == 64 && strspn(k->sha256, "0123456789abcdef") == 64));
}
END_TEST

START_TEST(synthetic_is_the_same_everywhere)
{
  struct ho_dataset d;
  struct ho_error err;
  ck_assert_msg(!ho_dataset_load("synthetic", in_folder("nowhere"), &d, &err), "%s", err.text);
  ck_assert_str_eq(d.sha256, "2e8c9f77789d8441f230ddcc54fb94c255fdaea8fc76760e543580ddc25e9a0e");
  ck_assert_uint_eq(d.train.n, 2000);
  ck_assert_uint_eq(d.test.n, 1000);
  ck_assert_str_eq(d.folder, "");
  ho_dataset_free(&d);
}
END_TEST

/* The nearest class mean: well above chance, and well below perfect, so that methods differ. */
START_TEST(synthetic_can_be_learned)
{
  enum { D = 16 * 16 * 3 };
  static double mean[10][D];
  struct ho_dataset d;
  struct ho_error err;
  int right = 0;
  ck_assert_msg(!ho_dataset_load("synthetic", NULL, &d, &err), "%s", err.text);
  for (size_t i = 0; i < d.train.n; i++)
    for (int k = 0; k < D; k++)
      mean[d.train.label[i]][k] += d.train.pixel[i * D + (size_t)k] / 200.0;
  for (size_t i = 0; i < d.test.n; i++) {
    double best = INFINITY;
    int nearest = 0;
    for (int c = 0; c < 10; c++) {
      double distance = 0;
      for (int k = 0; k < D; k++)
        distance += pow(d.test.pixel[i * D + (size_t)k] - mean[c][k], 2);
      if (distance < best) {
        best = distance;
        nearest = c;
      }
    }
    right += nearest == d.test.label[i];
  }
  ck_assert_int_gt(right, 750);
  ck_assert_int_lt(right, 950);
  ho_dataset_free(&d);
}
END_TEST

START_TEST(too_many_images_are_refused)
{
  struct ho_images im;
  struct ho_error err;
  ck_assert_int_eq(ho_images_alloc(&im, 1 << 30, 4096, 4096, 16, &err), -1);
  assert_says(err, "68719476736 bytes");
  ck_assert_int_eq(ho_images_alloc(&im, 1, 1, 1, 17, &err), -1);
  ck_assert_int_eq(ho_images_alloc(&im, 1, 0, 1, 1, &err), -1);
  ck_assert_int_eq(ho_images_alloc(&im, 0, 1, 1, 1, &err), -1);
  ck_assert_int_eq(ho_images_alloc(&im, SIZE_MAX, 1, 1, 1, &err), -1);
}
END_TEST

START_TEST(short_names)
{
  static const char *const names[][2] = {
    { "mnist", "mnist" },
    { "idx:shapes", "idx-shapes" },
    { "idx:/data/my shapes/", "idx-my-shapes" },
    { "idx:.", "idx" },
    { "idx:..", "idx" },
    { "idx:/", "idx" },
    { "idx:a/..", "idx" },
    { "idx:../b", "idx-b" },
    { "cifar:size=3x5x2,train=/x/a.bin+b.bin,test=c", "cifar-a.bin" },
    { "cifar:train=a,test=c", "cifar-a" },
    { "idx:train=x", "idx-train-x" },
    { "cifar:test=a", "cifar-test-a" },
    { "npy:/x/images.npy,labels=/y/l.npy", "npy-images.npy" },
    { "idx:0123456789012345678901234567890123456789012345", "idx-0123456789012345678901234567890123456789" },
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char out[128];
    ho_dataset_short_name(names[i][0], out, sizeof out);
    ck_assert_str_eq(out, names[i][1]);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("dataset");
  TCase *t = tcase_create("dataset");
  tcase_add_checked_fixture(t, fill, remove_folder);
  tcase_add_test(t, folders_are_searched_in_order);
  tcase_add_test(t, an_explicit_folder_is_the_only_one);
  tcase_add_test(t, mnist_is_not_read_for_fashion_mnist);
  tcase_add_test(t, unknown_names_are_corrected);
  tcase_add_test(t, damage_names_data_set_and_file);
  tcase_add_test(t, mean_and_deviation_are_those_of_training_pixels);
  tcase_add_test(t, constant_images_have_deviation_one);
  tcase_add_test(t, checksum_is_over_pixels_and_labels);
  tcase_add_test(t, other_files_than_the_official_are_told);
  tcase_add_test(t, synthetic_is_the_same_everywhere);
  tcase_add_test(t, synthetic_can_be_learned);
  tcase_add_test(t, too_many_images_are_refused);
  tcase_add_test(t, short_names);
  suite_add_tcase(suite, t);
  return suite;
}
