/* SPDX-License-Identifier: MIT
 * test_sample_weights.c - the weight that each sample had in the steps of an epoch. */
#include <math.h>

#include "../trainer_rig.h"

/* Weights per sample, relative to plain SGD's 1: what bilevel reports, times how many it reports. */
START_TEST(weights_per_sample)
{
  set("batch-size", "24");
  set("optimizer", "bilevel");
  struct ho_trainer *t = trainer();
  step(t);
  double sum = 0, n = 0, weight = ho_tally_find(&t->tally, "weight")->sum;
  for (size_t i = 0; i < t->source.samples; i++) {
    sum += t->weights.sum[i];
    n += t->weights.count[i];
  }
  ck_assert_double_eq(n, 21); /* 7 training mini-batches of 3 */
  ck_assert_double_eq_tol(sum, weight * 7 * 3, 1e-5);
  ho_trainer_free(t);
  set("optimizer", "sgd");
  t = trainer();
  step(t);
  for (size_t i = 0; i < t->source.samples; i++)
    if (fabs(t->weights.sum[i] - t->weights.count[i]) > 1e-6)
      ck_abort_msg("sample %zu: weight %g, drawn %u times", i, t->weights.sum[i], t->weights.count[i]);
  ho_trainer_free(t);
}
END_TEST

/* What l2rw gives is what the samples had: their mean over a mini-batch is 1, and some have 0. */
START_TEST(given_weights_are_kept)
{
  double sum = 0;
  uint32_t n = 0, zeros = 0;
  set("optimizer", "l2rw");
  set("option", "l2rw.labels=noisy");
  struct ho_trainer *t = trainer();
  step(t);
  for (size_t i = 0; i < t->source.samples; i++) {
    sum += t->weights.sum[i];
    n += t->weights.count[i];
    zeros += t->weights.count[i] == 1 && t->weights.sum[i] == 0;
  }
  ck_assert_uint_eq(n, 20); /* those that look on do not count */
  ck_assert_uint_gt(zeros, 0);
  ck_assert_double_eq_tol(sum, n, 1e-4 * n);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("sample_weights");
  TCase *c = tcase_create("sample_weights");
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_test(c, weights_per_sample);
  tcase_add_test(c, given_weights_are_kept);
  suite_add_tcase(suite, c);
  return suite;
}
