/* SPDX-License-Identifier: MIT
 * test_services.c - services of the host that several methods share: slopes, unmixed draws, transition matrices, weights
 * that a plugin gives, first passes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/trainer.h"
#include "unit.h"

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
    /* a distance of 0.01: the curvature of a network with batch norm over 8 images shows in the second digit */
    if (!(fabs(slope[i] - product) <= 0.03 * size))
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
  ck_assert_uint_ge(n, 20);
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
  tcase_add_test(c, first_is_at_the_parameters);
  tcase_add_test(c, plain_draws_pass_the_input_hooks);
  tcase_add_test(c, known_transition);
  tcase_add_test(c, given_weights_are_kept);
  tcase_add_test(c, softmax_service);
  suite_add_tcase(suite, c);
  return suite;
}
