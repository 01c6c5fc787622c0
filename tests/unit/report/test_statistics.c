/* SPDX-License-Identifier: MIT
 * test_statistics.c - means, deviations and errors against numbers computed by hand. */
#include <math.h>

#include "report/statistics.h"
#include "../unit.h"

static void near(double a, double b)
{
  ck_assert_msg(fabs(a - b) < 1e-12, "%.17g is not %.17g", a, b);
}

START_TEST(means_by_hand)
{
  static const double x[] = { 2, 4, 4, 4, 5, 5, 7, 9 }; /* squares about 5: 9+1+1+1+0+0+4+16 = 32 */
  struct ho_mean m = ho_mean_of(x, 8);
  ck_assert_int_eq(m.n, 8);
  near(m.mean, 5);
  near(m.deviation, sqrt(32. / 7));
  near(m.error, sqrt(32. / 7 / 8));
}
END_TEST

START_TEST(too_few_numbers)
{
  static const double one[] = { 0.25 }, missing[] = { 0.25, NAN };
  struct ho_mean m = ho_mean_of(one, 0);
  ck_assert(m.n == 0 && isnan(m.mean) && isnan(m.deviation) && isnan(m.error));
  m = ho_mean_of(one, 1);
  ck_assert(m.n == 1 && m.mean == 0.25 && isnan(m.deviation) && isnan(m.error));
  m = ho_mean_of(missing, 2);
  ck_assert(m.n == 2 && isnan(m.mean) && isnan(m.deviation));
}
END_TEST

/* 0.1 and 0.3 - 0.2 differ in their last bits only. */
START_TEST(rounding_is_no_spread)
{
  static const double x[] = { 0.1, 0.3 - 0.2, 0.1 };
  struct ho_mean m = ho_mean_of(x, 3);
  ck_assert(x[0] != x[1]);
  ck_assert(m.deviation == 0 && m.error == 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("statistics");
  TCase *c = tcase_create("statistics");
  tcase_add_test(c, means_by_hand);
  tcase_add_test(c, too_few_numbers);
  tcase_add_test(c, rounding_is_no_spread);
  suite_add_tcase(suite, c);
  return suite;
}
