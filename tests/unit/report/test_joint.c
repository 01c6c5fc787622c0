/* SPDX-License-Identifier: MIT
 * test_joint.c - the confident joint: an example worked by hand, a naive twin, and data that have little in them. */
#include <math.h>
#include <string.h>

#include "compute/random.h"
#include "report/joint.h"
#include "../unit.h"

static struct ho_error err;

static void near(double a, double b)
{
  ck_assert_msg(fabs(a - b) < 1e-9, "%.17g is not %.17g", a, b);
}

/* Samples from probabilities of one evaluation. */
enum { MANY = 16 };
static struct ho_samples one_evaluation(size_t n, const uint16_t *given, const uint16_t *predicted, const double *p,
                                        const double *p_predicted)
{
  static float loss[MANY], margin[MANY];
  for (size_t i = 0; i < n; i++) {
    loss[i] = (float)-log(p[i]);
    margin[i] = (float)(log(p[i]) - log(given[i] == predicted[i] ? p[i] / 2 : p_predicted[i]));
  }
  return (struct ho_samples){
    .n = n, .given = (uint16_t *)given, .rows = 1, .loss = loss, .margin = margin, .prediction = (uint16_t *)predicted
  };
}

/* Thresholds: class 0 (.9 + .8 + .3 + .4)/4 = .6, class 1 (.7 + .2 + .6)/3 = .5, class 2 has no sample.
 * Samples 0 and 1 are confident in 0; 2 is predicted 1 with .65 >= .5; 3 is predicted 0 with .4 < .6: nowhere.
 * 4 is confident in 1; 5 is predicted 0 with .55 < .6, and .2 < .5: nowhere; 6 is confident in 1. */
START_TEST(worked_by_hand)
{
  static const uint16_t given[] = { 0, 0, 0, 0, 1, 1, 1 }, predicted[] = { 0, 0, 1, 0, 1, 0, 1 };
  static const double p_given[] = { .9, .8, .3, .4, .7, .2, .6 }, p_predicted[] = { .9, .8, .65, .4, .7, .55, .6 };
  static const double want[9] = { 4 * 2. / 3, 4. / 3, 0, 0, 3, 0, 0, 0, 0 };
  struct ho_samples of = one_evaluation(7, given, predicted, p_given, p_predicted);
  struct ho_joint j;
  ck_assert(!ho_joint_make(&j, &of, 0, 1, 3, &err));
  for (int i = 0; i < 9; i++)
    near(j.count[i], want[i]);
  near(j.wrong, 4. / 3);
  near(j.least, 4. / 3);
  near(j.most, 4. / 3);
  near(j.agree, 5. / 7);
  ck_assert(j.given[0] == 4 && j.given[1] == 3 && j.given[2] == 0);
  near(ho_joint_wrong_of(&j, 0), 4. / 3);
  near(ho_joint_wrong_of(&j, 2), 0);
  ho_joint_free(&j);
}
END_TEST

/* What is predicted is nobody's given label, and has no threshold: the labels stay as they are. */
START_TEST(a_class_without_samples)
{
  static const uint16_t given[] = { 0, 0 }, predicted[] = { 1, 1 };
  static const double p_given[] = { .3, .1 }, p_predicted[] = { .7, .9 };
  struct ho_samples of = one_evaluation(2, given, predicted, p_given, p_predicted);
  struct ho_joint j;
  ck_assert(!ho_joint_make(&j, &of, 0, 1, 2, &err));
  near(j.count[0], 2);
  near(j.wrong, 0);
  ho_joint_free(&j);
}
END_TEST

/* ---- a twin that knows every class ---- */

enum { N = 300, K = 5, ROWS = 3 };
static struct {
  uint16_t given[N], prediction[ROWS * N];
  uint32_t image[N], epoch[ROWS];
  float loss[ROWS * N], margin[ROWS * N], weight[ROWS * N];
  double p[ROWS][N][K];
} chance;

/* Probabilities by chance, in favour of the given label; class 3 is nobody's label. */
static struct ho_samples make(uint64_t trial)
{
  struct ho_stream s = ho_stream_make(7, "test", trial, 0);
  for (int i = 0; i < N; i++) {
    chance.given[i] = (uint16_t)ho_stream_below(&s, K - 1);
    chance.given[i] += chance.given[i] == 3;
    chance.image[i] = (uint32_t)i;
  }
  for (int r = 0; r < ROWS; r++)
    for (int i = 0; i < N; i++) {
      double sum = 0, *p = chance.p[r][i];
      int g = chance.given[i], best = 0, other = g == 0;
      for (int k = 0; k < K; k++)
        sum += p[k] = ho_stream_gamma(&s, k == g ? 1 : .6);
      for (int k = 0; k < K; k++) {
        p[k] /= sum;
        best = p[k] > p[best] ? k : best;
        other = k != g && p[k] > p[other] ? k : other;
      }
      chance.epoch[r] = (uint32_t)r + 1;
      chance.loss[r * N + i] = (float)-log(p[g]);
      chance.margin[r * N + i] = (float)(log(p[g]) - log(p[other]));
      chance.weight[r * N + i] = NAN;
      chance.prediction[r * N + i] = (uint16_t)best;
    }
  return (struct ho_samples){ .n = N,
                              .image = chance.image,
                              .given = chance.given,
                              .rows = ROWS,
                              .room = ROWS,
                              .epoch = chance.epoch,
                              .loss = chance.loss,
                              .margin = chance.margin,
                              .weight = chance.weight,
                              .prediction = chance.prediction };
}

/* Q by the definition, from a table of the mean probabilities of all classes; 0 where a run does not record them.  Returns
 * the sum outside the diagonal. */
static double naive(int first, int rows, double Q[K][K])
{
  static double p[N][K];
  double t[K], n[K] = { 0 }, wrong = 0;
  memset(p, 0, sizeof p);
  memset(t, 0, sizeof t);
  memset(Q, 0, K * K * sizeof(double));
  for (int i = 0; i < N; i++) {
    int g = chance.given[i];
    for (int r = first; r < first + rows; r++)
      for (int k = 0; k < K; k++)
        p[i][k] += k == g || k == chance.prediction[r * N + i] ? chance.p[r][i][k] / rows : 0;
    t[g] += p[i][g];
    n[g]++;
  }
  for (int i = 0; i < N; i++) {
    int best = -1;
    for (int k = 0; k < K; k++)
      if (n[k] > 0 && p[i][k] >= t[k] / n[k] && (best < 0 || p[i][k] > p[i][best]))
        best = k;
    if (best >= 0)
      Q[chance.given[i]][best]++;
  }
  for (int i = 0; i < K; i++) {
    double sum = 0;
    for (int k = 0; k < K; k++)
      sum += Q[i][k];
    for (int k = 0; k < K; k++) {
      Q[i][k] = sum > 0 ? n[i] * Q[i][k] / sum : k == i ? n[i] : 0;
      wrong += i == k ? 0 : Q[i][k];
    }
  }
  return wrong;
}

START_TEST(twins)
{
  for (uint64_t trial = 0; trial < 20; trial++) {
    struct ho_samples of = make(trial);
    struct ho_joint j;
    double Q[K][K], sum = 0;
    for (int first = 0; first < ROWS; first++)
      for (int rows = 1; first + rows <= ROWS; rows++) {
        double least = INFINITY, most = 0;
        ck_assert_msg(!ho_joint_make(&j, &of, first, rows, K, &err), "%s", err.text);
        for (int r = first; r < first + rows; r++) {
          double one = naive(r, 1, Q);
          least = fmin(least, one);
          most = fmax(most, one);
        }
        near(j.wrong, naive(first, rows, Q));
        near(j.least, least);
        near(j.most, most);
        for (int i = 0; i < K * K; i++)
          near(j.count[i], Q[i / K][i % K]);
        sum = 0;
        for (int i = 0; i < K; i++)
          sum += ho_joint_wrong_of(&j, i);
        near(sum, j.wrong);
        ck_assert(j.wrong > 0 && j.given[3] == 0 && ho_joint_wrong_of(&j, 3) == 0);
        ho_joint_free(&j);
      }
  }
}
END_TEST

START_TEST(pairs_by_size)
{
  struct ho_samples of = make(1);
  struct ho_joint j;
  size_t n, above = 0;
  ck_assert(!ho_joint_make(&j, &of, 0, ROWS, K, &err));
  struct ho_joint_pair *pair = ho_joint_pairs(&j, &n, &err);
  double sum = 0;
  for (int i = 0; i < K * K; i++)
    above += i / K != i % K && j.count[i] > 0;
  ck_assert(pair && n == above && n > 2);
  for (size_t i = 0; i < n; i++) {
    ck_assert(pair[i].given != pair[i].class && (!i || pair[i].count <= pair[i - 1].count));
    near(pair[i].count, j.count[pair[i].given * K + pair[i].class]);
    sum += pair[i].count;
  }
  near(sum, j.wrong);
  ho_free(pair);
  ho_joint_free(&j);
}
END_TEST

/* One sample, one class: nothing is wrong, and nothing is no number. */
START_TEST(hardly_anything)
{
  uint16_t given[] = { 0 }, prediction[] = { 0 };
  float loss[] = { 120 }, margin[] = { 0 };
  struct ho_samples of = {
    .n = 1, .given = given, .rows = 1, .loss = loss, .margin = margin, .prediction = prediction
  };
  struct ho_joint j;
  size_t n;
  ck_assert(!ho_joint_make(&j, &of, 0, 1, 1, &err));
  ck_assert(j.wrong == 0 && j.least == 0 && j.most == 0 && j.agree == 1 && j.count[0] == 1 && j.given[0] == 1);
  struct ho_joint_pair *pair = ho_joint_pairs(&j, &n, &err);
  ck_assert(pair && n == 0);
  ho_free(pair);
  ho_joint_free(&j);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("joint");
  TCase *c = tcase_create("joint");
  tcase_add_test(c, worked_by_hand);
  tcase_add_test(c, a_class_without_samples);
  tcase_add_test(c, twins);
  tcase_add_test(c, pairs_by_size);
  tcase_add_test(c, hardly_anything);
  suite_add_tcase(suite, c);
  return suite;
}
