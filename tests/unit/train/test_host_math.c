/* SPDX-License-Identifier: MIT
 * test_host_math.c - services that compute: transition matrices, inverses, log-softmax, steps of a tensor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/parallel.h"
#include "../mock_host.h"
#undef fail
#include "../trainer_rig.h"

/* Known: the very shares of the run's labels; exactly symmetric noise has 0.7 on the diagonal. */
START_TEST(known_transition)
{
  double T[100], *again;
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
  const struct ho_host *h = &t->host;
  ck_assert_int_eq(h->transition(h, "known", T), -1);
  ck_assert_msg(strstr(err.text, "only in open and epoch"), "%s", err.text);
  hook(t, HO_EPOCH, 0);
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
  ho_trainer_free(t);
}
END_TEST

/* Of a matrix of more than one task's columns: A X = I, the same bits for any number of threads, and the twin's condition
 * number; a matrix without an inverse is told by its pivot. */
START_TEST(inverses)
{
  enum { MOST = 150, SMALL = 7 };
  double condition, twins, small[SMALL * SMALL], inverse[SMALL * SMALL], twin[SMALL * SMALL];
  double *A = malloc(3 * MOST * MOST * sizeof *A), *X = A + MOST * MOST, *again = X + MOST * MOST;
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
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
  ho_trainer_free(t);
}
END_TEST

/* log p sums to 1 in exponentials, however large the logits. */
START_TEST(softmax_service)
{
  float z[10];
  double log_p[10];
  struct ho_trainer *t = trainer();
  hook(t, HO_STEP, 0);
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
  ho_trainer_free(t);
}
END_TEST

/* Three steps of a tensor are those of the twins in the mock host. */
START_TEST(tensor_steps)
{
  enum { N = 100 };
  float at[2][3][N], g[N];
  struct ho_tensor w = { "w", 0, N, 0.5, 0.01 };
  struct ho_trainer *t = trainer();
  struct ho_host *h = (struct ho_host *)hook(t, HO_UPDATE, 0);
  memset(at, 0, sizeof at);
  h->lr = 0.1;
  for (h->step = 0; h->step < 3; h->step++) {
    for (size_t k = 0; k < N; k++)
      g[k] = (float)sin((double)(k * (h->step + 1)));
    if (_i == 2) {
      works(h->adam(h, &w, at[0][0], g, at[0][1], at[0][2], 0.9, 0.999, 1e-8));
      mock_adam(h, &w, at[1][0], g, at[1][1], at[1][2], 0.9, 0.999, 1e-8);
    } else {
      works(h->momentum(h, &w, at[0][0], g, at[0][1], 0.9, _i));
      mock_momentum(h, &w, at[1][0], g, at[1][1], 0.9, _i);
    }
  }
  for (size_t k = 0; k < N; k++)
    for (size_t a = 0; a < 3; a++)
      ck_assert_double_eq_tol(at[0][a][k], at[1][a][k], 1e-6 * fabs((double)at[1][a][k]) + 1e-30);
  ck_assert_float_ne(at[0][0][1], 0);
  ho_trainer_free(t);
}
END_TEST

START_TEST(tensor_steps_are_for_update)
{
  float x[1] = { 0 }, g[1] = { 1 }, a[1] = { 0 };
  struct ho_tensor w = { "w", 0, 1, 1, 0 };
  struct ho_trainer *t = trainer();
  const struct ho_host *h = hook(t, HO_STEP, 0);
  ck_assert_int_eq(h->momentum(h, &w, x, g, a, 0.9, 0), -1);
  ck_assert_msg(strstr(err.text, "momentum can be called only in update"), "%s", err.text);
  hook(t, HO_EPOCH, 0);
  ck_assert_int_eq(h->adam(h, &w, x, g, a, a, 0.9, 0.9, 1), -1);
  ck_assert_msg(strstr(err.text, "adam can be called only in update"), "%s", err.text);
  hook(t, HO_STEP, 0);
  ck_assert_int_eq(h->blend(h, 1, x, 0, NULL, NULL), -1);
  ck_assert_msg(strstr(err.text, "blend: 0 terms"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("host_math");
  TCase *c = tcase_create("host_math");
  tcase_add_checked_fixture(c, rig_setup, rig_teardown);
  tcase_add_test(c, known_transition);
  tcase_add_test(c, inverses);
  tcase_add_test(c, softmax_service);
  tcase_add_loop_test(c, tensor_steps, 0, 3);
  tcase_add_test(c, tensor_steps_are_for_update);
  suite_add_tcase(suite, c);
  return suite;
}
