/* SPDX-License-Identifier: MIT
 * test_suspects.c - scores, rankings and detection rates against numbers computed by hand and against naive twins; the
 * file that they are read from, whole and damaged. */
#include <math.h>
#include <string.h>

#include "compute/random.h"
#include "../scratch.h"
#include "format/safetensors.h"
#include "report/suspects.h"
#include "../unit.h"

static struct ho_error err;

/* ---- by hand: four samples, three evaluations at epochs 2, 4 and 6 ---- */

enum { N = 4, ROWS = 3 };
static uint32_t image[N] = { 40, 10, 30, 20 }, epoch[ROWS] = { 2, 4, 6 };
static uint16_t given[N] = { 0, 1, 2, 1 }, truth[N] = { 0, 2, 2, 0 };
static float margin[ROWS * N] = { 1, -3, 2, -1, 2, -3, 2, -1, 3, 0, 2, -1 };
static float loss[ROWS * N] = { .5, 3, .25, 1, .5, 3, .25, 2, .5, 0, .25, 3 };
static float weight[ROWS * N] = { 1, NAN, NAN, 2, 1, -1, NAN, NAN, 1, 2, NAN, .5 };
static uint16_t prediction[ROWS * N] = { 0, 2, 2, 0, 0, 0, 2, 3, 0, 1, 1, 0 };

static struct ho_samples by_hand(void)
{
  return (struct ho_samples){ .n = N,
                              .image = image,
                              .given = given,
                              .truth = truth,
                              .rows = ROWS,
                              .room = ROWS,
                              .epoch = epoch,
                              .loss = loss,
                              .margin = margin,
                              .weight = weight,
                              .prediction = prediction };
}

static void near(double a, double b)
{
  ck_assert_msg(fabs(a - b) < 1e-12, "%.17g is not %.17g", a, b);
}

static struct ho_suspects make(const struct ho_samples *of, long long from, long long to)
{
  struct ho_suspects s;
  ck_assert_msg(!ho_suspects_make(&s, of, from, to, &err), "%s", err.text);
  return s;
}

START_TEST(scores)
{
  struct ho_samples of = by_hand();
  struct ho_suspects s = make(&of, 0, 1000);
  static const double want[HO_RANKINGS][N] = {
    [HO_BY_MARGIN] = { 2, -2, 2, -1 },
    [HO_BY_LOSS] = { .5, 2, .25, 2 },
    [HO_BY_DISAGREEMENT] = { 0, 2. / 3, 1. / 3, 1 },
    [HO_BY_WEIGHT] = { 1, .5, NAN, 1.25 },
  };
  /* of sample 3: exp(1 - 1), then another class, then exp(1 - 3) */
  const double probability[N] = { exp(-.5), (2 * exp(-3) + 1) / 3, exp(-.25), (1 + exp(-2)) / 3 };
  static const uint16_t predicted[N] = { 0, 1, 2, 0 }; /* the second: 2, 0, 1 once each, 1 last */
  ck_assert(s.first == 0 && s.rows == 3 && s.wrong == 2);
  for (int k = 0; k < HO_RANKINGS; k++)
    for (int i = 0; i < N; i++)
      if (isnan(want[k][i]))
        ck_assert(isnan(s.score[k][i]));
      else
        near(s.score[k][i], want[k][i]);
  for (int i = 0; i < N; i++) {
    ck_assert_int_eq(s.predicted[i], predicted[i]);
    near(s.probability[i], probability[i]);
    ck_assert_int_eq(ho_suspects_is_wrong(&s, (uint32_t)i), i % 2);
  }
  ho_suspects_free(&s);
}
END_TEST

START_TEST(orders)
{
  struct ho_samples of = by_hand();
  struct ho_suspects s = make(&of, 0, 1000);
  static const uint32_t want[HO_RANKINGS][N] = {
    [HO_BY_MARGIN] = { 1, 3, 2, 0 }, /* 2 and 0 are equal, of images 30 and 40 */
    [HO_BY_LOSS] = { 1, 3, 0, 2 },   /* 1 and 3 are equal, of images 10 and 20 */
    [HO_BY_DISAGREEMENT] = { 3, 1, 2, 0 },
    [HO_BY_WEIGHT] = { 1, 0, 3, 2 }, /* 2 has none */
  };
  uint32_t order[N];
  for (int k = 0; k < HO_RANKINGS; k++) {
    ck_assert(ho_suspects_ranks(&s, (enum ho_ranking)k));
    ck_assert(!ho_suspects_order(&s, (enum ho_ranking)k, order, &err));
    ck_assert_msg(!memcmp(order, want[k], sizeof order), "by %s: %u %u %u %u", ho_ranking_names[k], order[0], order[1],
                  order[2], order[3]);
  }
  ho_suspects_free(&s);
}
END_TEST

START_TEST(detection)
{
  struct ho_samples of = by_hand();
  struct ho_suspects s = make(&of, 0, 1000);
  uint32_t order[N];
  ck_assert(!ho_suspects_order(&s, HO_BY_WEIGHT, order, &err)); /* wrong, right, wrong, right */
  struct ho_detection d = ho_suspects_detect(&s, HO_BY_WEIGHT, order, 1);
  near(d.precision, 1);
  near(d.recall, .5);
  near(d.auc, .75); /* of four pairs one is the wrong way round */
  d = ho_suspects_detect(&s, HO_BY_WEIGHT, order, 3);
  near(d.precision, 2. / 3);
  near(d.recall, 1);
  d = ho_suspects_detect(&s, HO_BY_WEIGHT, order, 1000); /* all there are */
  near(d.precision, .5);
  ck_assert(!ho_suspects_order(&s, HO_BY_MARGIN, order, &err));
  near(ho_suspects_detect(&s, HO_BY_MARGIN, order, 2).auc, 1);
  ho_suspects_free(&s);
}
END_TEST

/* Epochs 4 to 6 alone. */
START_TEST(some_epochs)
{
  struct ho_samples of = by_hand();
  struct ho_suspects s = make(&of, 3, 6);
  ck_assert(s.first == 1 && s.rows == 2);
  near(s.score[HO_BY_MARGIN][1], -1.5);
  near(s.score[HO_BY_LOSS][3], 2.5);
  near(s.score[HO_BY_DISAGREEMENT][2], .5);
  near(s.score[HO_BY_WEIGHT][3], .5);
  ck_assert_int_eq(s.predicted[2], 1); /* 2, then 1 */
  ho_suspects_free(&s);
  ck_assert(ho_suspects_make(&s, &of, 7, 9, &err));
  assert_has(err.text, "no evaluation in the epochs 7 to 9: there are 3, of epochs 2 to 6");
  of.rows = 0;
  ck_assert(ho_suspects_make(&s, &of, 0, 9, &err));
  assert_has(err.text, "no evaluation is recorded");
}
END_TEST

START_TEST(what_ranks_nothing)
{
  struct ho_samples of = by_hand();
  float none[ROWS * N], alike[ROWS * N];
  uint32_t order[N];
  for (int i = 0; i < ROWS * N; i++) {
    none[i] = NAN;
    alike[i] = i % 2 ? NAN : i % 3 ? 1 : nextafterf(1, 2);
  }
  float *const weights[] = { none, alike };
  for (int k = 0; k < 2; k++) {
    of.weight = weights[k];
    struct ho_suspects s = make(&of, 0, 1000);
    ck_assert(!ho_suspects_ranks(&s, HO_BY_WEIGHT));
    ho_suspects_free(&s);
  }
  of.weight = none;
  of.given = truth; /* nothing is known to be wrong */
  struct ho_suspects s = make(&of, 0, 1000);
  ck_assert_uint_eq(s.wrong, 0);
  ck_assert(!ho_suspects_order(&s, HO_BY_WEIGHT, order, &err));
  for (int i = 1; i < N; i++)
    ck_assert(image[order[i - 1]] < image[order[i]]);
  struct ho_detection d = ho_suspects_detect(&s, HO_BY_WEIGHT, order, 2);
  ck_assert(d.precision == 0 && isnan(d.recall) && isnan(d.auc));
  ho_suspects_free(&s);
}
END_TEST

/* ---- naive twins, on chance with many ties ---- */

enum { MANY = 60, EVALUATIONS = 5, CLASSES = 3, TRIALS = 40 };
static struct {
  uint32_t image[MANY], epoch[EVALUATIONS];
  uint16_t given[MANY], truth[MANY], prediction[EVALUATIONS * MANY];
  float loss[EVALUATIONS * MANY], margin[EVALUATIONS * MANY], weight[EVALUATIONS * MANY];
} chance;

static struct ho_samples by_chance(struct ho_stream *s)
{
  int order[MANY];
  for (int i = 0; i < MANY; i++)
    order[i] = i;
  ho_stream_permute(s, order, MANY);
  for (int i = 0; i < MANY; i++) {
    chance.image[i] = (uint32_t)order[i] * 7;
    chance.given[i] = (uint16_t)ho_stream_below(s, CLASSES);
    chance.truth[i] = ho_stream_below(s, 3) ? chance.given[i] : (uint16_t)ho_stream_below(s, CLASSES);
  }
  for (int i = 0; i < EVALUATIONS * MANY; i++) {
    chance.epoch[i / MANY] = 1 + (uint32_t)(i / MANY);
    chance.prediction[i] = (uint16_t)ho_stream_below(s, CLASSES);
    chance.loss[i] = (float)ho_stream_below(s, 3);
    chance.margin[i] = (float)ho_stream_below(s, 3) - 1;
    chance.weight[i] = ho_stream_below(s, 2) ? NAN : (float)ho_stream_below(s, 3);
  }
  return (struct ho_samples){ .n = MANY,
                              .image = chance.image,
                              .given = chance.given,
                              .truth = chance.truth,
                              .rows = EVALUATIONS,
                              .room = EVALUATIONS,
                              .epoch = chance.epoch,
                              .loss = chance.loss,
                              .margin = chance.margin,
                              .weight = chance.weight,
                              .prediction = chance.prediction };
}

/* Of the classes with most predictions, the one predicted last. */
static int naive_majority(const struct ho_samples *of, int i)
{
  int count[CLASSES] = { 0 }, last[CLASSES] = { 0 }, best = 0;
  for (int r = 0; r < of->rows; r++) {
    count[of->prediction[r * MANY + i]]++;
    last[of->prediction[r * MANY + i]] = r;
  }
  for (int k = 1; k < CLASSES; k++)
    if (count[k] > count[best] || (count[k] == count[best] && last[k] > last[best]))
      best = k;
  return best;
}

/* 1 when a is more suspect than b, 0 when b is, 0.5 when the scores do not tell. */
static double naive_before(const struct ho_suspects *s, enum ho_ranking by, uint32_t a, uint32_t b)
{
  double x = s->score[by][a], y = s->score[by][b];
  if (isnan(x) || isnan(y))
    return isnan(x) && isnan(y) ? .5 : isnan(y);
  if (x != y)
    return by == HO_BY_LOSS || by == HO_BY_DISAGREEMENT ? x > y : x < y;
  return by == HO_BY_DISAGREEMENT ? naive_before(s, HO_BY_MARGIN, a, b) : .5;
}

static double naive_auc(const struct ho_suspects *s, enum ho_ranking by)
{
  double sum = 0;
  int pairs = 0;
  for (uint32_t a = 0; a < MANY; a++)
    for (uint32_t b = 0; b < MANY; b++)
      if (ho_suspects_is_wrong(s, a) && !ho_suspects_is_wrong(s, b)) {
        sum += naive_before(s, by, a, b);
        pairs++;
      }
  return sum / pairs;
}

static void compare_with_twins(const struct ho_suspects *s, enum ho_ranking by)
{
  uint32_t order[MANY], place[MANY];
  ck_assert(!ho_suspects_order(s, by, order, &err));
  for (uint32_t r = 0; r < MANY; r++)
    place[order[r]] = r;
  for (uint32_t a = 0; a < MANY; a++)
    for (uint32_t b = 0; b < MANY; b++) {
      double before = naive_before(s, by, a, b);
      if (a != b && (place[a] < place[b]) != (before == .5 ? s->of->image[a] < s->of->image[b] : before > .5))
        ck_abort_msg("by %s: %u at %u, %u at %u", ho_ranking_names[by], a, place[a], b, place[b]);
    }
  near(ho_suspects_detect(s, by, order, 10).auc, naive_auc(s, by));
}

START_TEST(twins)
{
  for (uint64_t trial = 0; trial < TRIALS; trial++) {
    struct ho_stream stream = ho_stream_make(1, "test", trial, 0);
    struct ho_samples of = by_chance(&stream);
    struct ho_suspects s = make(&of, 0, 1000);
    for (int i = 0; i < MANY; i++)
      if (s.predicted[i] != naive_majority(&of, i))
        ck_abort_msg("sample %d: %d is not %d", i, s.predicted[i], naive_majority(&of, i));
    for (int k = 0; k < HO_RANKINGS; k++)
      compare_with_twins(&s, (enum ho_ranking)k);
    ho_suspects_free(&s);
  }
}
END_TEST

/* ---- the file ---- */

static int load_back(const char *path)
{
  struct ho_samples back;
  int bad = ho_samples_load(&back, path, &err);
  ho_samples_free(&back);
  return bad;
}

START_TEST(written_and_read)
{
  struct ho_samples of = by_hand(), back;
  const char *path = scratch_path("samples.safetensors");
  ck_assert_msg(!ho_samples_write(&of, path, &err) && !ho_samples_load(&back, path, &err), "%s", err.text);
  ck_assert(back.n == N && back.rows == ROWS);
  ck_assert(!memcmp(back.image, image, sizeof image) && !memcmp(back.given, given, sizeof given));
  ck_assert(!memcmp(back.truth, truth, sizeof truth) && !memcmp(back.epoch, epoch, sizeof epoch));
  ck_assert(!memcmp(back.loss, loss, sizeof loss) && !memcmp(back.margin, margin, sizeof margin));
  ck_assert(!memcmp(back.weight, weight, sizeof weight) && !memcmp(back.prediction, prediction, sizeof prediction));
  ho_samples_free(&back);
}
END_TEST

/* Where nobody knows the true labels there are none in the file, and none are made up. */
START_TEST(without_the_truth)
{
  struct ho_samples of = by_hand(), back;
  struct ho_suspects s;
  const char *path = scratch_path("samples.safetensors");
  of.truth = NULL;
  ck_assert_msg(!ho_samples_write(&of, path, &err) && !ho_samples_load(&back, path, &err), "%s", err.text);
  ck_assert(back.n == N && !back.truth && !memcmp(back.given, given, sizeof given));
  ck_assert_msg(!ho_suspects_make(&s, &back, 0, UINT32_MAX, &err), "%s", err.text);
  ck_assert_uint_eq(s.wrong, 0);
  for (uint32_t i = 0; i < N; i++)
    ck_assert(!ho_suspects_is_wrong(&s, i));
  ho_suspects_free(&s);
  ho_samples_free(&back);
}
END_TEST

START_TEST(without_evaluations)
{
  struct ho_samples of = by_hand(), back;
  const char *path = scratch_path("samples.safetensors");
  of.rows = 0;
  ck_assert_msg(!ho_samples_write(&of, path, &err) && !ho_samples_load(&back, path, &err), "%s", err.text);
  ck_assert(back.n == N && back.rows == 0);
  ho_samples_free(&back);
}
END_TEST

static void refused(const struct ho_samples *of, const char *words)
{
  const char *path = scratch_path("samples.safetensors");
  ck_assert_msg(!ho_samples_write(of, path, &err), "%s", err.text);
  ck_assert(load_back(path));
  assert_has(err.text, "samples.safetensors");
  assert_has(err.text, words);
}

START_TEST(numbers_that_are_none)
{
  struct ho_samples of = by_hand();
  float bad[ROWS * N];
  float **const field[] = { &of.loss, &of.margin, &of.weight };
  for (int k = 0; k < 3; k++) {
    float *good = *field[k];
    memcpy(bad, good, sizeof bad);
    bad[6] = INFINITY;
    *field[k] = bad;
    refused(&of, "image 30 at epoch 4 is not a number");
    *field[k] = good;
  }
  uint32_t twice[ROWS] = { 2, 4, 4 };
  of.epoch = twice;
  refused(&of, "`epoch' is not ascending");
}
END_TEST

/* Each tensor in turn is left out (but for `true', which may be), has another type, or has another shape. */
START_TEST(tensors_that_do_not_fit)
{
  static const char no_vector[] = "is missing or has the wrong shape";
  static const char no_table[] = "is missing or does not fit this run";
  static const char no_epoch[] = "damaged: `epoch' is missing or invalid";
  static const char *const name[] = { "index", "true", "given", "epoch", "loss", "margin", "weight", "prediction" };
  static const uint64_t zero[ROWS * N];
  const char *path = scratch_path("samples.safetensors");
  for (int k = 0; k < 8; k++)
    for (int how = k == 1; how < 3; how++) {
      struct ho_tensor_file *f = ho_tensor_file_new(&err);
      for (int i = 0; i < 8; i++) {
        size_t n = i == 3 ? ROWS : N, shape[2] = { i < 4 ? n : ROWS, N };
        const void *data[] = { image, truth, given, epoch, loss, margin, weight, prediction };
        const char *type[] = { "U32", "U16", "U16", "U32", "F32", "F32", "F32", "U16" };
        if (i == k && how == 0)
          continue;
        if (i == k && how == 2)
          shape[i >= 4] -= 1;
        ck_assert(!ho_tensor_file_add(f, name[i], i == k && how == 1 ? "I64" : type[i], i < 4 ? 1 : 2, shape,
                                      i == k && how == 1 ? zero : data[i], &err));
      }
      ck_assert(!ho_tensor_file_seal(f, &err) && !ho_tensor_file_write(f, path, &err));
      ho_tensor_file_free(f);
      ck_assert_msg(load_back(path), "%s, %d", name[k], how);
      assert_has(err.text, "samples.safetensors");
      if (how == 2 && k == 3)
        assert_has(err.text, "damaged: `loss' does not have one row for each epoch");
      else if (how == 2 && k == 0) /* then the others are longer than it */
        assert_has(err.text, "`true' is missing or has the wrong shape");
      else
        assert_has(err.text, k < 3 ? no_vector : k == 3 ? no_epoch : no_table);
      assert_has(err.text, how == 2 && (k == 3 || k == 0) ? "`" : name[k]);
    }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("suspects");
  TCase *c = tcase_create("suspects");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, scores);
  tcase_add_test(c, orders);
  tcase_add_test(c, detection);
  tcase_add_test(c, some_epochs);
  tcase_add_test(c, what_ranks_nothing);
  tcase_add_test(c, twins);
  tcase_add_test(c, written_and_read);
  tcase_add_test(c, without_the_truth);
  tcase_add_test(c, without_evaluations);
  tcase_add_test(c, numbers_that_are_none);
  tcase_add_test(c, tensors_that_do_not_fit);
  suite_add_tcase(suite, c);
  return suite;
}
