/* SPDX-License-Identifier: MIT
 * test_agreement.c - labels in the images' order and in any other: told apart, however few or unequal classes are. */
#include "labels/agreement.h"

#include <math.h>

#include "compute/random.h"
#include "../unit.h"

enum { MOST = 5000, CLASSES = 4096 };
static uint16_t own[MOST], given[MOST];
static int order[MOST];

static struct ho_agreement judge(size_t n, int classes)
{
  struct ho_agreement a;
  struct ho_error err;
  ck_assert_int_eq(ho_agreement_judge(n, classes, own, given, &a, &err), 0);
  return a;
}

/* Class c of 0 .. classes-1 with weight 1 / (1 + skew c). */
static void draw_own(size_t n, int classes, double skew, uint64_t seed)
{
  struct ho_stream s = ho_stream_make(seed, "test-own", n, (uint64_t)classes);
  double sum = 0;
  for (int c = 0; c < classes; c++)
    sum += 1 / (1 + skew * c);
  for (size_t i = 0; i < n; i++) {
    double u = ho_stream_uniform(&s) * sum;
    int c = 0;
    while (c < classes - 1 && (u -= 1 / (1 + skew * c)) >= 0)
      c++;
    own[i] = (uint16_t)c;
  }
}

/* A share of the labels becomes another class. */
static void make_wrong(size_t n, int classes, double rate, uint64_t seed)
{
  struct ho_stream s = ho_stream_make(seed, "test-given", n, (uint64_t)classes);
  for (size_t i = 0; i < n; i++) {
    int other = (int)ho_stream_below(&s, (uint64_t)classes - 1);
    given[i] = ho_stream_uniform(&s) < rate ? (uint16_t)(other + (other >= own[i])) : own[i];
  }
}

static void shuffle(size_t n, uint64_t seed)
{
  static uint16_t before[MOST];
  struct ho_stream s = ho_stream_make(seed, "test-order", n, 0);
  ho_stream_permute(&s, order, (int)n);
  for (size_t i = 0; i < n; i++)
    before[i] = given[i];
  for (size_t i = 0; i < n; i++)
    given[i] = before[order[i]];
}

/* All 720 orders of six labels: mean and variance of the number of equal ones are the formulas'. */
START_TEST(moments_are_those_of_all_orders)
{
  static const uint16_t lists[][2][6] = {
    { { 0, 0, 0, 1, 1, 2 }, { 0, 0, 1, 1, 2, 2 } }, { { 0, 1, 2, 3, 4, 5 }, { 5, 4, 3, 2, 1, 0 } },
    { { 0, 0, 0, 0, 0, 1 }, { 0, 0, 0, 1, 1, 1 } }, { { 2, 2, 2, 2, 2, 2 }, { 2, 2, 0, 0, 1, 1 } },
    { { 0, 0, 0, 0, 0, 0 }, { 1, 1, 1, 1, 1, 1 } },
  };
  for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
    double sum = 0, squares = 0, orders = 0;
    for (int code = 0; code < 46656; code++) {
      int p[6], seen = 0, equal = 0;
      for (int i = 0, c = code; i < 6; i++, c /= 6)
        seen |= 1 << (p[i] = c % 6);
      if (seen != 63)
        continue;
      for (int i = 0; i < 6; i++)
        equal += lists[k][0][i] == lists[k][1][p[i]];
      sum += equal;
      squares += equal * equal;
      orders++;
    }
    for (int i = 0; i < 6; i++) {
      own[i] = lists[k][0][i];
      given[i] = lists[k][1][i];
    }
    struct ho_agreement a = judge(6, 6);
    ck_assert_double_eq(orders, 720);
    ck_assert_double_eq_tol(a.expected, sum / orders, 1e-12);
    ck_assert_double_eq_tol(a.deviation, sqrt(squares / orders - sum * sum / orders / orders), 1e-7);
  }
}
END_TEST

static const struct {
  size_t n;
  int classes;
  double skew, rate; /* the rate of wrong labels that is still told from chance */
} sets[] = {
  { 30, 10, 0, 0.4 },         { 60, 10, 0, 0.6 },        { 200, 2, 0, 0.3 },    { 300, 2, 30, 0.1 },
  { 400, 10, 5, 0.6 },        { 2000, 10, 0, 0.8 },      { 5000, 100, 0, 0.9 }, { 5000, 100, 1, 0.9 },
  { 5000, CLASSES, 0, 0.97 }, { 1000, CLASSES, 0, 0.8 },
};

START_TEST(useful_labels_are_none_of_chance)
{
  for (uint64_t seed = 0; seed < 20; seed++) {
    size_t n = sets[_i].n;
    draw_own(n, sets[_i].classes, sets[_i].skew, seed);
    for (int steps = 0; steps < 3; steps++) {
      make_wrong(n, sets[_i].classes, sets[_i].rate * steps / 2, seed);
      struct ho_agreement a = judge(n, sets[_i].classes);
      if (a.is_chance)
        ck_abort_msg("seed %d: %zu of %zu agree, %g +- %g are expected", (int)seed, a.agree, n, a.expected,
                     a.deviation);
    }
  }
}
END_TEST

/* In another order: told, but in about one case of a hundred. */
START_TEST(another_order_is_chance)
{
  int missed = 0, trials = 100;
  for (int k = 0; k < trials; k++) {
    size_t n = sets[_i].n;
    draw_own(n, sets[_i].classes, sets[_i].skew, (uint64_t)k);
    make_wrong(n, sets[_i].classes, k % 2 ? 0 : sets[_i].rate, (uint64_t)k);
    shuffle(n, (uint64_t)k);
    missed += !judge(n, sets[_i].classes).is_chance;
  }
  ck_assert_int_le(missed, 6);
}
END_TEST

START_TEST(other_numbers_and_a_single_class_are_chance)
{
  draw_own(200, 10, 0, 1);
  for (int i = 0; i < 200; i++)
    given[i] = (uint16_t)((own[i] + 1) % 10); /* from 1 on instead of 0 */
  struct ho_agreement a = judge(200, 10);
  ck_assert(a.is_chance && a.agree == 0);
  for (int i = 0; i < 200; i++)
    given[i] = 3;
  ck_assert(judge(200, 10).is_chance);
}
END_TEST

/* Three images of three classes agree by chance in one order of six. */
START_TEST(of_too_few_images_nothing_is_said)
{
  for (int i = 0; i < 3; i++) {
    own[i] = (uint16_t)i;
    given[i] = (uint16_t)(2 - i);
  }
  ck_assert(!judge(3, 3).is_chance);
  ck_assert(!judge(1, 3).is_chance);
  ck_assert(!judge(0, 3).is_chance);
  for (int i = 0; i < 100; i++) /* one class: every order is the right one */
    own[i] = given[i] = 1;
  ck_assert(!judge(100, 3).is_chance);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("agreement");
  TCase *t = tcase_create("agreement");
  tcase_add_test(t, moments_are_those_of_all_orders);
  tcase_add_loop_test(t, useful_labels_are_none_of_chance, 0, sizeof sets / sizeof *sets);
  tcase_add_loop_test(t, another_order_is_chance, 0, sizeof sets / sizeof *sets);
  tcase_add_test(t, other_numbers_and_a_single_class_are_chance);
  tcase_add_test(t, of_too_few_images_nothing_is_said);
  suite_add_tcase(suite, t);
  return suite;
}
