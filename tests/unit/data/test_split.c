/* SPDX-License-Identifier: MIT
 * test_split.c - parts of a data set: disjoint, balanced, and each the same whatever the others are. */
#include "data/split.h"

#include "compute/random.h"
#include "../data_fixtures.h"

enum { CLASSES = 7 };

static uint16_t cyclic(size_t i)
{
  return (uint16_t)(i * 5 % CLASSES);
}
static uint16_t skewed(size_t i)
{
  return (uint16_t)(i % 10 < 4 ? 0 : i % CLASSES);
}

static int make(const struct ho_dataset *d, size_t train, size_t validation, size_t clean, uint64_t seed,
                struct ho_split *split, struct ho_error *err)
{
  const size_t size[HO_PARTS] = { train, validation, clean };
  return ho_split_make(&d->train, d->classes, size, seed, split, err);
}

static void count_classes(const struct ho_dataset *d, const struct ho_part_ids *ids, size_t *count)
{
  memset(count, 0, (size_t)d->classes * sizeof *count);
  for (size_t i = 0; i < ids->n; i++)
    count[d->train.label[ids->id[i]]]++;
}

/* Ascending, within the data set, in one part only, and as balanced as asked for. */
static void check_split(const struct ho_dataset *d, const struct ho_split *split, const size_t size[HO_PARTS])
{
  char *seen = calloc(d->train.n, 1);
  size_t held = size[HO_PART_VALIDATION] + size[HO_PART_CLEAN], count[16];
  for (int p = 0; p < HO_PARTS; p++) {
    const struct ho_part_ids *ids = &split->part[p];
    int all = p == HO_PART_TRAIN && (size[p] == 0 || size[p] == d->train.n - held);
    ck_assert_uint_eq(ids->n, all ? d->train.n - held : size[p]);
    for (size_t i = 0; i < ids->n; i++) {
      if ((i && ids->id[i] <= ids->id[i - 1]) || ids->id[i] >= d->train.n || seen[ids->id[i]])
        ck_abort_msg("part %d: image %u at %zu", p, ids->id[i], i);
      seen[ids->id[i]] = 1;
    }
    count_classes(d, ids, count);
    for (int c = 0; c < d->classes && !all; c++)
      if (count[c] != ids->n / (size_t)d->classes && count[c] != ids->n / (size_t)d->classes + 1)
        ck_abort_msg("part %d has %zu of class %d", p, count[c], c);
  }
  free(seen);
}

START_TEST(parts_are_disjoint_and_balanced)
{
  static const size_t sizes[][HO_PARTS] = {
    { 0, 0, 0 },   { 70, 0, 0 },  { 71, 13, 5 }, { 0, 100, 100 },   { 1, 1, 1 },   { 340, 3, 4 },     { 347, 3, 0 },
    { 0, 349, 0 }, { 0, 0, 349 }, { 6, 6, 6 },   { 100, 100, 100 }, { 350, 0, 0 }, { 116, 117, 117 },
  };
  struct ho_dataset d;
  make_labels(&d, CLASSES, 350, cyclic);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (uint64_t seed = 0; seed < 20; seed++) {
      struct ho_split split;
      struct ho_error err;
      if (ho_split_make(&d.train, CLASSES, sizes[i], seed, &split, &err))
        ck_abort_msg("%zu: %s", i, err.text);
      check_split(&d, &split, sizes[i]);
      ho_split_free(&split);
    }
  ho_dataset_free(&d);
}
END_TEST

START_TEST(any_sizes_that_fit_a_balanced_set_are_met)
{
  struct ho_dataset d;
  struct ho_stream s = ho_stream_make(3, "test-split", 0, 0);
  make_labels(&d, CLASSES, 63, cyclic);
  for (int round = 0; round < 3000; round++) {
    size_t size[HO_PARTS] = { ho_stream_below(&s, 64), ho_stream_below(&s, 64), ho_stream_below(&s, 64) };
    size_t held = size[HO_PART_VALIDATION] + size[HO_PART_CLEAN];
    int fits = held < 63 && size[HO_PART_TRAIN] + held <= 63;
    struct ho_split split;
    struct ho_error err;
    int result = ho_split_make(&d.train, CLASSES, size, (uint64_t)round, &split, &err);
    if (result != (fits ? 0 : -1))
      ck_abort_msg("%zu %zu %zu: %s", size[0], size[1], size[2], result ? err.text : "accepted");
    if (!result)
      check_split(&d, &split, size);
    ho_split_free(&split);
  }
  ho_dataset_free(&d);
}
END_TEST

static int same(const struct ho_part_ids *a, const struct ho_part_ids *b)
{
  return a->n == b->n && !memcmp(a->id, b->id, a->n * sizeof *a->id);
}

START_TEST(seed_decides_and_parts_do_not_move_each_other)
{
  struct ho_dataset d;
  struct ho_split a, b, c, e;
  make_labels(&d, CLASSES, 700, cyclic);
  ck_assert_int_eq(make(&d, 140, 70, 35, 5, &a, NULL), 0);
  ck_assert_int_eq(make(&d, 140, 70, 35, 5, &b, NULL), 0);
  ck_assert_int_eq(make(&d, 140, 70, 35, 6, &c, NULL), 0);
  ck_assert_int_eq(make(&d, 140, 280, 0, 5, &e, NULL), 0);
  for (int p = 0; p < HO_PARTS; p++) {
    ck_assert(same(&a.part[p], &b.part[p]));
    ck_assert(!same(&a.part[p], &c.part[p]));
  }
  ck_assert(same(&a.part[HO_PART_TRAIN], &e.part[HO_PART_TRAIN]));
  ho_split_free(&e);
  ck_assert_int_eq(make(&d, 350, 70, 0, 5, &e, NULL), 0);
  ck_assert(same(&a.part[HO_PART_VALIDATION], &e.part[HO_PART_VALIDATION]));
  ho_split_free(&a);
  ho_split_free(&b);
  ho_split_free(&c);
  ho_split_free(&e);
  ho_dataset_free(&d);
}
END_TEST

/* Each image is in a part of a tenth of the set about one time in ten. */
START_TEST(every_image_has_the_same_chance)
{
  enum { N = 70, SEEDS = 4000 };
  struct ho_dataset d;
  int times[N] = { 0 };
  double chi = 0;
  make_labels(&d, CLASSES, N, cyclic);
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    struct ho_split split;
    ck_assert(!make(&d, 0, 7, 0, seed, &split, NULL));
    for (size_t i = 0; i < 7; i++)
      times[split.part[HO_PART_VALIDATION].id[i]]++;
    ho_split_free(&split);
  }
  for (int i = 0; i < N; i++)
    chi += (times[i] - SEEDS / 10.0) * (times[i] - SEEDS / 10.0) / (SEEDS / 10.0 * 0.9);
  ck_assert_double_gt(chi, 30); /* 63 degrees of freedom: mean 63 to 70, deviation 11 */
  ck_assert_double_lt(chi, 110);
  ho_dataset_free(&d);
}
END_TEST

START_TEST(a_skewed_set_keeps_its_proportions_when_all_is_taken)
{
  struct ho_dataset d;
  struct ho_split split;
  struct ho_error err;
  size_t have[CLASSES], count[CLASSES], held[CLASSES];
  make_labels(&d, CLASSES, 700, skewed);
  struct ho_part_ids all = { all_ids(700), 700 };
  count_classes(&d, &all, have);
  ck_assert_uint_gt(have[0], 2 * have[1]);
  ck_assert_msg(!make(&d, 0, 71, 0, 1, &split, &err), "%s", err.text);
  count_classes(&d, &split.part[HO_PART_TRAIN], count);
  count_classes(&d, &split.part[HO_PART_VALIDATION], held);
  for (int c = 0; c < CLASSES; c++) {
    ck_assert_uint_eq(count[c] + held[c], have[c]);
    ck_assert_uint_le(held[c] - 10, 1);
  }
  ho_split_free(&split);
  ck_assert_msg(!make(&d, 700, 0, 0, 1, &split, &err), "%s", err.text);
  ho_split_free(&split);
  ck_assert_msg(!make(&d, 699, 0, 0, 1, &split, &err), "%s",
                err.text); /* small classes wholly, the large one less one */
  count_classes(&d, &split.part[HO_PART_TRAIN], count);
  for (int c = 0; c < CLASSES; c++)
    ck_assert_uint_eq(count[c], have[c] - (c == 0));
  ho_split_free(&split);
  ho_free(all.id);
  ho_dataset_free(&d);
}
END_TEST

/* ---- classes that are small, single or empty ---- */

/* Labels begin at 1, as those of EMNIST's letters do: 40 of class 1, 6 of 2, 3 of 3, 2 of 4, 1 of 5, none of 0. */
static uint16_t uneven(size_t i)
{
  return (uint16_t)(i < 40 ? 1 : i < 46 ? 2 : i < 49 ? 3 : i < 51 ? 4 : 5);
}

static const char *const flags[HO_PARTS] = { "train-size", "validation-size", "clean-size" };

START_TEST(parts_keep_the_classes_that_they_can)
{
  struct ho_dataset d;
  make_labels(&d, 6, 52, uneven);
  for (size_t validation = 0; validation < 52; validation++)
    for (size_t clean = 0; clean + validation < 52; clean++)
      for (size_t train = 0; train + clean + validation <= 52; train += 1 + clean % 3) {
        const size_t size[HO_PARTS] = { train, validation, clean };
        struct ho_split split;
        struct ho_error err;
        size_t have[6] = { 0, 40, 6, 3, 2, 1 }, count[HO_PARTS][6], parts = 1 + (validation > 0) + (clean > 0);
        if (make(&d, train, validation, clean, validation, &split, &err))
          ck_abort_msg("%zu %zu %zu: %s", train, validation, clean, err.text);
        for (int p = 0; p < HO_PARTS; p++) {
          count_classes(&d, &split.part[p], count[p]);
          ck_assert_uint_eq(split.part[p].n, p == HO_PART_TRAIN && !train ? 52 - validation - clean : size[p]);
        }
        size_t n = split.part[HO_PART_TRAIN].n;
        for (int c = 1; c < 6; c++) {
          if (n >= 5 && !count[HO_PART_TRAIN][c])
            ck_abort_msg("%zu %zu %zu: training has lost class %d", train, validation, clean, c);
          if (n >= 5 && validation >= 5 && have[c] >= parts && validation + clean <= 30 &&
              !count[HO_PART_VALIDATION][c])
            ck_abort_msg("%zu %zu %zu: validation has lost class %d", train, validation, clean, c);
        }
        ho_split_free(&split);
      }
  ho_dataset_free(&d);
}
END_TEST

static void parts_of(const struct ho_dataset *d, const size_t size[HO_PARTS], const size_t want[HO_PARTS][6],
                     struct ho_warnings *warnings)
{
  struct ho_split split;
  struct ho_error err;
  const char *flag[HO_PARTS];
  ck_assert_msg(!make(d, size[0], size[1], size[2], 1, &split, &err), "%s", err.text);
  for (int p = 0; p < HO_PARTS; p++) {
    size_t count[6];
    count_classes(d, &split.part[p], count);
    for (int c = 0; c < 6; c++)
      if (count[c] != want[p][c])
        ck_abort_msg("part %d: %zu of class %d, not %zu", p, count[c], c, want[p][c]);
    flag[p] = size[p] ? flags[p] : NULL;
  }
  *warnings = (struct ho_warnings){ "" };
  ck_assert_int_eq(ho_split_warn(&split, &d->train, 6, flag, warnings, &err), 0);
  ho_split_free(&split);
}

/* Equal numbers as far as they go, an image of each class for training, and what is not balanced is told. */
START_TEST(small_classes_give_what_they_have)
{
  struct ho_dataset d;
  struct ho_warnings w;
  make_labels(&d, 6, 52, uneven);
  parts_of(&d, (size_t[]){ 0, 8, 0 }, (const size_t[][6]){ { 0, 37, 4, 1, 1, 1 }, { 0, 3, 2, 2, 1, 0 }, { 0 } }, &w);
  ck_assert_str_eq(w.text, "--validation-size 8: the classes are not balanced: it has 0 of 1 image of class 5, and up "
                           "to 3 of other classes\n");
  parts_of(&d, (size_t[]){ 20, 0, 0 }, (const size_t[][6]){ { 0, 8, 6, 3, 2, 1 }, { 0 }, { 0 } }, &w);
  ck_assert_str_eq(w.text, "--train-size 20: the classes are not balanced: it has 1 of 1 image of class 5, and up to 8 "
                           "of other classes\n");
  parts_of(&d, (size_t[]){ 5, 2, 0 }, (const size_t[][6]){ { 0, 1, 1, 1, 1, 1 }, { 0, 1, 1, 0, 0, 0 }, { 0 } }, &w);
  ck_assert_str_eq(w.text, "");
  parts_of(&d, (size_t[]){ 5, 4, 4 },
           (const size_t[][6]){ { 0, 1, 1, 1, 1, 1 }, { 0, 2, 1, 1, 0, 0 }, { 0, 1, 1, 1, 1, 0 } }, &w);
  ck_assert_ptr_nonnull(
      strstr(w.text, "--validation-size 4: the classes are not balanced: it has 0 of 2 images of class 4"));
  ck_assert_ptr_null(strstr(w.text, "--clean-size"));
  ck_assert_ptr_null(strstr(w.text, "class 0"));
  parts_of(&d, (size_t[]){ 0, 50, 0 }, (const size_t[][6]){ { 0, 1, 1, 0, 0, 0 }, { 0, 39, 5, 3, 2, 1 }, { 0 } }, &w);
  ck_assert_ptr_nonnull(
      strstr(w.text, "3 of 5 classes have no image among the 2 training images, the first of them class 3\n"));
  parts_of(&d, (size_t[]){ 4, 0, 0 }, (const size_t[][6]){ { 0, 1, 1, 1, 1, 0 }, { 0 }, { 0 } }, &w);
  ck_assert_str_eq(w.text, "1 of 5 classes have no image among the 4 training images, the first of them class 5\n");
  ho_dataset_free(&d);
}
END_TEST

START_TEST(too_few_images_are_refused_with_the_numbers)
{
  struct ho_dataset d;
  struct ho_split split;
  struct ho_error err;
  make_labels(&d, CLASSES, 70, cyclic);
  ck_assert_int_eq(make(&d, 71, 0, 0, 1, &split, &err), -1);
  assert_says(err, "71 training, 0 validation and 0 clean images are requested, but there are only 70 in all");
  ck_assert_int_eq(make(&d, 40, 20, 11, 1, &split, &err), -1);
  assert_says(err, "70 in all");
  ck_assert_int_eq(make(&d, 0, 40, 30, 1, &split, &err), -1);
  assert_says(err, "leave none of 70 images for training");
  ck_assert_int_eq(make(&d, 1, SIZE_MAX, 2, 1, &split, &err), -1);
  ck_assert_int_eq(make(&d, SIZE_MAX, 1, 2, 1, &split, &err), -1);
  struct ho_images many = d.train;
  const size_t none[HO_PARTS] = { 0 };
  many.n = (size_t)INT32_MAX + 1;
  ck_assert_int_eq(ho_split_make(&many, CLASSES, none, 1, &split, &err), -1);
  assert_says(err, "2147483648 images are too many to split: at most 2147483647");
  ho_dataset_free(&d);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("split");
  TCase *t = tcase_create("split");
  tcase_add_test(t, parts_are_disjoint_and_balanced);
  tcase_add_test(t, any_sizes_that_fit_a_balanced_set_are_met);
  tcase_add_test(t, seed_decides_and_parts_do_not_move_each_other);
  tcase_add_test(t, every_image_has_the_same_chance);
  tcase_add_test(t, a_skewed_set_keeps_its_proportions_when_all_is_taken);
  tcase_add_test(t, parts_keep_the_classes_that_they_can);
  tcase_add_test(t, small_classes_give_what_they_have);
  tcase_add_test(t, too_few_images_are_refused_with_the_numbers);
  suite_add_tcase(suite, t);
  return suite;
}
