/* SPDX-License-Identifier: MIT
 * test_anchors.c - transition matrices from the outputs of a network. */
#include "compute/random.h"
#include "report/anchors.h"
#include "../unit.h"

/* Below 100 classes the likeliest 3 % are passed over: of 101 images with p_0 = 0, 0.01, ..., 1 the 98th is the first of
 * these, 0.97, and the anchor is 0.96. */
START_TEST(outliers_are_passed_over)
{
  float p[101 * 2];
  double T[4];
  struct ho_error err;
  for (int i = 0; i < 101; i++) {
    p[2 * i] = (float)(i * 37 % 101) / 100;
    p[2 * i + 1] = 1 - p[2 * i];
  }
  ck_assert_int_eq(ho_anchors_find(101, 2, p, T, &err), 0);
  ck_assert_double_eq_tol(T[0], 0.96, 1e-6);
  ck_assert_double_eq_tol(T[1], 0.04, 1e-6);
  ck_assert_double_eq_tol(T[3], 0.96, 1e-6);
}
END_TEST

START_TEST(of_many_classes_the_likeliest)
{
  enum { K = HO_ANCHOR_CLASSES };
  static float p[2 * K * K];
  static double T[K * K];
  struct ho_error err;
  for (size_t i = 0; i < 2 * K; i++)
    for (size_t k = 0; k < K; k++)
      p[i * K + k] = (i % K == k ? 0.7f : 0.3f / (K - 1)) + (i < K && i == k ? 0.1f : 0);
  ck_assert_int_eq(ho_anchors_find(2 * K, K, p, T, &err), 0);
  for (size_t k = 0; k < K; k++)
    ck_assert_double_eq_tol(T[k * K + k], 0.8 / 1.1, 1e-5); /* rows are divided by their sums */
}
END_TEST

START_TEST(all_alike)
{
  float p[] = { 0.25f, 0.75f, 0.25f, 0.75f };
  double T[4];
  struct ho_error err;
  ck_assert_int_eq(ho_anchors_find(2, 2, p, T, &err), 0);
  ck_assert(T[0] == 0.25 && T[3] == 0.75);
  ck_assert_int_eq(ho_anchors_find(1, 2, p, T, &err), 0);
  ck_assert(T[0] == 0.25);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("anchors");
  TCase *c = tcase_create("anchors");
  tcase_add_test(c, outliers_are_passed_over);
  tcase_add_test(c, of_many_classes_the_likeliest);
  tcase_add_test(c, all_alike);
  suite_add_tcase(suite, c);
  return suite;
}
