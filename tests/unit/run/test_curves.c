/* SPDX-License-Identifier: MIT
 * test_curves.c - curves in logs, whole and damaged. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../scratch.h"
#include "run/curves.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_curves c;

static int read_log(const char *text, enum ho_truth truth)
{
  static struct ho_run_record r;
  snprintf(r.dir, sizeof r.dir, "%s", scratch);
  r.settings.epochs = 100;
  r.truth = truth;
  scratch_write("log.jsonl", text, strlen(text));
  return ho_curves_read(&c, &r, &err);
}

#define SCORES(test, clean) \
  "\"test_accuracy\":" test ",\"validation_accuracy\":null,\"test_loss\":1.5,\"train_loss_noisy\":2," \
  "\"train_accuracy_noisy\":0.25,\"train_accuracy_clean\":" clean "}\n"

START_TEST(scores)
{
  static const char text[] =
      "{\"epoch\":1," SCORES("0.5", "0.75") "{\"epoch\":2,\"loss\":3}\n{\"epoch\":3," SCORES("null", "1");
  ck_assert_msg(!read_log(text, HO_TRUTH_KNOWN), "%s", err.text);
  ck_assert(c.n == 2 && c.epoch[0] == 1 && c.epoch[1] == 3);
  ck_assert(c.value[HO_CURVE_TEST][0] == 0.5 && isnan(c.value[HO_CURVE_TEST][1]));
  ck_assert(c.value[HO_CURVE_TRUE][0] == 0.75 && c.value[HO_CURVE_TRUE][1] == 1);
  ck_assert(c.value[HO_CURVE_GIVEN][0] == 0.25 && isnan(c.value[HO_CURVE_VALIDATION][0]));
  ck_assert(c.value[HO_CURVE_TRAIN_LOSS][0] == 2 && c.value[HO_CURVE_TEST_LOSS][1] == 1.5);
  ho_curves_free(&c);
  ck_assert(!read_log(text, HO_TRUTH_UNKNOWN)); /* earlier versions wrote the accuracy on given labels */
  ck_assert(isnan(c.value[HO_CURVE_TRUE][0]));
  ho_curves_free(&c);
}
END_TEST

START_TEST(many_epochs)
{
  static char text[100 * 256];
  size_t n = 0;
  for (int i = 1; i <= 100; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "{\"epoch\":%d,\"test_accuracy\":%g}\n", i, i / 100.);
  ck_assert_msg(!read_log(text, HO_TRUTH_KNOWN), "%s", err.text);
  ck_assert(c.n == 100 && c.epoch[99] == 100 && c.value[HO_CURVE_TEST][99] == 1 && c.value[HO_CURVE_TEST][63] == 0.64);
  ck_assert(isnan(c.value[HO_CURVE_TEST_LOSS][99]));
  ho_curves_free(&c);
}
END_TEST

START_TEST(no_epochs)
{
  static struct ho_run_record r = { .dir = "/nowhere" };
  ck_assert(!ho_curves_read(&c, &r, &err) && c.n == 0);
  ho_curves_free(&c);
  ck_assert(!read_log("", HO_TRUTH_KNOWN) && c.n == 0);
  ho_curves_free(&c);
}
END_TEST

START_TEST(damage)
{
  static const struct {
    const char *text, *message;
  } bad[] = {
    { "{\"epoch\":1,\"test_accuracy\":1.5}\n", "log.jsonl:1: damaged: `test_accuracy' is not in [0,1]" },
    { "{\"epoch\":1,\"test_accuracy\":\"0.5\"}\n", "`test_accuracy' is not in [0,1]" },
    { "{\"epoch\":1,\"test_accuracy\":0.5,\"test_loss\":-1}\n", "`test_loss' is not a loss" },
    { "{\"epoch\":2}\n", "`epoch' is not the next epoch" },
    { "{\"epoch\":1}\n{\"epoch\":2", "log.jsonl:2: damaged: the last line is incomplete" },
    { "[1]\n", "not a JSON object" },
    { "{\"epoch\":1,\"epoch\":1}\n", "not a JSON object" },
  };
  ck_assert_int_eq(read_log(bad[_i].text, HO_TRUTH_KNOWN), -1);
  assert_has(err.text, bad[_i].message);
  ho_curves_free(&c);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("curves");
  TCase *tc = tcase_create("curves");
  tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
  tcase_add_test(tc, scores);
  tcase_add_test(tc, many_epochs);
  tcase_add_test(tc, no_epochs);
  tcase_add_loop_test(tc, damage, 0, 7);
  suite_add_tcase(suite, tc);
  return suite;
}
