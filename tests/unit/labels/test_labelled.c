/* SPDX-License-Identifier: MIT
 * test_labelled.c - split and noise together: which seed decides what, and the rows of labels.tsv. */
#include "labels/labelled.h"

#include <math.h>

#include "../data_fixtures.h"

enum { CLASSES = 10, N = 3000 };
static struct ho_dataset data;

static uint16_t uneven(size_t i)
{
  return (uint16_t)(i % 11 == 10 ? 3 : i % 11);
}

static void fill(void)
{
  make_labels(&data, CLASSES, N, uneven);
}

static void empty(void)
{
  ho_dataset_free(&data);
}

static void make_both(uint64_t seed, long long noise_seed, struct ho_labelled *out)
{
  static const size_t size[HO_PARTS] = { 1000, 500, 200 };
  struct ho_noise noise;
  struct ho_error err;
  ck_assert_int_eq(ho_noise_parse("symmetric:0.4", &noise, NULL), 0);
  ck_assert_msg(!ho_labelled_make(&data, size, &noise, seed, noise_seed, out, &err), "%s", err.text);
}

static int same(const struct ho_labelled *a, const struct ho_labelled *b, int labels)
{
  for (int p = 0; p < HO_PARTS; p++) {
    size_t n = a->split.part[p].n;
    if (n != b->split.part[p].n ||
        (labels ? memcmp(a->given[p], b->given[p], 2 * n) : memcmp(a->split.part[p].id, b->split.part[p].id, 4 * n)))
      return 0;
  }
  return 1;
}

START_TEST(parts_get_the_labels_they_should)
{
  struct ho_labelled a, b;
  make_both(3, -1, &a);
  for (int p = 0; p < HO_PARTS; p++) {
    const struct ho_part_ids *ids = &a.split.part[p];
    size_t wrong = 0;
    for (size_t i = 0; i < ids->n; i++)
      wrong += a.given[p][i] != data.train.label[ids->id[i]];
    ck_assert_uint_eq(wrong, p == HO_PART_CLEAN ? 0 : ids->n * 4 / 10);
  }
  struct ho_noise noise;
  uint16_t alone[1000];
  struct ho_noise_input in = { &data, a.split.part[HO_PART_TRAIN].id, 1000, 3, HO_PART_TRAIN };
  ck_assert_int_eq(ho_noise_parse("symmetric:0.4", &noise, NULL), 0);
  ck_assert_int_eq(ho_noise_apply(&noise, &in, alone, NULL), 0);
  ck_assert_mem_eq(a.given[HO_PART_TRAIN], alone, sizeof alone);
  make_both(3, 3, &b);
  ck_assert(same(&a, &b, 0) && same(&a, &b, 1)); /* -1 is the seed */
  ho_labelled_free(&b);
  make_both(3, 4, &b);
  ck_assert(same(&a, &b, 0) && !same(&a, &b, 1)); /* the noise seed changes labels alone */
  ho_labelled_free(&b);
  make_both(4, 3, &b);
  ck_assert(!same(&a, &b, 0));
  ho_labelled_free(&b);
  ho_labelled_free(&a);
}
END_TEST

START_TEST(rows_of_train_and_validation_ascend)
{
  struct ho_labelled a;
  struct ho_label_file rows;
  struct ho_error err;
  size_t seen[HO_PARTS] = { 0 };
  make_both(3, -1, &a);
  ck_assert_int_eq(ho_labelled_rows(&a, &data, &rows, &err), 0);
  ck_assert_uint_eq(rows.n, 1500);
  for (size_t k = 0; k < rows.n; k++) {
    int p = HO_PART_TRAIN;
    if (seen[p] == a.split.part[p].n || a.split.part[p].id[seen[p]] != rows.id[k])
      p = HO_PART_VALIDATION;
    if (a.split.part[p].id[seen[p]] != rows.id[k] || a.given[p][seen[p]] != rows.given[k] ||
        rows.true_label[k] != data.train.label[rows.id[k]] || (k && rows.id[k] <= rows.id[k - 1]))
      ck_abort_msg("row %zu", k);
    seen[p]++;
  }
  ho_labelled_rows_free(&rows);
  ho_labelled_free(&a);
}
END_TEST

START_TEST(failure_leaves_nothing)
{
  static const size_t too_many[HO_PARTS] = { 3000, 1, 0 }, fits[HO_PARTS] = { 100, 0, 0 };
  struct ho_labelled a;
  struct ho_noise noise;
  struct ho_error err;
  ck_assert_int_eq(ho_noise_parse("file:/nowhere/labels.tsv", &noise, NULL), 0);
  ck_assert_int_eq(ho_labelled_make(&data, too_many, &noise, 1, -1, &a, &err), -1);
  assert_says(err, "3000 in all");
  ck_assert_int_eq(ho_labelled_make(&data, fits, &noise, 1, -1, &a, &err), -1);
  assert_says(err, "/nowhere/labels.tsv");
  ck_assert_ptr_null(a.split.part[0].id);
  ck_assert_ptr_null(a.given[0]);
}
END_TEST

/* A label file for every `step'th image from `from' on, every fifth image with the next class; and what is made of it. */
static void make_some(int step, int from, const size_t size[HO_PARTS], struct ho_labelled *out)
{
  static char text[N * 16];
  struct ho_noise noise;
  struct ho_error err;
  char *at = text + sprintf(text, "index,label\n");
  char spec[4200];
  for (int i = from; i < N; i += step)
    at += sprintf(at, "%d,%d\n", i, (data.train.label[i] + (i % 5 == 0)) % CLASSES);
  put("some.csv", text, (size_t)(at - text));
  snprintf(spec, sizeof spec, "file:%s", in_folder("some.csv"));
  ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
  ck_assert_msg(!ho_labelled_make(&data, size, &noise, 7, -1, out, &err), "%s", err.text);
}

START_TEST(images_that_a_label_file_lacks_are_in_no_part)
{
  static const size_t sizes[][HO_PARTS] = { { 0 }, { 500, 0, 0 }, { 0, 300, 0 }, { 400, 300, 200 } };
  make_folder();
  for (size_t k = 0; k < 4; k++) {
    struct ho_labelled a, b;
    struct ho_label_file rows;
    struct ho_noise noise;
    struct ho_error err;
    char spec[4200];
    make_some(2, 1, sizes[k], &a);
    ck_assert(a.is_partial && a.file.n == N / 2);
    size_t all = N / 2 - sizes[k][HO_PART_VALIDATION] - sizes[k][HO_PART_CLEAN], first = sizes[k][HO_PART_TRAIN];
    ck_assert_uint_eq(a.split.part[HO_PART_TRAIN].n, first ? first : all);
    for (int p = 0; p < HO_PARTS; p++)
      for (size_t i = 0; i < a.split.part[p].n; i++) {
        uint32_t image = a.split.part[p].id[i];
        if (image % 2 == 0 ||
            a.given[p][i] != (data.train.label[image] + (p != HO_PART_CLEAN && image % 5 == 0)) % CLASSES)
          ck_abort_msg("part %d, image %u: label %d", p, image, a.given[p][i]);
      }
    ck_assert_str_eq(a.warnings.text, "");
    /* labels.tsv makes the same split */
    ck_assert_int_eq(ho_labelled_rows(&a, &data, &rows, &err), 0);
    ck_assert_uint_eq(rows.n, N / 2);
    ck_assert_int_eq(ho_label_file_write(in_folder("labels.tsv"), &rows, "file:some.csv", NAN, &err), 0);
    ho_labelled_rows_free(&rows);
    snprintf(spec, sizeof spec, "file:%s", in_folder("labels.tsv"));
    ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
    noise.sealed = 1;
    ck_assert_msg(!ho_labelled_make(&data, sizes[k], &noise, 7, -1, &b, &err), "%s", err.text);
    ck_assert(same(&a, &b, 0) && same(&a, &b, 1));
    ho_labelled_free(&b);
    ho_labelled_free(&a);
  }
  remove_folder();
}
END_TEST

/* What the rows of a run with a size and a complete label file lack is not needed. */
START_TEST(labels_of_a_run_serve_another_like_it)
{
  static const size_t size[HO_PARTS] = { 1000, 500, 200 };
  struct ho_labelled a, b;
  struct ho_label_file rows;
  struct ho_noise noise;
  struct ho_error err;
  char spec[4200];
  make_folder();
  make_both(3, -1, &a);
  ck_assert_int_eq(ho_labelled_rows(&a, &data, &rows, &err), 0);
  ck_assert_int_eq(ho_label_file_write(in_folder("labels.tsv"), &rows, "symmetric:0.4", 0.4, &err), 0);
  ho_labelled_rows_free(&rows);
  snprintf(spec, sizeof spec, "file:%s", in_folder("labels.tsv"));
  ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
  ck_assert_msg(!ho_labelled_make(&data, size, &noise, 3, -1, &b, &err), "%s", err.text);
  ck_assert(!b.is_partial && same(&a, &b, 0) && same(&a, &b, 1));
  ho_labelled_free(&b);
  ho_labelled_free(&a);
  remove_folder();
}
END_TEST

START_TEST(few_labels_are_told_of)
{
  static const size_t all[HO_PARTS] = { 0 }, many[HO_PARTS] = { 1001 };
  struct ho_labelled a;
  struct ho_noise noise;
  struct ho_error err;
  char spec[4200];
  make_folder();
  make_some(3, 0, all, &a);
  ck_assert_ptr_nonnull(strstr(a.warnings.text,
                               "some.csv: it has labels for 1000 of 3000 training images, fewer than half: the others "
                               "are left out of training\n"));
  ho_labelled_free(&a);
  snprintf(spec, sizeof spec, "file:%s", in_folder("some.csv"));
  ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
  ck_assert_int_eq(ho_labelled_make(&data, many, &noise, 7, -1, &a, &err), -1);
  assert_says(err, "some.csv has labels for 1000 of 3000 training images: 1001 training");
  ck_assert_ptr_null(a.file.given);
  remove_folder();
}
END_TEST

static void warned_of(const uint16_t *test, size_t n, const char *text)
{
  static const size_t all[HO_PARTS] = { 0 };
  struct ho_labelled a;
  struct ho_noise noise;
  struct ho_error err;
  ck_assert_int_eq(ho_noise_parse("none", &noise, NULL), 0);
  data.test = (struct ho_images){ .n = n, .label = (uint16_t *)test };
  int bad = ho_labelled_make(&data, all, &noise, 1, -1, &a, &err);
  data.test = (struct ho_images){ .n = 0 };
  ck_assert_msg(!bad, "%s", err.text);
  ck_assert_str_eq(a.warnings.text, text);
  ho_labelled_free(&a);
}

/* Training images have the classes 0 to 9; 12 exist. */
START_TEST(test_classes_without_training_images_are_told)
{
  static const uint16_t known[] = { 9, 0, 9, 3 }, some[] = { 0, 11, 3, 10, 11 };
  data.classes = 12;
  warned_of(known, 4, "");
  warned_of(some, 4, "2 of 4 classes of the test images have no training image, the first of them class 10\n");
  warned_of(some, 3, "1 of 3 classes of the test images have no training image, the first of them class 11\n");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("labelled");
  TCase *t = tcase_create("labelled");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_test(t, parts_get_the_labels_they_should);
  tcase_add_test(t, rows_of_train_and_validation_ascend);
  tcase_add_test(t, images_that_a_label_file_lacks_are_in_no_part);
  tcase_add_test(t, labels_of_a_run_serve_another_like_it);
  tcase_add_test(t, few_labels_are_told_of);
  tcase_add_test(t, failure_leaves_nothing);
  tcase_add_test(t, test_classes_without_training_images_are_told);
  suite_add_tcase(suite, t);
  return suite;
}
