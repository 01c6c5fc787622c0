/* SPDX-License-Identifier: MIT
 * test_noise_models.c - every noise model against its matrix: exact counts or chi-square tests, at fixed seeds.
 *
 * A chi-square of d degrees of freedom has mean d and deviation sqrt(2 d); it must lie within four of these: too
 * close a fit is as wrong as a bad one. */
#include <math.h>

#include "compute/parallel.h"
#include "compute/random.h"
#include "labels/noise_models.h"
#include "labels/realised.h"
#include "data/split.h"
#include "../data_fixtures.h"

enum { MOST = 100, N = 20000 };
static struct ho_dataset data;
static uint32_t *id;
static uint16_t given[N], other[N];

static uint16_t ten(size_t i)
{
  return (uint16_t)(i * 7 % 10);
}
static uint16_t hundred(size_t i)
{
  return (uint16_t)(i * 7 % 100);
}

static void make(const char *name, int classes)
{
  if (id) {
    ho_dataset_free(&data);
    ho_free(id);
  }
  make_labels(&data, classes, N, classes == 10 ? ten : hundred);
  snprintf(data.name, sizeof data.name, "%s", name);
  data.deviation[0] = 0.3f;
  data.mean[0] = 0.5f;
  for (size_t i = 0; i < N; i++)
    data.train.pixel[i] = (uint8_t)(i * 37 % 251);
  id = all_ids(N);
}

static void fill(void)
{
  make("cifar10", 10);
}

static void empty(void)
{
  ho_dataset_free(&data);
  ho_free(id);
  id = NULL;
}

static struct ho_noise parsed(const char *spec)
{
  struct ho_noise noise;
  struct ho_error err;
  ck_assert_msg(!ho_noise_parse(spec, &noise, &err), "%s", err.text);
  return noise;
}

static void apply_to(const char *spec, uint64_t seed, int part, const uint32_t *ids, size_t n, uint16_t *out)
{
  struct ho_noise noise = parsed(spec);
  struct ho_error err;
  struct ho_noise_input in = { &data, ids, n, seed, part };
  ck_assert_msg(!ho_noise_apply(&noise, &in, out, &err), "%s", err.text);
}

static void apply(const char *spec, uint64_t seed, uint16_t *out)
{
  apply_to(spec, seed, HO_PART_TRAIN, id, N, out);
}

static double expected_share(const struct ho_noise *noise)
{
  double wrong = -1;
  struct ho_noise_input in = { &data, id, N, 1, HO_PART_TRAIN };
  ck_assert_int_eq(ho_noise_expected(noise, &in, &wrong, NULL), 0);
  return wrong / N;
}

static double realised(const uint16_t *labels, size_t *matrix)
{
  return ho_realised_rate(data.classes, N, data.train.label, labels, matrix);
}

/* ---- independent labels: the matrix as formulas, written anew ---- */

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
  double rate = realised(given, NULL);
  for (int change = 0; change < 2; change++) {
    apply_to(low, change ? 5 : 6, change ? HO_PART_VALIDATION : HO_PART_TRAIN, id, N, other);
    double both = 0;
    for (size_t i = 0; i < N; i++)
      both += given[i] != data.train.label[i] && other[i] != data.train.label[i];
    double chance = rate * rate * (data.classes == 10 && models[_i].share == asymmetric ? 2 : 1);
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

/* ---- air ---- */

/* Cells of the published matrix at the rate 0.4, and the sums of its rows: airplane, automobile, bird, cat, deer, dog,
 * frog, horse, ship, truck. */
static const struct {
  size_t from, to;
  double share;
} air_cells[] = {
  { 0, 4, 0.0820 }, { 1, 7, 0.1451 }, { 1, 6, 0.1058 }, { 2, 6, 0.0895 }, { 3, 5, 0.1919 }, { 3, 9, 0.0027 },
  { 4, 6, 0.0739 }, { 5, 2, 0.1295 }, { 5, 3, 0.1295 }, { 6, 9, 0.1607 }, { 7, 9, 0.1695 }, { 7, 3, 0.0820 },
  { 8, 5, 0.1688 }, { 8, 0, 0.0027 }, { 9, 7, 0.1214 }, { 9, 1, 0.0027 },
};
static const double air_sums[] = { 0.9877, 1.0001, 0.9836, 0.9994, 0.9972, 1.0094, 1.0101, 0.9850, 1.0041, 0.9967 };

START_TEST(air_counts_are_rounded_shares)
{
  static const double rates[] = { 0, 0.1, 0.3, 0.4, 0.5, 0.7, 1 };
  static size_t matrix[100], again[100];
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
    double rate = rates[r], wrong = 0;
    char spec[32];
    snprintf(spec, sizeof spec, "air:%g", rate);
    apply(spec, 1, given);
    realised(given, matrix);
    for (size_t from = 0; from < 10; from++) {
      double row = 1 - rate + (air_sums[from] - 0.6) * rate / 0.4;
      size_t sum = 0;
      for (size_t to = 0; to < 10; to++)
        sum += matrix[from * 10 + to];
      ck_assert_uint_eq(sum, 2000);
      wrong += 2000 - (double)matrix[from * 10 + from];
      if (fabs((double)matrix[from * 10 + from] - 2000 * (1 - rate) / row) >= 1)
        ck_abort_msg("%s: %zu of class %zu stay", spec, matrix[from * 10 + from], from);
      for (size_t k = 0; k < sizeof air_cells / sizeof *air_cells; k++)
        if (air_cells[k].from == from) {
          double want = 2000 * air_cells[k].share * rate / 0.4 / row;
          size_t got = matrix[from * 10 + air_cells[k].to];
          if (fabs((double)got - want) >= 1)
            ck_abort_msg("%s: row %zu, column %zu: %zu, not %g", spec, from, air_cells[k].to, got, want);
        }
    }
    apply(spec, 2, other);
    realised(other, again);
    ck_assert_mem_eq(matrix, again, sizeof matrix); /* counts do not depend on the seed, images do */
    ck_assert((rate > 0) == (memcmp(given, other, sizeof given) != 0));
    struct ho_noise noise = parsed(spec);
    ck_assert_double_eq(noise.rate, rate);
    ck_assert_double_eq_tol(expected_share(&noise), wrong / N, 1e-12); /* what is printed is what happens */
    ck_assert_double_eq_tol(wrong / N, rate, 0.003);
  }
}
END_TEST

START_TEST(air_rounds_classes_of_any_size)
{
  for (size_t n = 1; n < 300; n++) {
    apply_to("air:0.4", 4, HO_PART_TRAIN, id, n, given);
    for (size_t i = 0; i < n; i++)
      if (given[i] >= 10)
        ck_abort_msg("label %d", given[i]);
    size_t matrix[100];
    double wrong;
    struct ho_noise noise = parsed("air:0.4");
    struct ho_noise_input in = { &data, id, n, 4, HO_PART_TRAIN };
    double rate = ho_realised_rate(10, n, data.train.label, given, matrix);
    ck_assert_int_eq(ho_noise_expected(&noise, &in, &wrong, NULL), 0);
    ck_assert_double_eq_tol(rate * (double)n, wrong, 1e-9);
    for (size_t c = 0; c < 10; c++) {
      size_t size = 0;
      for (size_t k = 0; k < 10; k++)
        size += matrix[c * 10 + k];
      if (fabs((double)matrix[c * 10 + c] - 0.6 / air_sums[c] * (double)size) >= 1)
        ck_abort_msg("%zu of %zu stay in class %zu", matrix[c * 10 + c], size, c);
    }
  }
}
END_TEST

/* ---- instance ---- */

/* A data set of real images: 4 x 3 pixels, 2 channels. */
static void make_images(void)
{
  enum { BYTES = 4 * 3 * 2 };
  ho_free(data.train.pixel);
  data.train.height = 4;
  data.train.width = 3;
  data.train.channels = 2;
  data.train.pixel = ho_alloc(N, BYTES, "pixels", NULL);
  struct ho_stream s = ho_stream_make(1, "test", 0, 0);
  for (size_t i = 0; i < (size_t)N * BYTES; i++)
    data.train.pixel[i] = (uint8_t)ho_stream_below(&s, 256);
  for (int c = 0; c < 2; c++) {
    data.mean[c] = 0.4f + 0.1f * (float)c;
    data.deviation[c] = 0.25f;
  }
}

/* P(given = k) of image i from formula and streams, in plain loops. */
static void instance_shares(size_t i, uint64_t seed, double rate, int part, double *share, double *u)
{
  enum { F = 24, K = 10 };
  size_t y = data.train.label[i];
  double a[K] = { 0 }, sum = 0, q = -1;
  struct ho_stream w = ho_stream_make(seed, "noise-instance-weights", y, 0);
  for (size_t f = 0; f < F; f++) {
    double x = (data.train.pixel[i * F + f] / 255.0 - data.mean[f % 2]) / data.deviation[f % 2];
    for (size_t k = 0; k < K; k++)
      a[k] += x * ho_stream_normal(&w);
  }
  struct ho_stream s = ho_stream_make(seed, "noise-instance", (uint64_t)part, i);
  while (!(q >= 0 && q <= 1))
    q = rate + 0.1 * ho_stream_normal(&s);
  for (size_t k = 0; k < K; k++)
    sum += k == y ? 0 : exp(a[k]);
  for (size_t k = 0; k < K; k++)
    share[k] = k == y ? 1 - q : q * exp(a[k]) / sum;
  *u = ho_stream_uniform(&s);
}

START_TEST(instance_is_its_twin)
{
  make_images();
  for (int part = 0; part < 2; part++) {
    apply_to("instance:0.4", 9, part, id, 2000, given);
    for (size_t i = 0; i < 2000; i++) {
      double share[10], u, sum = 0, wrong;
      instance_shares(i, 9, 0.4, part, share, &u);
      size_t y = data.train.label[i], want = y;
      wrong = 1 - share[y]; /* wrong labels first, in order; the true one after them */
      for (size_t k = 0; k < 10 && u < wrong && want == y; k++)
        if (k != y && u < (sum += share[k]))
          want = k;
      if (given[i] != want && fabs(u - sum) > 1e-6 && fabs(u - wrong) > 1e-6)
        ck_abort_msg("image %zu: %d, not %zu", i, given[i], want);
    }
  }
}
END_TEST

/* The rates of the definition: 0.4000 at 0.4, 0.2055 at 0.2, and an image's own choice of class. */
START_TEST(instance_rates_are_those_of_the_truncated_normal)
{
  static const double want[][2] = { { 0.4, 0.4000 }, { 0.2, 0.2055 }, { 0, 0.0798 }, { 1, 0.9202 } };
  static size_t matrix[100];
  make_images();
  for (size_t i = 0; i < 4; i++) {
    char spec[32];
    snprintf(spec, sizeof spec, "instance:%g", want[i][0]);
    struct ho_noise noise = parsed(spec);
    apply(spec, 11, given);
    double expected = expected_share(&noise);
    ck_assert_double_eq_tol(expected, want[i][1], 6e-5);
    ck_assert_double_eq_tol(realised(given, matrix), expected, 4 * 0.5 / sqrt(N));
  }
  /* Two images of one class and equal pixels have the same distribution: the class most likely is the same. */
  memcpy(data.train.pixel + 10 * 24, data.train.pixel, 24);
  double a[10], b[10], u;
  instance_shares(0, 11, 0.4, 0, a, &u);
  instance_shares(10, 11, 0.4, 0, b, &u);
  for (size_t k = 1; k < 10; k++)
    ck_assert_double_eq_tol(a[k] / (1 - a[0]), b[k] / (1 - b[0]), 1e-12);
}
END_TEST

START_TEST(instance_does_not_depend_on_threads_or_company)
{
  static uint32_t some[500];
  make_images();
  ho_parallel_setup(1);
  apply("instance:0.4", 2, given);
  ho_parallel_setup(3);
  apply("instance:0.4", 2, other);
  ho_parallel_setup(2);
  ck_assert_mem_eq(given, other, sizeof given);
  for (size_t i = 0; i < 500; i++)
    some[i] = (uint32_t)(3 * i + 1);
  apply_to("instance:0.4", 2, HO_PART_TRAIN, some, 500, other);
  for (size_t i = 0; i < 500; i++)
    if (other[i] != given[some[i]])
      ck_abort_msg("image %u", some[i]);
}
END_TEST

/* ---- all ---- */

/* Labels that begin at 1, as those of EMNIST's letters, and a gap: classes 1, 2 and 5 of 6, 5 with few images. */
static uint16_t gappy(size_t i)
{
  return (uint16_t)(i % 100 == 99 ? 5 : 1 + i % 2);
}

START_TEST(classes_without_images_get_no_labels)
{
  static const struct {
    const char *name;
    double expected; /* share of labels, at 0.4 */
  } drawn[] = { { "symmetric-bernoulli", 0.4 },
                { "symmetric-inclusive", 0.4 * 2 / 3 },
                { "symmetric", 0.4 },
                { "pair", 0.4 },
                { "instance", 0.4000 } };
  ho_dataset_free(&data);
  make_labels(&data, 6, N, gappy);
  make_images();
  for (size_t m = 0; m < sizeof drawn / sizeof *drawn; m++) {
    char spec[64];
    size_t count[6][6] = { { 0 } };
    snprintf(spec, sizeof spec, "%s:0.4", drawn[m].name);
    apply(spec, 3, given);
    for (size_t i = 0; i < N; i++)
      if (given[i] != 1 && given[i] != 2 && given[i] != 5)
        ck_abort_msg("%s: image %zu gets label %d", spec, i, given[i]);
      else
        count[data.train.label[i]][given[i]]++;
    for (int c = 1; c < 6; c += c == 2 ? 3 : 1)
      for (int k = 1; k < 6; k += k == 2 ? 3 : 1) {
        double n = c == 5 ? 200 : 9900, off = strcmp(drawn[m].name, "symmetric-inclusive") ? n * 0.2 : n * 0.4 / 3;
        int next = c == 1 ? 2 : c == 2 ? 5 : 1;
        if (!strcmp(drawn[m].name, "pair"))
          off = k == next ? n * 0.4 : 0;
        if (c != k && strcmp(drawn[m].name, "instance") && fabs((double)count[c][k] - off) > 5 * sqrt(off))
          ck_abort_msg("%s: %zu labels from %d to %d, not about %g", spec, count[c][k], c, k, off);
      }
    struct ho_noise noise = parsed(spec);
    ck_assert_double_eq_tol(expected_share(&noise), drawn[m].expected, 6e-5);
    ck_assert_double_eq_tol(realised(given, NULL), drawn[m].expected, 4 * 0.5 / sqrt(N));
  }
}
END_TEST

START_TEST(models_made_for_one_data_set_refuse_others)
{
  static const char *const specs[][2] = {
    { "asymmetric:0.4", "cifar10" },
    { "air:0.4", "cifar10" },
    { "super-cycle:0.4", "cifar100" },
    { "block5-legacy:0.4", "cifar100" },
  };
  static const char *const names[] = { "cifar10", "cifar100", "mnist", "fashion-mnist", "synthetic" };
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < 5; k++) {
      struct ho_error err;
      struct ho_noise noise = parsed(specs[i][0]);
      make(names[k], k == 1 ? 100 : 10);
      struct ho_noise_input in = { &data, id, N, 1, 0 };
      int fits = !strcmp(names[k], specs[i][1]);
      ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), fits ? 0 : -1);
      if (!fits) {
        assert_says(err, specs[i][1]);
        assert_says(err, names[k]);
      }
    }
}
END_TEST

START_TEST(the_table_is_complete)
{
  for (const struct ho_noise_model *m = ho_noise_models(); m->name; m++) {
    char form[64];
    struct ho_error err;
    struct ho_noise noise;
    ck_assert(*m->summary && m->apply);
    ho_noise_spec_form(m, form);
    if (!strcmp(m->name, "file")) {
      ck_assert_str_eq(form, "file:PATH");
      continue;
    }
    ck_assert_ptr_nonnull(m->wrong);
    ck_assert_int_eq(strstr(form, ":RATE") != NULL, m->takes_rate);
    ck_assert_int_eq(ho_noise_parse(m->name, &noise, &err), m->takes_rate ? -1 : 0);
    if (m->takes_rate) { /* one class: no other to go to */
      char spec[64];
      snprintf(spec, sizeof spec, "%s:0.4", m->name);
      noise = parsed(spec);
      ck_assert_str_eq(noise.spec, spec);
      size_t all = data.train.n;
      data.train.n = 1;
      struct ho_noise_input in = { &data, id, 1, 1, 0 };
      if (strcmp(m->name, "asymmetric") && strcmp(m->name, "air"))
        ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), -1);
      data.train.n = all;
    }
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("noise models");
  TCase *t = tcase_create("models");
  tcase_add_checked_fixture(t, fill, empty);
  tcase_add_loop_test(t, matrices_are_as_defined, 0, MODELS);
  tcase_add_loop_test(t, labels_are_drawn_one_by_one, 0, MODELS);
  tcase_add_test(t, models_share_the_choice_of_images);
  tcase_add_test(t, air_counts_are_rounded_shares);
  tcase_add_test(t, air_rounds_classes_of_any_size);
  tcase_add_test(t, instance_is_its_twin);
  tcase_add_test(t, instance_rates_are_those_of_the_truncated_normal);
  tcase_add_test(t, instance_does_not_depend_on_threads_or_company);
  tcase_add_test(t, classes_without_images_get_no_labels);
  tcase_add_test(t, models_made_for_one_data_set_refuse_others);
  tcase_add_test(t, the_table_is_complete);
  suite_add_tcase(suite, t);
  return suite;
}
