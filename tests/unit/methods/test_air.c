/* SPDX-License-Identifier: MIT
 * test_air.c - the solver of plugins/air.c: its proximal step, its optimum where that is known, when it is used. */
#include <math.h>

#include "../rig.h"
#undef fail /* Check's; the host has a service of that name */
#include "../../plugins/air.c"

enum { F = 4, K = 3, N = 60 };
static struct rig r;
static float features[N * F];

/* Overlapping clouds, one for each label: the optimum without groups is finite. */
static void make(const char *options)
{
  struct ho_stream s = ho_stream_make(8, "test", 0, 0);
  rig_make(&r, "air", options);
  r.mock.host.samples = N;
  r.mock.host.features = F;
  r.mock.host.epochs = 2;
  r.mock.features = features;
  for (size_t i = 0; i < N; i++)
    for (size_t f = 0; f < F; f++)
      features[i * F + f] = (float)(ho_stream_normal(&s) + 1.5 * (r.mock.label[i] == f));
  features[5] = features[17] = 0; /* n_i differs */
  ck_assert_msg(!rig_open(&r), "%s", r.mock.message);
}

static void train(void)
{
  for (r.mock.host.epoch = 0; r.mock.host.epoch < 2; r.mock.host.epoch++)
    for (int end = 0; end < 2; end++)
      ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, end), 0);
}

/* prox of (3, 4) with threshold 2 is (1.8, 2.4); with 5 or more it is 0. */
START_TEST(groups_shrink)
{
  const double threshold[] = { 2, 5, 9 }, want[][2] = { { 1.8, 2.4 }, { 0, 0 }, { 0, 0 } };
  double weight[] = { 3, 4 }, a[1], size[1];
  float x[] = { 1, 1 }, u[2] = { 0 }, v[2] = { 0 };
  uint32_t feature[] = { 0, 1 };
  size_t start[] = { 0, 2 };
  struct problem p = { .N = 1,
                       .F = 2,
                       .K = 1,
                       .x = x,
                       .start = start,
                       .feature = feature,
                       .v = v,
                       .u = u,
                       .w = weight,
                       .a = a,
                       .size = size };
  shrink(&p, 0, 10, 0, threshold[_i]);
  for (int k = 0; k < 2; k++)
    ck_assert_double_eq_tol(v[k], want[_i][k], 1e-6);
  u[0] = -10; /* a = M w - u / rho = (4, 4), softened by 1: (3, 3) */
  shrink(&p, 0, 10, 1, 0);
  ck_assert(v[0] == 3 && v[1] == 3);
}
END_TEST

/* Of one image: the gradient of lambda_s |x o w_c| / sqrt(n) + lambda_l |x o w_c|_1, times 1 / (N K), for every class; its
 * products x w are all but where x is 0. */
static void add_groups(const double *x, const float *w, double lambda_s, double lambda_l, double *g)
{
  double n = 0;
  for (size_t f = 0; f < F; f++)
    n += x[f] != 0;
  for (size_t c = 0; c < K; c++) {
    double size = 0;
    for (size_t f = 0; f < F; f++)
      size += x[f] * w[f * K + c] * x[f] * w[f * K + c];
    for (size_t f = 0; f < F && size > 0; f++)
      g[f * K + c] += (lambda_s * x[f] * x[f] * w[f * K + c] / sqrt(size * n) +
                       lambda_l * fabs(x[f]) * ((w[f * K + c] > 0) - (w[f * K + c] < 0))) /
                      (N * K);
  }
}

/* Gradient of the whole objective at what the plugin predicts with. */
static double gradient_norm(const float *w, double mu, double lambda_s, double lambda_l)
{
  double g[F * K] = { 0 }, norm = 0;
  for (size_t i = 0; i < N; i++) {
    double z[K] = { 0 }, square = 0, sum = 0, x[F];
    for (size_t f = 0; f < F; f++)
      square += (double)features[i * F + f] * features[i * F + f];
    for (size_t f = 0; f < F; f++)
      x[f] = square > 0 ? features[i * F + f] / sqrt(square) : 0;
    add_groups(x, w, lambda_s, lambda_l, g);
    for (size_t c = 0; c < K; c++) {
      for (size_t f = 0; f < F; f++)
        z[c] += w[f * K + c] * x[f];
      sum += exp(z[c]);
    }
    for (size_t c = 0; c < K; c++)
      for (size_t f = 0; f < F; f++)
        g[f * K + c] += (exp(z[c]) / sum - (c == r.mock.label[i])) * x[f] / N;
  }
  for (size_t j = 0; j < F * K; j++) {
    g[j] += mu / K * w[j];
    norm += g[j] * g[j];
  }
  return sqrt(norm);
}

/* Without groups it is softmax regression: the gradient vanishes at the solution.  The sum over a batch is not scaled to
 * the whole set, as in the original: batches of 7 of 60 make the ridge 60/7 times as strong. */
START_TEST(softmax_regression)
{
  const char *const options[] = { "air.lambda_s=0;air.mu=0.1;air.epochs=4000;air.rho_max=10;air.batch=60",
                                  "air.lambda_s=0;air.mu=0.1;air.epochs=4000;air.rho_max=10;air.batch=7" };
  make(options[_i]);
  train();
  double norm = gradient_norm(r.mock.memory[0], _i ? 0.1 * 60 / 7 : 0.1, 0, 0);
  double start = gradient_norm((float[F *K]){ 0 }, 0.1, 0, 0);
  ck_assert_msg(norm < (_i ? 0.2 : 0.02) * start, "%g, at 0 it is %g", norm, start);
  rig_free(&r);
}
END_TEST

/* With groups, and with sparsity of single features, it is the minimum of the objective that the file states; an image
 * without features has no say. */
START_TEST(optimum_of_the_objective)
{
  const char *const options[] = {
    "air.lambda_s=0.3;air.mu=0.01;air.epochs=20000;air.rho_max=10;air.batch=60",
    "air.lambda_s=0.2;air.lambda_l=0.05;air.mu=0.01;air.epochs=20000;air.rho_max=10;air.batch=60"
  };
  make(options[_i]);
  memset(features + 9 * F, 0, F * sizeof *features);
  train();
  const float *w = r.mock.memory[0];
  double norm = gradient_norm(w, 0.01, _i ? 0.2 : 0.3, _i ? 0.05 : 0),
         other = gradient_norm(w, 0.01, _i ? 0.1 : 0.15, 0);
  double start = gradient_norm((float[F *K]){ 0 }, 0.01, 0, 0);
  ck_assert_msg(norm < 0.05 * start && norm < 0.3 * other, "%g; of half the strength %g; at 0 %g", norm, other, start);
  rig_free(&r);
}
END_TEST

/* The default batch is the original's share of the images: 23,000 of 50,000, by which all strengths act as N / batch times
 * theirs. */
START_TEST(batches_are_the_originals_share)
{
  const size_t images[] = { 50000, 4000, 100, 60, 1 }, want[] = { 23000, 1840, 46, 28, 1 };
  struct air o = { .batch = 0 };
  for (size_t i = 0; i < sizeof want / sizeof *want; i++)
    ck_assert_uint_eq(batch_size(&o, images[i]), want[i]);
  o.batch = 7;
  ck_assert_uint_eq(batch_size(&o, 60), 7);
  ck_assert_uint_eq(batch_size(&o, 5), 5);
}
END_TEST

/* Groups of images act more strongly by as much as a batch is smaller than the whole: the gradient of the objective in which
 * lambda_s is N / batch times as large vanishes, by comparison with that in which it is not. */
START_TEST(strength_of_the_default)
{
  make("air.lambda_s=0.14;air.mu=0.01;air.epochs=20000;air.rho_max=10");
  train();
  const float *w = r.mock.memory[0];
  double scale = 60. / 28, norm = gradient_norm(w, 0.01 * scale, 0.14 * scale, 0),
         plain = gradient_norm(w, 0.01, 0.14, 0);
  ck_assert_msg(norm < 0.3 * plain, "%g, without the factor %g", norm, plain);
  rig_free(&r);
}
END_TEST

/* All batches have one size: the last of a pass goes on with its first images.  Where all images are the same, two batches of
 * 59 in one pass do what 60 do in two, but for one image in 60. */
START_TEST(the_last_batch_wraps_around)
{
  float w[2][F * K];
  const char *const options[] = { "air.lambda_s=0;air.epochs=2;air.batch=60",
                                  "air.lambda_s=0;air.epochs=1;air.batch=59" };
  for (int k = 0; k < 2; k++) {
    make(options[k]);
    for (size_t i = 0; i < N; i++) {
      memcpy(features + i * F, (float[F]){ 1, 2, 3, 4 }, F * sizeof *features);
      r.mock.label[i] = 1;
    }
    train();
    memcpy(w[k], r.mock.memory[0], sizeof w[k]);
    rig_free(&r);
  }
  for (size_t j = 0; j < F * K; j++)
    ck_assert_double_eq_tol(w[1][j], w[0][j], 0.05 * fabs((double)w[0][j]));
}
END_TEST

/* Too large a ridge, and what a host says of it: name and value of the option, and one that works. */
START_TEST(divergence_is_told)
{
  const char *const options[] = { "air.mu=50", "air.mu=1e30",
                                  "air.lambda_s=0;air.rho=1e-6;air.rho_max=1e-6;air.epochs=2;air.batch=60" };
  const char *const want[] = {
    "choose a smaller air.mu than 50 (any below 4.4", "choose a smaller air.mu than 1e+30",
    "choose more air.epochs than 2, or larger air.rho and air.rho_max than 1e-06 and 1e-06"
  };
  make(options[_i]);
  r.mock.host.epoch = 1;
  ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 1), -1);
  ck_assert_msg(strstr(r.mock.message, want[_i]) != NULL, "%s", r.mock.message);
  ck_assert(strstr(r.mock.message, "the ADMM") != NULL);
  rig_free(&r);
}
END_TEST

/* Groups strong enough leave nothing; the log says so. */
START_TEST(strong_groups_leave_nothing)
{
  double largest = 0;
  make("air.lambda_s=1e6;air.epochs=500");
  r.mock.logged = 0;
  train();
  const float *w = r.mock.memory[0];
  for (size_t j = 0; j < F * K; j++)
    largest = fmax(largest, fabs((double)w[j]));
  ck_assert_double_lt(largest, 0.05);
  ck_assert_double_eq(r.mock.logged, 0);
  rig_free(&r);
}
END_TEST

/* Between the ends, groups drop out, and more do as lambda_s grows. */
START_TEST(groups_drop_out)
{
  const char *const options[] = { "air.lambda_s=0.3", "air.lambda_s=1", "air.lambda_s=3" };
  double alive[3];
  for (int k = 0; k < 3; k++) {
    make(options[k]);
    r.mock.logged = 0;
    train();
    alive[k] = r.mock.logged;
    rig_free(&r);
  }
  ck_assert_msg(alive[0] >= alive[1] && alive[1] > alive[2] && alive[2] < 1, "%g %g %g", alive[0], alive[1], alive[2]);
}
END_TEST

START_TEST(predicts_by_the_network_until_it_is_solved)
{
  float logits[K] = { 1, 2, 3 }, x[F] = { 0, 3, 0, 4 }, out[K];
  make("");
  ck_assert_int_eq(r.hooks->predict(r.self, &r.mock.host, 1, logits, x, out), 0);
  ck_assert_mem_eq(out, logits, sizeof out);
  r.mock.host.epoch = 0;
  ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 1), 0); /* one more epoch to come */
  ck_assert_int_eq(r.hooks->predict(r.self, &r.mock.host, 1, logits, x, out), 0);
  ck_assert_mem_eq(out, logits, sizeof out);
  train();
  const float *w = r.mock.memory[0];
  ck_assert_int_eq(r.hooks->predict(r.self, &r.mock.host, 1, logits, x, out), 0);
  for (size_t c = 0; c < K; c++)
    ck_assert_double_eq_tol(out[c], 0.6 * w[1 * K + c] + 0.8 * w[3 * K + c], 1e-5);
  rig_free(&r);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("air");
  TCase *c = tcase_create("air");
  tcase_add_loop_test(c, groups_shrink, 0, 3);
  tcase_add_loop_test(c, softmax_regression, 0, 2);
  tcase_add_loop_test(c, optimum_of_the_objective, 0, 2);
  tcase_add_test(c, batches_are_the_originals_share);
  tcase_add_test(c, strength_of_the_default);
  tcase_add_test(c, the_last_batch_wraps_around);
  tcase_add_loop_test(c, divergence_is_told, 0, 3);
  tcase_add_test(c, strong_groups_leave_nothing);
  tcase_add_test(c, groups_drop_out);
  tcase_add_test(c, predicts_by_the_network_until_it_is_solved);
  suite_add_tcase(suite, c);
  return suite;
}
