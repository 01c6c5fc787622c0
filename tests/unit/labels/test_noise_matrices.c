/* SPDX-License-Identifier: MIT
 * test_noise_matrices.c - noise models that decide label by label, against their matrices.
 *
 * A chi-square of d degrees of freedom has mean d and deviation sqrt(2 d); it must lie within four deviations of the mean:
 * too close a fit is as wrong as a bad one. */
#include <math.h>

#include "../noise_rig.h"

enum { MOST = 100 };

/* ---- the matrices as formulas, written anew ---- */

static double bernoulli(int from, int to, double r)
{
  return from == to ? 1 - r : r / (data.classes - 1);
}
static double inclusive(int from, int to, double r)
{
  return (from == to ? 1 - r : 0) + r / data.classes;
}

static double moved(int from, int to, int target, double r)
{
  return from == target ? from == to : from == to ? 1 - r : to == target ? r : 0;
}

static double pair(int from, int to, double r)
{
  return moved(from, to, (from + 1) % data.classes, r);
}

static double asymmetric(int from, int to, double r)
{
  static const int change[][2] = { { 9, 1 }, { 2, 0 }, { 4, 7 }, { 3, 5 }, { 5, 3 } };
  for (int i = 0; i < 5; i++)
    if (change[i][0] == from)
      return moved(from, to, change[i][1], r);
  return from == to;
}

/* The 20 superclasses of CIFAR-100 by the names' numbers, as its documentation lists them. */
static const int family[20][5] = {
  { 4, 30, 55, 72, 95 },  { 1, 32, 67, 73, 91 },  { 54, 62, 70, 82, 92 }, { 9, 10, 16, 28, 61 },
  { 0, 51, 53, 57, 83 },  { 22, 39, 40, 86, 87 }, { 5, 20, 25, 84, 94 },  { 6, 7, 14, 18, 24 },
  { 3, 42, 43, 88, 97 },  { 12, 17, 37, 68, 76 }, { 23, 33, 49, 60, 71 }, { 15, 19, 21, 31, 38 },
  { 34, 63, 64, 66, 75 }, { 26, 45, 77, 79, 99 }, { 2, 11, 35, 46, 98 },  { 27, 29, 44, 78, 93 },
  { 36, 50, 65, 74, 80 }, { 47, 52, 56, 59, 96 }, { 8, 13, 48, 58, 90 },  { 41, 69, 81, 85, 89 },
};

static double super_cycle(int from, int to, double r)
{
  for (int f = 0; f < 20; f++)
    for (int k = 0; k < 5; k++)
      if (family[f][k] == from)
        return moved(from, to, family[f][(k + 1) % 5], r);
  return NAN;
}

static double block5(int from, int to, double r)
{
  return moved(from, to, from % 5 == 4 ? from - 4 : from + 1, r);
}

static const struct {
  const char *name, *dataset;
  int classes;
  double (*share)(int from, int to, double rate);
  double expected; /* realised share at rate 0.4, classes of equal size */
} models[] = {
  { "symmetric-bernoulli", "toy", 10, bernoulli, 0.4 },
  { "symmetric-bernoulli", "toy", 100, bernoulli, 0.4 },
  { "symmetric-inclusive", "toy", 10, inclusive, 0.36 },
  { "symmetric-inclusive", "toy", 100, inclusive, 0.396 },
  { "pair", "toy", 10, pair, 0.4 },
  { "asymmetric", "cifar10", 10, asymmetric, 0.2 },
  { "super-cycle", "cifar100", 100, super_cycle, 0.4 },
  { "block5-legacy", "cifar100", 100, block5, 0.4 },
};
enum { MODELS = sizeof models / sizeof *models };

static void within(const char *what, double chi, double freedom)
{
  double deviation = sqrt(2 * freedom);
  if (!(fabs(chi - freedom) < 4 * deviation + 2))
    ck_abort_msg("%s: chi-square %g, %g degrees of freedom", what, chi, freedom);
}

START_TEST(matrices_are_as_defined)
{
  static const double rates[] = { 0, 0.2, 0.4, 0.7, 1 };
  static size_t matrix[MOST * MOST], sum[MOST * MOST];
  char spec[64];
  make(models[_i].dataset, models[_i].classes);
  size_t K = (size_t)data.classes;
  for (size_t r = 0; r < 5; r++) {
    double chi = 0, freedom = 0, expected = 0;
    memset(sum, 0, sizeof sum);
    snprintf(spec, sizeof spec, "%s:%g", models[_i].name, rates[r]);
    for (uint64_t seed = 0; seed < 8; seed++) {
      apply(spec, seed, given);
      realised(given, matrix);
      for (size_t k = 0; k < K * K; k++)
        sum[k] += matrix[k];
    }
    for (size_t from = 0; from < K; from++) {
      double row = 8.0 * N / (double)K;
      for (size_t to = 0; to < K; to++) {
        double share = models[_i].share((int)from, (int)to, rates[r]), got = (double)sum[from * K + to];
        if (share == 0 && got > 0)
          ck_abort_msg("%s: %g labels from %zu to %zu", spec, got, from, to);
        if (share > 0) {
          chi += (got - row * share) * (got - row * share) / (row * share);
          freedom++;
        }
        expected += from == to ? 0 : share / (double)K;
      }
      freedom--;
    }
    within(spec, chi, freedom);
    struct ho_noise noise = parsed(spec);
    double told = expected_share(&noise);
    ck_assert_double_eq_tol(told, expected, 1e-12);
    ck_assert_double_eq(noise.rate, rates[r]);
    if (rates[r] == 0.4)
      ck_assert_double_eq_tol(told, models[_i].expected, 1e-12);
  }
}
END_TEST

/* Wrong at a lower rate means wrong, the same way, at a higher one; a label depends neither on the other images nor
 * on their order; seeds and parts are independent. */
START_TEST(labels_are_drawn_one_by_one)
{
  char low[64], high[64];
  static uint32_t some[N];
  make(models[_i].dataset, models[_i].classes);
  snprintf(low, sizeof low, "%s:0.3", models[_i].name);
  snprintf(high, sizeof high, "%s:0.6", models[_i].name);
  apply(low, 5, given);
  apply(high, 5, other);
  for (size_t i = 0; i < N; i++)
    if (given[i] != data.train.label[i] && given[i] != other[i])
      ck_abort_msg("%s: image %zu has %d, then %d", high, i, given[i], other[i]);
  size_t n = N / 3;
  for (size_t i = 0; i < n; i++)
    some[i] = (uint32_t)(N - 1 - 2 * i);
  apply_to(low, 5, HO_PART_TRAIN, some, n, other);
  for (size_t i = 0; i < n; i++)
    if (other[i] != given[some[i]])
      ck_abort_msg("%s: image %u has %d among others %d", low, some[i], given[some[i]], other[i]);
  double chance = 0; /* that two independent labels of an image are both wrong */
  for (int c = 0; c < data.classes; c++)
    chance += pow(1 - models[_i].share(c, c, 0.3), 2) / data.classes;
  for (int change = 0; change < 2; change++) {
    apply_to(low, change ? 5 : 6, change ? HO_PART_VALIDATION : HO_PART_TRAIN, id, N, other);
    double both = 0;
    for (size_t i = 0; i < N; i++)
      both += given[i] != data.train.label[i] && other[i] != data.train.label[i];
    ck_assert_double_eq_tol(both / N, chance, 0.012); /* deviation 0.002 */
  }
}
END_TEST

/* At one seed the models that decide label by label make the same images wrong. */
START_TEST(models_share_the_choice_of_images)
{
  apply("symmetric-bernoulli:0.4", 3, given);
  apply("pair:0.4", 3, other);
  for (size_t i = 0; i < N; i++)
    if ((given[i] != data.train.label[i]) != (other[i] != data.train.label[i]))
      ck_abort_msg("image %zu", i);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise matrices");
  TCase *t = tcase_create("noise matrices");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_loop_test(t, matrices_are_as_defined, 0, MODELS);
  tcase_add_loop_test(t, labels_are_drawn_one_by_one, 0, MODELS);
  tcase_add_test(t, models_share_the_choice_of_images);
  suite_add_tcase(suite, t);
  return suite;
}
