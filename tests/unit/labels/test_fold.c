/* SPDX-License-Identifier: MIT
 * test_fold.c - folds: they cover every sample once, balanced over labels; a run leaves one out and keeps the rest. */
#include "labels/fold.h"

#include "../data_fixtures.h"
#include "../scratch.h"

enum { CLASSES = 10, N = 3000 };
static struct ho_dataset data;
static struct ho_error err;

static uint16_t uneven(size_t i)
{
  return (uint16_t)(i % 997 == 0 ? 7 : i % 11 == 10 ? 3 : i % 5); /* class 7 has four images, some classes have none */
}

static void fill(void)
{
  make_labels(&data, CLASSES, N, uneven);
}

static void empty(void)
{
  ho_dataset_free(&data);
}

static void make(const char *text, struct ho_labelled *out)
{
  static const size_t size[HO_PARTS] = { 0, 300, 200 };
  struct ho_noise noise;
  struct ho_fold fold;
  ck_assert(!ho_noise_parse("symmetric:0.4", &noise, NULL) && !ho_fold_parse(text, &fold, &err));
  ck_assert_msg(!ho_labelled_make(&data, size, &noise, 5, -1, out, &err), "%s", err.text);
  ck_assert_msg(!ho_fold_leave_out(&fold, CLASSES, 5, out, &err), "%s", err.text);
}

START_TEST(as_even_as_possible)
{
  static const int many[] = { 2, 3, 5, 7, 100, N };
  uint16_t *label = data.train.label;
  static int fold[N], again[N];
  for (int k = 0; k < 6; k++) {
    int K = many[k];
    ck_assert_int_eq(ho_fold_assign(label, N, CLASSES, K, 9, fold, &err), 0);
    for (int c = -1; c < CLASSES; c++) { /* of each class, and of all */
      int *count = calloc((size_t)K, sizeof *count), least = N, most = 0;
      for (int i = 0; i < N; i++) {
        ck_assert(fold[i] >= 1 && fold[i] <= K);
        count[fold[i] - 1] += c < 0 || label[i] == c;
      }
      for (int f = 0; f < K; f++) {
        least = count[f] < least ? count[f] : least;
        most = count[f] > most ? count[f] : most;
      }
      free(count);
      if (most - least > 1)
        ck_abort_msg("%d folds, class %d: from %d to %d", K, c, least, most);
    }
    ck_assert(!ho_fold_assign(label, N, CLASSES, K, 9, again, &err) && !memcmp(fold, again, sizeof fold));
    ck_assert(!ho_fold_assign(label, N, CLASSES, K, 8, again, &err) && memcmp(fold, again, sizeof fold));
  }
}
END_TEST

/* All folds together are the training part, with its labels; what each leaves is the rest of it. */
START_TEST(every_sample_once)
{
  struct ho_labelled whole, part;
  make(NULL, &whole);
  const struct ho_part_ids *all = &whole.split.part[HO_PART_TRAIN];
  int *left_out = calloc(N, sizeof *left_out);
  ck_assert_uint_eq(whole.left_out.n, 0);
  for (int f = 1; f <= 4; f++) {
    char text[16];
    snprintf(text, sizeof text, "%d/4", f);
    make(text, &part);
    const struct ho_part_ids *train = &part.split.part[HO_PART_TRAIN], *out = &part.left_out;
    ck_assert_uint_eq(train->n + out->n, all->n);
    size_t a = 0, b = 0;
    for (size_t i = 0; i < all->n; i++) {
      int is_out = b < out->n && out->id[b] == all->id[i];
      uint16_t given = is_out ? part.left_out_given[b] : part.given[HO_PART_TRAIN][a];
      if (!is_out && train->id[a] != all->id[i])
        ck_abort_msg("fold %d: image %u is in neither", f, all->id[i]);
      ck_assert_int_eq(given, whole.given[HO_PART_TRAIN][i]);
      left_out[i] += is_out;
      a += !is_out;
      b += is_out;
    }
    for (int p = HO_PART_VALIDATION; p < HO_PARTS; p++) /* the other parts stay */
      ck_assert(part.split.part[p].n == whole.split.part[p].n &&
                !memcmp(part.given[p], whole.given[p], 2 * part.split.part[p].n));
    ho_labelled_free(&part);
  }
  for (size_t i = 0; i < all->n; i++)
    ck_assert_int_eq(left_out[i], 1);
  free(left_out);
  ho_labelled_free(&whole);
}
END_TEST

/* labels.tsv has the fold, too: with it, a run whose label file is gone can be scored. */
START_TEST(rows_of_all_parts)
{
  struct ho_labelled whole, part;
  struct ho_label_file a, b;
  make(NULL, &whole);
  make("3/5", &part);
  ck_assert(!ho_labelled_rows(&whole, &data, &a, &err) && !ho_labelled_rows(&part, &data, &b, &err));
  ck_assert_uint_eq(a.n, b.n);
  ck_assert(!memcmp(a.id, b.id, a.n * sizeof *a.id) && !memcmp(a.given, b.given, a.n * sizeof *a.given));
  ck_assert(!memcmp(a.true_label, b.true_label, a.n * sizeof *a.given));
  ho_labelled_rows_free(&a);
  ho_labelled_rows_free(&b);
  ho_labelled_free(&whole);
  ho_labelled_free(&part);
}
END_TEST

START_TEST(what_is_no_fold)
{
  static const char *const none[] = { "", "2", "2/", "/5", "2/5/6", "x/5", "2/5 ", "2.0/5", "99999999999999999999/5" };
  static const char *const outside[] = { "0/5", "6/5", "1/1", "-1/5", "1/0", "1/99999999999" };
  struct ho_fold fold;
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    ck_assert_msg(ho_fold_parse(none[i], &fold, &err), "%s", none[i]);
    assert_has(err.text, "is not a fold and the number of folds, such as 2/5");
  }
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
    ck_assert_msg(ho_fold_parse(outside[i], &fold, &err), "%s", outside[i]);
    assert_has(err.text, "there must be at least two folds, and they are numbered from 1");
  }
  ck_assert(!ho_fold_parse("12/12", &fold, &err) && fold.number == 12 && fold.of == 12);
  struct ho_labelled whole;
  make(NULL, &whole);
  fold = (struct ho_fold){ 1, 2501 };
  ck_assert(ho_fold_leave_out(&fold, CLASSES, 5, &whole, &err));
  assert_has(err.text, "--fold 1/2501: there are only 2500 training images");
  ho_labelled_free(&whole);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("fold");
  TCase *c = tcase_create("fold");
  tcase_add_checked_fixture(c, fill, empty);
  tcase_add_test(c, as_even_as_possible);
  tcase_add_test(c, every_sample_once);
  tcase_add_test(c, rows_of_all_parts);
  tcase_add_test(c, what_is_no_fold);
  suite_add_tcase(suite, c);
  return suite;
}
