/* SPDX-License-Identifier: MIT
 * test_slopes.c - the slopes service against products with the gradients of single samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../trainer_rig.h"

static const char *const nets[] = { "mlp:hidden=16,dropout=0.3", "preact-resnet18:width=2" };

/* slopes against the products with gradients of single samples, through batch norm and dropout. */
START_TEST(slopes_are_products)
{
  enum { SIZE = 8 };
  set("net", nets[_i]);
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  size_t P = h->parameters;
  struct ho_draw want = { .count = 2, .size = SIZE };
  struct ho_minibatch *mb[2];
  float *row = malloc(P * sizeof *row), *v = malloc(P * sizeof *v), slope[SIZE], w[SIZE];
  struct ho_pass plain = { 0 };
  works(h->draw(h, &want, mb));
  works(h->gradients(h, &plain, mb + 1, 1, v));
  works(h->slopes(h, &plain, mb, 1, v, slope));
  double norm = sqrt(h->dot(h, P, v, v));
  for (int i = 0; i < SIZE; i++) {
    struct ho_pass one = { .w = w };
    memset(w, 0, sizeof w);
    w[i] = 1;
    works(h->gradients(h, &one, mb, 1, row));
    double product = h->dot(h, P, row, v), size = norm * sqrt(h->dot(h, P, row, row));
    if (!(fabs(slope[i] - product) <= 0.01 * size))
      ck_abort_msg("sample %d: %g, the product is %g of at most %g", i, (double)slope[i], product, size);
  }
  memset(v, 0, P * sizeof *v);
  works(h->slopes(h, &plain, mb, 1, v, slope));
  for (int i = 0; i < SIZE; i++)
    ck_assert_float_eq(slope[i], 0);
  free(row);
  free(v);
  ho_trainer_free(t);
}
END_TEST

/* Largest error of the slopes of 16 images over the largest product, after some steps of sgd. */
static double slopes_error(const char *net, int steps)
{
  enum { SIZE = 16 };
  set("net", net);
  set("train-size", "400");
  set("batch-size", "16");
  set("lr", "0.02");
  set("epochs", "10");
  struct ho_trainer *t = trainer();
  for (int k = 0; k < steps; k++)
    step(t);
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  size_t P = h->parameters;
  struct ho_minibatch *mb[2];
  float *row = malloc(P * sizeof *row), *v = malloc(P * sizeof *v), slope[SIZE], w[SIZE];
  double worst = 0, largest = 0;
  works(h->draw(h, &(struct ho_draw){ .count = 2, .size = SIZE }, mb));
  works(h->gradients(h, &(struct ho_pass){ 0 }, mb + 1, 1, v));
  works(h->slopes(h, &(struct ho_pass){ 0 }, mb, 1, v, slope));
  for (int i = 0; i < SIZE; i++) {
    memset(w, 0, sizeof w);
    w[i] = 1;
    works(h->gradients(h, &(struct ho_pass){ .w = w }, mb, 1, row));
    double product = h->dot(h, P, row, v);
    worst = fmax(worst, fabs(slope[i] - product));
    largest = fmax(largest, fabs(product));
  }
  free(row);
  free(v);
  ho_trainer_free(t);
  return worst / largest;
}

/* As documented: kinks and rounding together leave half a per cent, as a rule.  A distance of 0.01 leaves 3 %. */
START_TEST(slopes_are_accurate)
{
  static const char *const each[] = { "mlp:hidden=16", "lenet", "resnet32:width=2", "preact-resnet18:width=2",
                                      "inception-small:width=0.1,dropout=0" };
  double mean = 0;
  int n = 0;
  for (size_t i = 0; i < sizeof each / sizeof *each; i++)
    for (int steps = 0; steps <= 30; steps += 30, n++) {
      double error = slopes_error(each[i], steps);
      mean += log(error);
      if (!(error <= 0.15))
        ck_abort_msg("%s after %d steps: slopes are off by %g of the largest", each[i], steps, error);
    }
  mean = exp(mean / n);
  ck_assert_msg(mean < 0.015, "slopes are off by %g of the largest, in mean", mean);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("slopes");
  TCase *c = tcase_create("slopes");
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_loop_test(c, slopes_are_products, 0, 2);
  tcase_add_test(c, slopes_are_accurate);
  suite_add_tcase(suite, c);
  return suite;
}
