/* SPDX-License-Identifier: MIT
 * test_noise.c - specifications, and exact symmetric noise. */
#include "labels/noise.h"

#include <math.h>

#include "compute/random.h"
#include "data/split.h"
#include "labels/realised.h"
#include "../data_fixtures.h"

enum { CLASSES = 10, N = 3000 };
static struct ho_dataset data;
static uint32_t *id;

static uint16_t uneven(size_t i)
{
  return (uint16_t)(i % 11 == 10 ? 3 : i % 11);
}

static void fill(void)
{
  make_labels(&data, CLASSES, N, uneven);
  id = all_ids(N);
}

static void empty(void)
{
  ho_dataset_free(&data);
  ho_free(id);
}

static void apply(const char *spec, uint64_t seed, int part, uint16_t *given)
{
  struct ho_noise noise;
  struct ho_error err;
  struct ho_noise_input in = { &data, id, N, seed, part };
  ck_assert_msg(!ho_noise_parse(spec, &noise, &err) && !ho_noise_apply(&noise, &in, given, &err), "%s", err.text);
}

START_TEST(specifications_are_normalised)
{
  static const char *const pairs[][2] = {
    { "none", "none" },
    { "symmetric:0.4", "symmetric:0.4" },
    { "symmetric:.40", "symmetric:0.4" },
    { "symmetric:4e-1", "symmetric:0.4" },
    { "symmetric:0", "symmetric:0" },
    { "symmetric:-0", "symmetric:0" },
    { "symmetric:1", "symmetric:1" },
    { "file:a:b,c", "file:a:b,c" },
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct ho_noise noise;
    struct ho_error err;
    ck_assert_msg(!ho_noise_parse(pairs[i][0], &noise, &err), "%s", err.text);
    ck_assert_str_eq(noise.spec, pairs[i][1]);
  }
  struct ho_noise noise;
  ck_assert_int_eq(ho_noise_parse("file:x.tsv", &noise, NULL), 0);
  ck_assert(isnan(noise.rate));
  ck_assert_str_eq(noise.path, "x.tsv");
  ck_assert_int_eq(ho_noise_parse("symmetric:0.25", &noise, NULL), 0);
  ck_assert_double_eq(noise.rate, 0.25);
}
END_TEST

START_TEST(bad_specifications_are_refused)
{
  static const char *const pairs[][2] = {
    { "symetric:0.4", "did you mean `symmetric'" },
    { "nonne", "did you mean `none'" },
    { "", "choose one of none, symmetric, symmetric-bernoulli, symmetric-inclusive, pair, asymmetric, super-cycle, " },
    { ":", "unknown noise model `'" },
    { "gaussian:0.4", "choose one of none" },
    { "symmetric", "for example symmetric:0.4" },
    { "symmetric:", "the rate `'" },
    { "symmetric:40%", "the rate `40%'" },
    { "symmetric:1.0001", "from 0 to 1" },
    { "symmetric:-0.1", "from 0 to 1" },
    { "symmetric:nan", "from 0 to 1" },
    { "symmetric:inf", "from 0 to 1" },
    { "symmetric: 0.4", "the rate ` 0.4'" },
    { "symmetric:0.4 ", "the rate" },
    { "symmetric:0.4,x=1", "symmetric' has no option `x=1'" },
    { "symmetric:0.4,", "symmetric' has no option `'" },
    { "none:0", "takes no rate" },
    { "none:", "takes no rate" },
    { "file", "file:PATH" },
    { "file:", "file:PATH" },
    { "file:a\nb", "line break" },
    { "Symmetric:0.4", "symmetric" },
  };
  char longer[6000];
  struct ho_noise noise;
  struct ho_error err;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    ck_assert_msg(ho_noise_parse(pairs[i][0], &noise, &err) == -1, "`%s' is accepted", pairs[i][0]);
    assert_says(err, pairs[i][1]);
  }
  memset(longer, 'x', sizeof longer);
  memcpy(longer, "file:", 5);
  for (size_t n = 4095; n < 4300; n++) { /* around the sizes of path and specification */
    char spec[4400];
    snprintf(spec, sizeof spec, "%.*s", (int)n, longer);
    int result = ho_noise_parse(spec, &noise, &err);
    if (result != (n - 5 < sizeof noise.path ? 0 : -1) || (!result && strlen(noise.path) != n - 5))
      ck_abort_msg("a path of %zu bytes", n - 5);
  }
}
END_TEST

START_TEST(symmetric_noise_is_exclusive_and_exact)
{
  static const double rates[] = { 0, 0.1, 0.29, 0.4, 0.57, 0.7, 0.9, 0.999, 1 };
  uint16_t given[N];
  size_t matrix[CLASSES * CLASSES];
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
    for (uint64_t seed = 0; seed < 20; seed++) {
      char spec[64];
      snprintf(spec, sizeof spec, "symmetric:%g", rates[r]);
      apply(spec, seed, HO_PART_TRAIN, given);
      double realised = ho_realised_rate(CLASSES, N, data.train.label, given, matrix);
      size_t wrong = 0;
      for (int c = 0; c < CLASSES; c++) {
        size_t sum = 0;
        for (int k = 0; k < CLASSES; k++)
          sum += matrix[c * CLASSES + k];
        size_t want = (size_t)lround(1000 * rates[r]) * sum / 1000; /* in integers: floor(r N_c) */
        if (sum - matrix[c * CLASSES + c] != want)
          ck_abort_msg("rate %g, class %d: %zu of %zu wrong", rates[r], c, sum - matrix[c * CLASSES + c], sum);
        wrong += want;
      }
      struct ho_noise noise;
      struct ho_noise_input in = { &data, id, N, seed, HO_PART_TRAIN };
      double expected;
      ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
      ck_assert_int_eq(ho_noise_expected(&noise, &in, &expected, NULL), 0);
      ck_assert_double_eq(expected, (double)wrong); /* rounding included */
      ck_assert_double_eq(realised, (double)wrong / N);
    }
}
END_TEST

START_TEST(rates_that_are_not_quite_exact_in_binary_count_right)
{
  enum { PER_CLASS = 100 };
  uint16_t given[N];
  struct ho_dataset d;
  make_labels(&d, 2, PER_CLASS + 1, uneven);
  for (size_t i = 0; i < PER_CLASS; i++)
    d.train.label[i] = 0;
  d.train.label[PER_CLASS] = 1;                      /* a class to go to */
  for (int percent = 0; percent <= 100; percent++) { /* 0.29 * 100 is 28.999999999999996 */
    struct ho_noise_input in = { &d, id, PER_CLASS, 1, 0 };
    struct ho_noise noise;
    char spec[64];
    snprintf(spec, sizeof spec, "symmetric:%d.%02d", percent / 100, percent % 100);
    ck_assert_int_eq(ho_noise_parse(spec, &noise, NULL), 0);
    ck_assert_int_eq(ho_noise_apply(&noise, &in, given, NULL), 0);
    double wrong = PER_CLASS * ho_realised_rate(2, PER_CLASS, d.train.label, given, NULL);
    if (lround(wrong) != percent)
      ck_abort_msg("%s: %g wrong", spec, wrong);
  }
  ho_dataset_free(&d);
}
END_TEST

/* Over many seeds: each of the K-1 other classes as often as the next, each sample as often as the next. */
START_TEST(replacements_and_choices_are_uniform)
{
  enum { SEEDS = 400 };
  uint16_t given[N];
  size_t matrix[CLASSES * CLASSES], sum[CLASSES * CLASSES] = { 0 };
  static int times[N];
  double chi = 0, chi_choice = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    apply("symmetric:0.4", seed, HO_PART_TRAIN, given);
    ho_realised_rate(CLASSES, N, data.train.label, given, matrix);
    for (int i = 0; i < CLASSES * CLASSES; i++)
      sum[i] += matrix[i];
    for (int i = 0; i < N; i++)
      times[i] += given[i] != data.train.label[i];
  }
  for (int c = 0; c < CLASSES; c++) {
    double expected = 0;
    for (int k = 0; k < CLASSES; k++)
      expected += k == c ? 0 : (double)sum[c * CLASSES + k] / (CLASSES - 1);
    for (int k = 0; k < CLASSES; k++)
      if (k != c)
        chi += pow((double)sum[c * CLASSES + k] - expected, 2) / expected;
  }
  for (int i = 0; i < N; i++)
    chi_choice += pow(times[i] - SEEDS * 0.4, 2) / (SEEDS * 0.4 * 0.6);
  ck_assert_double_gt(chi, 80 - 4 * 12.6); /* 10 rows of 8 degrees of freedom: 80, deviation 12.6 */
  ck_assert_double_lt(chi, 80 + 4 * 12.6);
  ck_assert_double_gt(chi_choice, 2990 - 4 * 77.3 - 20);
  ck_assert_double_lt(chi_choice, 2990 + 4 * 77.3 + 20);
}
END_TEST

static double agreement(const uint16_t *a, const uint16_t *b)
{
  return 1 - ho_realised_rate(0, N, a, b, NULL);
}

START_TEST(seed_and_part_decide)
{
  static uint16_t a[N], b[N];
  apply("symmetric:0.4", 7, HO_PART_TRAIN, a);
  apply("symmetric:0.4", 7, HO_PART_TRAIN, b);
  ck_assert_mem_eq(a, b, sizeof a);
  /* Independent labels agree where both are true, 0.36, or both the same wrong one, 0.16 / 9. */
  apply("symmetric:0.4", 8, HO_PART_TRAIN, b);
  ck_assert_double_eq_tol(agreement(a, b), 0.36 + 0.16 / 9, 0.03);
  apply("symmetric:0.4", 7, HO_PART_VALIDATION, b);
  ck_assert_double_eq_tol(agreement(a, b), 0.36 + 0.16 / 9, 0.03);
}
END_TEST

START_TEST(wrong_labels_stay_wrong_at_higher_rates)
{
  static uint16_t low[N], high[N];
  apply("symmetric:0.2", 7, HO_PART_TRAIN, low);
  apply("symmetric:0.6", 7, HO_PART_TRAIN, high);
  for (int i = 0; i < N; i++)
    if (low[i] != data.train.label[i] && low[i] != high[i])
      ck_abort_msg("sample %d", i);
}
END_TEST

START_TEST(none_is_the_truth_and_strangers_are_refused)
{
  uint16_t given[N];
  struct ho_noise noise;
  struct ho_error err;
  apply("none", 1, HO_PART_TRAIN, given);
  ck_assert_mem_eq(given, data.train.label, sizeof given);
  ck_assert_double_eq(ho_realised_rate(CLASSES, N, data.train.label, given, NULL), 0);
  ck_assert_double_eq(ho_realised_rate(CLASSES, 0, data.train.label, given, NULL), 0);
  ck_assert_int_eq(ho_noise_parse("symmetric:0.4", &noise, NULL), 0);
  id[5] = N;
  struct ho_noise_input in = { &data, id, N, 1, 0 };
  ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), -1);
  assert_says(err, "training image 3000 is out of range");
  id[5] = 5;
  in.n = (size_t)INT32_MAX + 1; /* refused before any is looked at */
  ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), -1);
  assert_says(err, "2147483648 labels are too many: at most 2147483647");
  in.n = N;
  for (size_t i = 0; i < N; i++) /* a single class, whatever its number */
    data.train.label[i] = 4;
  ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), -1);
  assert_says(err, "symmetric noise needs at least two classes with training images, but toy has 1");
}
END_TEST

START_TEST(matrix_counts_every_pair)
{
  static const uint16_t truth[] = { 0, 0, 1, 2, 2 }, given[] = { 0, 1, 1, 0, 0 };
  static const size_t want[] = { 1, 1, 0, 0, 1, 0, 2, 0, 0 };
  size_t matrix[9];
  memset(matrix, 255, sizeof matrix);
  ck_assert_double_eq(ho_realised_rate(3, 5, truth, given, matrix), 0.6);
  ck_assert_mem_eq(matrix, want, sizeof want);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise");
  TCase *t = tcase_create("noise");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_test(t, specifications_are_normalised);
  tcase_add_test(t, bad_specifications_are_refused);
  tcase_add_test(t, symmetric_noise_is_exclusive_and_exact);
  tcase_add_test(t, rates_that_are_not_quite_exact_in_binary_count_right);
  tcase_add_test(t, replacements_and_choices_are_uniform);
  tcase_add_test(t, seed_and_part_decide);
  tcase_add_test(t, wrong_labels_stay_wrong_at_higher_rates);
  tcase_add_test(t, none_is_the_truth_and_strangers_are_refused);
  tcase_add_test(t, matrix_counts_every_pair);
  suite_add_tcase(suite, t);
  return suite;
}
