/* SPDX-License-Identifier: MIT
 * test_noise_layer.c - the parameters of plugins/noise-layer.c: their gradient, their beginnings, when they are used. */
#include <math.h>

#include "../rig.h"

static const float z_worked[] = { 1, 2, 0.5f }, first[] = { 1, 0, 0 };
static const double symmetric[] = { 0.6, 0.2, 0.2, 0.2, 0.6, 0.2, 0.2, 0.2, 0.6 };
static struct rig r;

static void make(const char *options)
{
  rig_make(&r, "noise-layer", options);
  r.mock.host.epochs = 4;
  ck_assert_int_eq(rig_open(&r), 0);
  ck_assert_uint_eq(r.mock.host.parameters, 12);
}

/* The own hook on one sample of weight w. */
static void own(const float *z, const float *q, float w, float *row)
{
  uint32_t id = 0;
  struct ho_minibatch mb = { .size = 1, .id = &id, .target = (float *)q };
  struct ho_head head = { .logits = z, .theta = r.mock.theta };
  memset(row, 0, 12 * sizeof *row);
  ck_assert_int_eq(r.hooks->own(r.self, &r.mock.host, &mb, &head, &w, row), 0);
}

START_TEST(worked_gradient)
{
  const double dW[] = { -0.189729, 0.094864, 0.094864, -0.343824, 0.257868, 0.085956, -0.076718, 0.019179, 0.057538 };
  float row[12];
  make("noise-layer.warmup=0");
  for (int i = 0; i < 9; i++)
    r.mock.theta[3 + i] = (float)log(symmetric[i]);
  own(z_worked, first, 0.5f, row);
  for (int i = 0; i < 3; i++)
    ck_assert_float_eq(row[i], 0); /* the network's are not its business */
  for (int i = 0; i < 9; i++)
    ck_assert_double_eq_tol(row[3 + i], 0.5 * dW[i], 1e-5);
  rig_free(&r);
}
END_TEST

START_TEST(gradient_by_differences)
{
  struct ho_stream s = ho_stream_make(6, "test", 0, 0);
  const float h = 0.01f, q[] = { 0.5f, 0.2f, 0.3f };
  make("noise-layer.warmup=0");
  for (int trial = 0; trial < 20; trial++) {
    float z[3], row[12], unused[3];
    for (int i = 0; i < 12; i++)
      r.mock.theta[i] = (float)ho_stream_normal(&s);
    for (int k = 0; k < 3; k++)
      z[k] = (float)ho_stream_normal(&s);
    own(z, q, 1, row);
    for (int i = 3; i < 12; i++) {
      float old = r.mock.theta[i];
      r.mock.theta[i] = old + h;
      double up = rig_loss(&r, 0, z, q, 0, unused);
      r.mock.theta[i] = old - h;
      double down = rig_loss(&r, 0, z, q, 0, unused);
      r.mock.theta[i] = old;
      ck_assert_double_eq_tol(row[i], (up - down) / (2 * h), 1e-4);
    }
  }
  rig_free(&r);
}
END_TEST

/* Uniform T: the given label says nothing of the true one. */
START_TEST(uniform_noise_teaches_nothing)
{
  float d[3];
  make("noise-layer.warmup=0");
  rig_loss(&r, 0, z_worked, first, 1, d);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(d[k], 0, 1e-6);
  rig_free(&r);
}
END_TEST

/* 100 samples with labels 0, 1, 2, 0, ...: the first 30 are predicted as 0, all others as 1, none as 2. */
START_TEST(begins_with_the_confusion)
{
  float logits[300] = { 0 }, row[12], d[3];
  double count[2][3] = { { 0 } };
  make("");
  r.mock.logits = logits;
  for (int i = 0; i < 100; i++) {
    logits[3 * i + (i >= 30)] = 1;
    count[i >= 30][i % 3]++;
  }
  for (r.mock.host.epoch = 0; r.mock.host.epoch < 2; r.mock.host.epoch++) { /* half of the epochs without it */
    ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 0), 0);
    ck_assert_float_eq(r.mock.theta[3], 0);
    own(z_worked, first, 1, row);
    ck_assert_float_eq(row[3], 0);
    ck_assert_double_eq_tol(rig_loss(&r, 0, z_worked, first, 1, d), 1.464369, 1e-5);
  }
  ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 1), 0);
  ck_assert_float_eq(r.mock.theta[3], 0);
  ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 0), 0);
  for (int k = 0; k < 2; k++)
    for (int j = 0; j < 3; j++)
      ck_assert_double_eq_tol(r.mock.theta[3 + 3 * k + j], log(count[k][j] / (k ? 70 : 30) + 1e-8), 1e-5);
  for (int j = 0; j < 3; j++)
    ck_assert_double_eq_tol(r.mock.theta[9 + j], j == 2 ? 0 : log(1e-8), 1e-5);
  own(z_worked, first, 1, row);
  ck_assert_float_ne(row[3], 0);
  rig_free(&r);
}
END_TEST

START_TEST(begins_from_scratch)
{
  make("noise-layer.warmup=0");
  ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 0), 0);
  for (int i = 0; i < 9; i++) {
    double want = i % 4 ? log(0.46 / 2) : log(0.54);
    ck_assert_double_ge(r.mock.theta[3 + i], want - 1e-6);
    ck_assert_double_le(r.mock.theta[3 + i], want + 0.01);
  }
  rig_free(&r);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise-layer");
  TCase *c = tcase_create("matrix");
  tcase_add_test(c, worked_gradient);
  tcase_add_test(c, gradient_by_differences);
  tcase_add_test(c, uniform_noise_teaches_nothing);
  tcase_add_test(c, begins_with_the_confusion);
  tcase_add_test(c, begins_from_scratch);
  suite_add_tcase(suite, c);
  return suite;
}
