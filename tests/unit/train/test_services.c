/* SPDX-License-Identifier: MIT
 * test_services.c - services of the host that several methods share: slopes, unmixed draws, transition matrices, weights
 * that a plugin gives, first passes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/parallel.h"
#include "../mock_host.h"
#undef fail
#include "train/trainer.h"
#include "../unit.h"

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;
static struct ho_trainer *t;

static void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static void setup(void)
{
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  set("dataset", "synthetic");
  set("train-size", "200");
  set("net", "mlp:hidden=16");
  set("noise", "symmetric:0.3");
  set("batch-size", "20");
}

static void teardown(void)
{
  ho_trainer_free(t);
  t = NULL;
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

/* A trainer in the middle of a step, so that services can be called. */
static void begin(void)
{
  t = ho_trainer_new(&s, &path, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  t->err = &err;
  err.text[0] = 0;
  ho_trainer_begin(t);
  t->phase = HO_STEP;
}

static void works(int status)
{
  ck_assert_msg(status == 0, "%s", err.text);
}

static const char *const nets[] = { "mlp:hidden=16,dropout=0.3", "preact-resnet18:width=2" };

/* slopes against the products with gradients of single samples, through batch norm and dropout. */
START_TEST(slopes_are_products)
{
  enum { SIZE = 8 };
  set("net", nets[_i]);
  begin();
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
}
END_TEST

/* Largest error of the slopes of 32 images over the largest product, after some steps of sgd. */
static double slopes_error(const char *net, int steps)
{
  enum { SIZE = 32 };
  set("net", net);
  set("train-size", "400");
  set("batch-size", "32");
  set("lr", "0.02");
  set("epochs", "10");
  begin();
  for (int k = 0; k < steps; k++)
    works(ho_trainer_step(t, &err));
  ho_trainer_begin(t);
  t->phase = HO_STEP;
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
  t = NULL;
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

/* Passes elsewhere than at the parameters are no first passes: neither averages nor memories move. */
START_TEST(first_is_at_the_parameters)
{
  set("net", nets[1]);
  set("optimizer", "elr");
  begin();
  const struct ho_host *h = &t->host;
  struct ho_draw want = { .count = 1, .size = 8 };
  struct ho_minibatch *mb;
  float loss[8], *theta = malloc(h->parameters * sizeof *theta), *stats = malloc(t->net->statistics * sizeof *stats);
  const float *memory = t->state[0].data;
  memcpy(theta, h->theta[0], h->parameters * sizeof *theta);
  memcpy(stats, t->stats[0], t->net->statistics * sizeof *stats);
  works(h->draw(h, &want, &mb));
  struct ho_pass pass = { .theta = theta };
  works(h->losses(h, &pass, &mb, 1, loss, NULL));
  ck_assert_mem_eq(stats, t->stats[0], t->net->statistics * sizeof *stats);
  ck_assert_float_eq(memory[mb->id[0] * 10], 0);
  pass.theta = NULL;
  works(h->losses(h, &pass, &mb, 1, loss, NULL));
  ck_assert_mem_ne(stats, t->stats[0], t->net->statistics * sizeof *stats);
  ck_assert_float_ne(memory[mb->id[0] * 10], 0);
  float before = memory[mb->id[0] * 10];
  works(h->losses(h, &pass, &mb, 1, loss, NULL));
  ck_assert_float_eq(memory[mb->id[0] * 10], before);
  free(theta);
  free(stats);
}
END_TEST

START_TEST(plain_draws_pass_the_input_hooks)
{
  set("optimizer", "mixup+label-smoothing");
  begin();
  const struct ho_host *h = &t->host;
  const uint32_t ids[] = { 1, 2, 3, 4, 5, 6 };
  struct ho_draw want = { .count = 1, .size = 6, .ids = ids };
  struct ho_minibatch *mixed, *plain;
  works(h->draw(h, &want, &mixed));
  want.plain = 1;
  works(h->draw(h, &want, &plain));
  for (size_t i = 0; i < 6; i++)
    for (size_t k = 0; k < 10; k++) {
      ck_assert_float_eq(plain->target[i * 10 + k], plain->label[i] == k);
      ck_assert_float_ge(mixed->target[i * 10 + k], 0.01f - 1e-6f);
    }
}
END_TEST

/* What is held out to validate on can be drawn, with its given labels, numbered behind the clean samples. */
START_TEST(validation_pool)
{
  set("validation-size", "40");
  set("clean-size", "30");
  begin();
  const struct ho_host *h = &t->host;
  int wrong = 0;
  ck_assert(h->samples == 200 && h->clean == 30);
  struct ho_draw want = { .pool = HO_VALIDATION, .count = 1, .size = 40 };
  struct ho_minibatch *mb;
  works(h->draw(h, &want, &mb));
  for (int i = 0; i < 40; i++) {
    ck_assert_uint_ge(mb->id[i], 230);
    ck_assert_uint_lt(mb->id[i], 270);
    wrong += mb->label[i] != t->data.train.label[t->image[mb->id[i]]];
  }
  ck_assert_int_eq(wrong, 10); /* 0.3 of 4 in each class, rounded down */
  want.pool = HO_CLEAN;
  want.size = 30;
  works(h->draw(h, &want, &mb));
  for (int i = 0; i < 30; i++)
    ck_assert_uint_eq(mb->label[i], t->data.train.label[t->image[mb->id[i]]]);
}
END_TEST

START_TEST(empty_validation_pool)
{
  begin();
  struct ho_draw want = { .pool = HO_VALIDATION, .count = 1, .size = 1 };
  struct ho_minibatch *mb;
  ck_assert_int_eq(t->host.draw(&t->host, &want, &mb), -1);
  ck_assert_msg(strstr(err.text, "--validation-size"), "%s", err.text);
}
END_TEST

/* Pools of a plugin can be filled anew; those of the host cannot. */
START_TEST(pools_are_refilled)
{
  const uint32_t a[] = { 1, 2 }, b[] = { 7, 8, 9 };
  begin();
  const struct ho_host *h = &t->host;
  t->phase = HO_EPOCH;
  int pool = h->pool(h, -1, a, 2);
  ck_assert_int_eq(pool, HO_VALIDATION + 1);
  ck_assert_int_eq(h->pool(h, pool, b, 3), pool);
  struct ho_draw want = { .pool = pool, .count = 1, .size = 3 };
  struct ho_minibatch *mb;
  works(h->draw(h, &want, &mb));
  ck_assert_uint_eq(mb->id[0] + mb->id[1] + mb->id[2], 24);
  for (int bad = -2; bad <= 4; bad++)
    if (bad != -1 && bad != pool) {
      err.text[0] = 0;
      ck_assert_int_eq(h->pool(h, bad, b, 3), -1);
      ck_assert_msg(strstr(err.text, "cannot be refilled"), "%s", err.text);
    }
}
END_TEST

/* Elsewhere than at the network's parameters. */
START_TEST(evaluate_anywhere)
{
  begin();
  const struct ho_host *h = &t->host;
  float *theta = calloc(h->parameters, sizeof *theta), logits[2][2000];
  struct ho_pass here = { .net = 0 }, zero = { .theta = theta };
  works(h->evaluate(h, &here, HO_TRAIN, logits[0], NULL));
  works(h->evaluate(h, &zero, HO_TRAIN, logits[1], NULL));
  for (int i = 0; i < 2000; i++)
    if (logits[1][i] != 0)
      ck_abort_msg("a network of zeros says %g", (double)logits[1][i]);
  memcpy(theta, h->theta[0], h->parameters * sizeof *theta);
  works(h->evaluate(h, &zero, HO_TRAIN, logits[1], NULL));
  ck_assert_mem_eq(logits[0], logits[1], sizeof logits[0]);
  free(theta);
}
END_TEST

/* Fields to come: who asks for them is told, not passed over. */
START_TEST(later_fields_are_refused)
{
  begin();
  const struct ho_host *h = &t->host;
  struct ho_draw want = { .count = 1, .size = 4, .later = { 0, _i == 0 } };
  struct ho_pass pass = { .later = { _i, 0 } };
  struct ho_minibatch *mb;
  float loss[4];
  int bad = h->draw(h, &want, &mb);
  if (!bad)
    bad = h->losses(h, &pass, &mb, 1, loss, NULL);
  ck_assert_int_eq(bad, -1);
  ck_assert_msg(strstr(err.text, "use a newer holdout"), "%s", err.text);
}
END_TEST

/* A plugin's weights and the weigh hooks' factors multiply. */
START_TEST(weights_multiply)
{
  set("optimizer", "random-weights");
  begin();
  const struct ho_host *h = &t->host;
  size_t P = h->parameters;
  struct ho_draw want = { .count = 1, .size = 5 };
  struct ho_minibatch *mb;
  float *row = malloc(P * sizeof *row), *sum = calloc(P, sizeof *sum), *all = malloc(P * sizeof *all), w[5];
  struct ho_pass plain = { 0 }, given = { .w = w };
  works(h->draw(h, &want, &mb));
  works(h->gradients(h, &plain, &mb, 1, all));
  for (int i = 0; i < 5; i++) { /* 1/5 of each sample alone, with its factor: together they are the whole */
    memset(w, 0, sizeof w);
    w[i] = 0.2f;
    works(h->gradients(h, &given, &mb, 1, row));
    for (size_t k = 0; k < P; k++)
      sum[k] += row[k];
  }
  for (size_t k = 0; k < P; k++)
    if (!(fabsf(sum[k] - all[k]) <= 1e-5f * (1 + fabsf(all[k]))))
      ck_abort_msg("parameter %zu: %g, in parts %g", k, (double)all[k], (double)sum[k]);
  free(row);
  free(sum);
  free(all);
}
END_TEST

/* Known: the very shares of the run's labels; exactly symmetric noise has 0.7 on the diagonal. */
START_TEST(known_transition)
{
  double T[100], *again;
  begin();
  const struct ho_host *h = &t->host;
  ck_assert_int_eq(h->transition(h, "known", T), -1);
  ck_assert_msg(strstr(err.text, "open and epoch only"), "%s", err.text);
  err.text[0] = 0;
  t->phase = HO_EPOCH;
  works(h->transition(h, "known", T));
  for (int k = 0; k < 10; k++) {
    double sum = 0;
    ck_assert_double_eq_tol(T[11 * k], 0.7, 1e-12);
    for (int j = 0; j < 10; j++)
      sum += T[10 * k + j];
    ck_assert_double_eq_tol(sum, 1, 1e-12);
  }
  again = T;
  ck_assert_int_eq(h->transition(h, "/nowhere/T", again), -1);
  ck_assert_msg(strstr(err.text, "optimizer sgd: /nowhere/T"), "%s", err.text);
}
END_TEST

/* Of a matrix of more than one task's columns: A X = I, the same bits for any number of threads, and the twin's condition
 * number; a matrix without an inverse is told by its pivot. */
START_TEST(inverses)
{
  enum { MOST = 150, SMALL = 7 };
  double condition, twins, small[SMALL * SMALL], inverse[SMALL * SMALL], twin[SMALL * SMALL];
  double *A = malloc(3 * MOST * MOST * sizeof *A), *X = A + MOST * MOST, *again = X + MOST * MOST;
  begin();
  const struct ho_host *h = &t->host;
  ck_assert_ptr_nonnull(A);
  for (size_t i = 0; i < MOST * MOST; i++) /* rows that sum to 1, not symmetric */
    A[i] = (i % (MOST + 1) == 0 ? 0.6 : 0) + (i % MOST == (i / MOST + 1) % MOST ? 0.3 : 0) + 0.1 / MOST;
  ck_assert_int_eq(h->invert(h, MOST, A, X, &condition), 0);
  for (size_t i = 0; i < MOST; i++)
    for (size_t j = 0; j < MOST; j++) {
      double sum = 0;
      for (size_t k = 0; k < MOST; k++)
        sum += A[i * MOST + k] * X[k * MOST + j];
      ck_assert_double_eq_tol(sum, i == j, 1e-12);
    }
  ho_parallel_setup(3);
  ck_assert_int_eq(h->invert(h, MOST, A, again, &twins), 0);
  ho_parallel_setup(1);
  ck_assert_mem_eq(X, again, MOST * MOST * sizeof *X);
  ck_assert(twins == condition);
  for (size_t i = 0; i < SMALL * SMALL; i++)
    small[i] = (i % (SMALL + 1) == 0 ? 0.5 : 0) + 0.1 * (double)(i * i % 11) / 11;
  ck_assert_int_eq(h->invert(h, SMALL, small, inverse, &condition), 0);
  ck_assert_int_eq(mock_invert(h, SMALL, small, twin, &twins), 0);
  for (size_t i = 0; i < SMALL * SMALL; i++)
    ck_assert_double_eq_tol(inverse[i], twin[i], 1e-12);
  ck_assert_double_eq_tol(condition, twins, 1e-10);
  for (size_t i = 0; i < SMALL; i++)
    small[5 * SMALL + i] = small[2 * SMALL + i];
  ck_assert(h->invert(h, SMALL, small, inverse, &condition) > 0 || condition > 1e12);
  memset(small, 0, sizeof small);
  ck_assert_int_eq(h->invert(h, SMALL, small, inverse, &condition), 1);
  free(A);
}
END_TEST

/* What l2rw gives is what the samples had: their mean over a mini-batch is 1, and some have 0. */
START_TEST(given_weights_are_kept)
{
  double sum = 0;
  uint32_t n = 0, zeros = 0;
  set("optimizer", "l2rw");
  set("option", "l2rw.labels=noisy");
  t = ho_trainer_new(&s, &path, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  works(ho_trainer_step(t, &err));
  for (size_t i = 0; i < t->samples; i++) {
    sum += t->weight_sum[i];
    n += t->weight_count[i];
    zeros += t->weight_count[i] == 1 && t->weight_sum[i] == 0;
  }
  ck_assert_uint_eq(n, 20); /* those that look on do not count */
  ck_assert_uint_gt(zeros, 0);
  ck_assert_double_eq_tol(sum, n, 1e-4 * n);
}
END_TEST

/* log p sums to 1 in exponentials, however large the logits. */
START_TEST(softmax_service)
{
  float z[10];
  double log_p[10];
  begin();
  for (int trial = 0; trial < 50; trial++) {
    double sum = 0;
    for (int k = 0; k < 10; k++)
      z[k] = (float)((trial * 31 + k * 17) % 23 * trial * 10);
    t->host.log_softmax(&t->host, z, log_p);
    for (int k = 0; k < 10; k++)
      sum += exp(log_p[k]);
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_assert_double_eq_tol(log_p[1] - log_p[0], (double)z[1] - z[0], 1e-9);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("services");
  TCase *c = tcase_create("services");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_loop_test(c, slopes_are_products, 0, 2);
  tcase_add_test(c, slopes_are_accurate);
  tcase_add_test(c, first_is_at_the_parameters);
  tcase_add_test(c, plain_draws_pass_the_input_hooks);
  tcase_add_test(c, validation_pool);
  tcase_add_test(c, empty_validation_pool);
  tcase_add_test(c, pools_are_refilled);
  tcase_add_test(c, evaluate_anywhere);
  tcase_add_loop_test(c, later_fields_are_refused, 0, 2);
  tcase_add_test(c, weights_multiply);
  tcase_add_test(c, known_transition);
  tcase_add_test(c, inverses);
  tcase_add_test(c, given_weights_are_kept);
  tcase_add_test(c, softmax_service);
  suite_add_tcase(suite, c);
  return suite;
}
