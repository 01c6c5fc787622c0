/* SPDX-License-Identifier: MIT
 * test_score.c - scores and predictions: by hand from the logits, by the predict hook, and its failures. */
#include <math.h>
#include <string.h>

#include "../trainer_rig.h"

static void setup(void)
{
  rig_setup();
  set("augment", "crop-flip");
  set("batch-size", "24");
  set("optimizer", "probe");
  set("lr", "0.05");
}

/* Margin, loss, prediction of one image, by hand from its logits. */
START_TEST(scores_by_hand)
{
  float z[10], loss, margin;
  uint32_t image = 7;
  set("optimizer", "sgd");
  struct ho_trainer *t = trainer();
  uint16_t label = t->source.data.test.label[7], got;
  struct ho_score_request ask = { &t->source.data.test, &image, &label, 1 };
  struct ho_score_result result = { .each_loss = &loss, .margin = &margin, .prediction = &got };
  ck_assert_int_eq(ho_outputs(t, 0, NULL, &t->source.data.test, &image, 1, z, NULL, &err), 0);
  ck_assert_int_eq(ho_trainer_score(t, &ask, &result, &err), 0);
  double sum = 0, other = -INFINITY, top = -INFINITY;
  for (int k = 0; k < 10; k++) {
    sum += exp(z[k]);
    other = k != label && z[k] > other ? z[k] : other;
    top = z[k] > top ? z[k] : top;
  }
  ck_assert_double_eq_tol(loss, log(sum) - z[label], 1e-5);
  ck_assert_double_eq_tol(result.loss, loss, 1e-6);
  ck_assert_float_eq(margin, z[label] - (float)other);
  ck_assert_float_eq(z[got], (float)top);
  ck_assert_double_eq(result.accuracy, got == label);
  ho_trainer_free(t);
}
END_TEST

/* The prediction of a run is that of its chain; what fails in it fails the evaluation. */
START_TEST(predict_is_asked)
{
  float one[2][10], mean[10];
  uint32_t image = 3;
  uint16_t label = 0, got;
  set("optimizer", "witness");
  struct ho_trainer *t = trainer();
  struct ho_score_request ask = { &t->source.data.test, &image, &label, 1 };
  struct ho_score_result result = { .prediction = &got };
  for (int k = 0; k < 2; k++)
    ck_assert_int_eq(ho_outputs(t, k, NULL, &t->source.data.test, &image, 1, one[k], NULL, &err), 0);
  ck_assert_msg(!ho_trainer_score(t, &ask, &result, &err), "%s", err.text);
  size_t top = 0;
  for (size_t k = 0; k < 10; k++) {
    mean[k] = (one[0][k] + one[1][k]) / 2;
    if (mean[k] > mean[top])
      top = k;
  }
  ck_assert_uint_eq(got, top);
  ho_trainer_free(t);
}
END_TEST

START_TEST(predictions_that_fail)
{
  static const char *const fails[][2] = {
    { "predict-logs", "optimizer witness: more than 60 names" },
    { "predict-fails", "optimizer witness: its predict hook failed without a message" },
    { "predict-nan",
      "optimizer witness: its predictions are not finite at step 0, although the networks' outputs are" },
  };
  char option[64];
  uint32_t image = 3;
  uint16_t label = 0;
  set("optimizer", "witness");
  for (size_t i = 0; i < sizeof fails / sizeof *fails; i++) {
    snprintf(option, sizeof option, "witness.mode=%s", fails[i][0]);
    set("option", option);
    struct ho_trainer *t = trainer();
    struct ho_score_request ask = { &t->source.data.test, &image, &label, 1 };
    struct ho_score_result result = { .loss = 0 };
    ck_assert_int_eq(ho_trainer_score(t, &ask, &result, &err), -1);
    ck_assert_msg(strstr(err.text, fails[i][1]), "%s", err.text);
    ho_trainer_free(t);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("score");
  TCase *c = tcase_create("score");
  tcase_add_checked_fixture(c, setup, rig_teardown);
  tcase_add_test(c, scores_by_hand);
  tcase_add_test(c, predict_is_asked);
  tcase_add_test(c, predictions_that_fail);
  suite_add_tcase(suite, c);
  return suite;
}
