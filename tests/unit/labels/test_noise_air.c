/* SPDX-License-Identifier: MIT
 * test_noise_air.c - the noise model air: rounded counts of the published matrix. */
#include <math.h>

#include "../noise_rig.h"

/* Cells of the published matrix at the rate 0.4, and the sums of its rows: airplane, automobile, bird, cat, deer, dog,
 * frog, horse, ship, truck. */
static const struct {
  size_t from, to;
  double share;
} air_cells[] = {
  { 0, 4, 0.0820 }, { 1, 7, 0.1451 }, { 1, 6, 0.1058 }, { 2, 6, 0.0895 }, { 3, 5, 0.1919 }, { 3, 9, 0.0027 },
  { 4, 6, 0.0739 }, { 5, 2, 0.1295 }, { 5, 3, 0.1295 }, { 6, 9, 0.1607 }, { 7, 9, 0.1695 }, { 7, 3, 0.0820 },
  { 8, 5, 0.1688 }, { 8, 0, 0.0027 }, { 9, 7, 0.1214 }, { 9, 1, 0.0027 },
};
static const double air_sums[] = { 0.9877, 1.0001, 0.9836, 0.9994, 0.9972, 1.0094, 1.0101, 0.9850, 1.0041, 0.9967 };

START_TEST(air_counts_are_rounded_shares)
{
  static const double rates[] = { 0, 0.1, 0.3, 0.4, 0.5, 0.7, 1 };
  static size_t matrix[100], again[100];
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    double rate = rates[r], wrong = 0;
    char spec[32];
    snprintf(spec, sizeof spec, "air:%g", rate);
    apply(spec, 1, given);
    realised(given, matrix);
    for (size_t from = 0; from < 10; from++) {
      double row = 1 - rate + (air_sums[from] - 0.6) * rate / 0.4;
      size_t sum = 0;
      for (size_t to = 0; to < 10; to++)
        sum += matrix[from * 10 + to];
      ck_assert_uint_eq(sum, 2000);
      wrong += 2000 - (double)matrix[from * 10 + from];
      if (fabs((double)matrix[from * 10 + from] - 2000 * (1 - rate) / row) >= 1)
        ck_abort_msg("%s: %zu of class %zu stay", spec, matrix[from * 10 + from], from);
      for (size_t k = 0; k < sizeof air_cells / sizeof *air_cells; k++)
        if (air_cells[k].from == from) {
          double want = 2000 * air_cells[k].share * rate / 0.4 / row;
          size_t got = matrix[from * 10 + air_cells[k].to];
          if (fabs((double)got - want) >= 1)
            ck_abort_msg("%s: row %zu, column %zu: %zu, not %g", spec, from, air_cells[k].to, got, want);
        }
    }
    apply(spec, 2, other);
    realised(other, again);
    ck_assert_mem_eq(matrix, again, sizeof matrix); /* counts do not depend on the seed, images do */
    ck_assert((rate > 0) == (memcmp(given, other, sizeof given) != 0));
    struct ho_noise noise = parsed(spec);
    ck_assert_double_eq(noise.rate, rate);
    ck_assert_double_eq_tol(expected_share(&noise), wrong / N, 1e-12); /* what is printed is what happens */
    ck_assert_double_eq_tol(wrong / N, rate, 0.003);
  }
}
END_TEST

START_TEST(air_rounds_classes_of_any_size)
{
  for (size_t n = 1; n < 300; n++) {
    apply_to("air:0.4", 4, HO_PART_TRAIN, id, n, given);
    for (size_t i = 0; i < n; i++)
      if (given[i] >= 10)
        ck_abort_msg("label %d", given[i]);
    size_t matrix[100];
    double wrong;
    struct ho_noise noise = parsed("air:0.4");
    struct ho_noise_input in = { &data, id, n, 4, HO_PART_TRAIN };
    double rate = ho_realised_rate(10, n, data.train.label, given, matrix);
    ck_assert_int_eq(ho_noise_expected(&noise, &in, &wrong, NULL), 0);
    ck_assert_double_eq_tol(rate * (double)n, wrong, 1e-9);
    for (size_t c = 0; c < 10; c++) {
      size_t size = 0;
      for (size_t k = 0; k < 10; k++)
        size += matrix[c * 10 + k];
      if (fabs((double)matrix[c * 10 + c] - 0.6 / air_sums[c] * (double)size) >= 1)
        ck_abort_msg("%zu of %zu stay in class %zu", matrix[c * 10 + c], size, c);
    }
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise air");
  TCase *t = tcase_create("noise air");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_test(t, air_counts_are_rounded_shares);
  tcase_add_test(t, air_rounds_classes_of_any_size);
  suite_add_tcase(suite, t);
  return suite;
}
