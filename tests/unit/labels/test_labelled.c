/* SPDX-License-Identifier: MIT
 * test_labelled.c - split and noise together: which seed decides what, and the rows of labels.tsv. */
#include "labels/labelled.h"

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
  tcase_add_test(t, failure_leaves_nothing);
  tcase_add_test(t, test_classes_without_training_images_are_told);
  suite_add_tcase(suite, t);
  return suite;
}
