/* SPDX-License-Identifier: MIT
 * test_weighing.c - plugins/ that change mini-batches or weigh their samples: mentornet, random-weights, gce truncated,
 * mixup, label-smoothing. */
#include <math.h>

#include "../rig.h"

enum { N = 40 };
static struct rig r;
static uint32_t id[N];
static float w[N];

/* The weigh hook on n samples with these losses: factors on equal weights. */
static void weigh(int n, const float *loss)
{
  struct ho_minibatch mb = { .size = n, .id = id };
  for (int i = 0; i < n; i++) {
    id[i] = (uint32_t)i;
    w[i] = 1 / (float)n;
  }
  ck_assert_msg(!r.hooks->weigh(r.self, &r.mock.host, &mb, loss, w), "%s", r.mock.message);
  for (int i = 0; i < n; i++)
    w[i] *= (float)n;
}

static void make(const char *name, const char *options)
{
  rig_make(&r, name, options);
  ck_assert_msg(!rig_open(&r), "%s", r.mock.message);
}

/* Predefined curriculum: delta, percent of the run -> weight. */
static const struct {
  float delta;
  uint64_t percent;
  double v;
} rule[] = {
  { 2, 18, 1 }, { 2, 19, 0 }, { -0.1f, 50, 1 }, { 0, 89, 1 }, { 0.25f, 90, 0.75 }, { 1.5f, 95, 0 }, { -3, 99, 1 },
};

START_TEST(mentornet_rule)
{
  const float loss[] = { 5 + rule[_i].delta, 20 };
  make("mentornet", "mentornet.percentile=0;mentornet.decay=0.5;mentornet.dropout=0:100");
  r.mock.host.step = rule[_i].percent;           /* of 100 */
  *(double *)r.mock.memory[0] = 2 * 5 - loss[0]; /* with the smaller loss m becomes 5 */
  weigh(2, loss);
  ck_assert_double_eq_tol(*(double *)r.mock.memory[0], 5, 1e-6);
  ck_assert_double_eq_tol(w[0], rule[_i].v, 1e-5);
  rig_free(&r);
}
END_TEST

/* m after a constant percentile q for n mini-batches: q (1 - d^n); the rank is the nearest. */
START_TEST(mentornet_percentile)
{
  const float loss[] = { 4, 1, 3, 2, 5 };
  make("mentornet", "");
  for (int n = 1; n <= 5; n++) {
    weigh(5, loss);
    ck_assert_double_eq_tol(*(double *)r.mock.memory[0], 4 * (1 - pow(0.5, n)), 1e-6); /* 0.75 of 1..5 is 4 */
  }
  rig_free(&r);
}
END_TEST

/* dropout: so many are left out exactly, others in another step; the log of the weight; decay follows the mean weight. */
START_TEST(mentornet_leaves_out)
{
  float loss[N] = { 0 };
  int left[2] = { 0 }, moved = 0;
  float before[N];
  make("mentornet", "");
  for (int half = 0; half < 2; half++) {
    r.mock.host.step = half ? 17 : 16; /* 0.5 for 17 percent, then 0.05 */
    r.mock.decay = 1;
    weigh(N, loss);
    for (int i = 0; i < N; i++)
      left[half] += w[i] == 0;
    ck_assert_double_eq_tol(r.mock.decay, 1 - left[half] / (double)N, 1e-9);
  }
  ck_assert_int_eq(left[0], N / 2);
  ck_assert_int_eq(left[1], 2); /* 0.05 of 40 */
  r.mock.host.step = 3;
  weigh(N, loss);
  memcpy(before, w, sizeof before);
  weigh(N, loss);
  ck_assert_mem_eq(before, w, sizeof before); /* a function of the step */
  r.mock.host.step = 4;
  weigh(N, loss);
  for (int i = 0; i < N; i++)
    moved += before[i] != w[i];
  ck_assert_int_gt(moved, 0);
  rig_free(&r);
}
END_TEST

/* One image is not left out: a step of such mini-batches would have no gradient. */
START_TEST(mentornet_keeps_one)
{
  const float loss[] = { 1 };
  make("mentornet", "");
  weigh(1, loss);
  ck_assert_float_eq(w[0], 1);
  r.mock.host.step = r.mock.host.steps; /* behind the last step, in an epoch hook */
  weigh(1, loss);
  rig_free(&r);
}
END_TEST

/* Several mini-batches of a step: weight decay times the mean over all of them. */
START_TEST(mentornet_decay_over_a_step)
{
  struct ho_minibatch second = { .size = 4, .index = 1, .id = id };
  float v[] = { 0.25f, 0.25f, 0.25f, 0.25f };
  const float low[] = { 0, 0, 0, 0 }, high[] = { 9, 9, 9, 9 };
  make("mentornet", "mentornet.dropout=0:100;mentornet.curriculum=self-paced;mentornet.percentile=0");
  *(double *)r.mock.memory[0] = -1e9;
  weigh(4, high); /* all above: mean weight 0 */
  ck_assert_double_lt(r.mock.decay, 1e-9);
  *(double *)r.mock.memory[0] = 1e9;
  ck_assert(!r.hooks->weigh(r.self, &r.mock.host, &second, low, v)); /* all below: the mean of both is a half */
  ck_assert_double_eq_tol(r.mock.decay, 0.5, 1e-9);
  r.mock.host.step++;
  r.mock.decay = 1;
  weigh(4, low);
  ck_assert_double_eq_tol(r.mock.decay, 1, 1e-9);
  rig_free(&r);
}
END_TEST

START_TEST(mentornet_baselines)
{
  const float loss[] = { 0.1f, 2 };
  make("mentornet", "mentornet.dropout=0:100;mentornet.curriculum=focal");
  weigh(2, loss);
  for (int i = 0; i < 2; i++)
    ck_assert_double_eq_tol(w[i], pow(1 - exp(-loss[i]), 2), 1e-5);
  rig_free(&r);
  make("mentornet", "mentornet.dropout=0:100;mentornet.curriculum=self-paced;mentornet.percentile=0;mentornet.decay=0");
  weigh(2, loss); /* from the first step on */
  ck_assert(w[0] == 1 && w[1] == 0);
  rig_free(&r);
  make("mentornet", "mentornet.curriculum=none");
  weigh(2, loss);
  ck_assert(w[0] == 1 && w[1] == 1 && r.mock.decay == 1);
  rig_free(&r);
  make("mentornet", "mentornet.dropout=0:100;mentornet.burn_in=60;mentornet.percentile=0;mentornet.decay=0");
  for (r.mock.host.step = 58; r.mock.host.step < 60; r.mock.host.step++) {
    weigh(2, loss); /* weights are 1 below percent 59 */
    ck_assert_float_eq(w[1], r.mock.host.step < 59 ? 1 : 0);
  }
  rig_free(&r);
}
END_TEST

static const char *const bad_dropout[] = { "",       "0.5", "0.5:",    "0.5:0",         "0.5:101",     "1:5",
                                           "-0.1:5", "x:5", "0.5:17,", "0.5:60,0.1:41", "0.5:17;0.1:3" };

START_TEST(mentornet_refuses)
{
  char option[64];
  const char *options[] = { option };
  struct ho_plugin_path path;
  struct ho_error err;
  snprintf(option, sizeof option, "mentornet.dropout=%s", bad_dropout[_i]);
  rig_make(&r, "mentornet", "");
  ck_assert(!ho_plugin_path_make(&path, NULL, 0, &err));
  ho_chain_free(&r.chain);
  ck_assert_msg(!ho_chain_make(&r.chain, "mentornet", &path, options, 1, &err), "%s", err.text);
  ho_plugin_path_free(&path);
  r.hooks = &r.chain.link[0].plugin->hooks;
  r.self = r.chain.link[0].self;
  ck_assert_int_eq(rig_open(&r), -1);
  ck_assert_ptr_nonnull(strstr(r.mock.message, "mentornet.dropout"));
  rig_free(&r);
}
END_TEST

/* w = max(0, n) / sum, in mean 1 and a half of them 0; a function of step and mini-batch. */
START_TEST(random_weights)
{
  float loss[N] = { 0 }, before[N];
  double sum = 0, zeros = 0;
  make("random-weights", "");
  for (r.mock.host.step = 0; r.mock.host.step < 200; r.mock.host.step++) {
    weigh(N, loss);
    memcpy(before, w, sizeof before);
    weigh(N, loss);
    ck_assert_mem_eq(before, w, sizeof before);
    for (int i = 0; i < N; i++) {
      ck_assert(w[i] >= 0);
      sum += w[i];
      zeros += w[i] == 0;
    }
  }
  ck_assert_double_eq_tol(sum / (200 * N), 1, 1e-4);
  ck_assert_double_eq_tol(zeros / (200 * N), 0.5, 0.02); /* 8000 draws: 0.0056 a standard deviation */
  rig_free(&r);
}
END_TEST

/* Two of five samples have p_y above 0.5: the others are left out from epoch 2 on, chosen anew every 3 epochs. */
START_TEST(gce_truncates)
{
  float logits[15] = { 0 }, loss[5] = { 0 };
  make("gce", "gce.truncate=2;gce.every=3");
  r.mock.host.samples = 5;
  r.mock.logits = logits;
  logits[3 * 1 + 1] = logits[3 * 4 + 1] = 5; /* labels are 0, 1, 2, 0, 1 */
  logits[3 * 0 + 2] = 5;
  for (r.mock.host.epoch = 0; r.mock.host.epoch < 6; r.mock.host.epoch++) {
    ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 0), 0);
    ck_assert_int_eq(r.hooks->epoch(r.self, &r.mock.host, 1), 0);
    weigh(5, loss);
    int late = r.mock.host.epoch >= 2, again = r.mock.host.epoch >= 5;
    const double want[] = { !late, again ? 0 : 1, !late, !late, 1 };
    for (int i = 0; i < 5; i++)
      ck_assert_double_eq_tol(w[i], want[i], 1e-6);
    if (late)
      logits[3 * 1 + 1] = -5; /* heeded three epochs later */
  }
  rig_free(&r);
}
END_TEST

static void mix(int index, int n)
{
  struct ho_minibatch mb = { .size = n, .index = index };
  r.mock.mixed = 0;
  ck_assert_int_eq(r.hooks->input(r.self, &r.mock.host, &mb), 0);
}

/* One lambda and one permutation a mini-batch; lambda has the moments of Beta(alpha, alpha): 1/2, 1 / (4 (2 alpha + 1)). */
START_TEST(mixup_draws)
{
  const double alpha[] = { 0.2, 1, 8 };
  char option[64];
  double sum = 0, square = 0;
  enum { TRIALS = 2000 };
  snprintf(option, sizeof option, "mixup.alpha=%g", alpha[_i]);
  make("mixup", option);
  for (int trial = 0; trial < TRIALS; trial++) {
    int seen[N] = { 0 };
    r.mock.host.step = (uint64_t)trial;
    mix(3, N);
    ck_assert_int_eq(r.mock.mixed, 1);
    for (int i = 0; i < N; i++) {
      if (r.mock.lambda[i] != r.mock.lambda[0] || seen[r.mock.partner[i]]++)
        ck_abort_msg("not one lambda and one permutation");
    }
    sum += r.mock.lambda[0];
    square += (r.mock.lambda[0] - 0.5) * (r.mock.lambda[0] - 0.5);
    mock_free(&r.mock);
  }
  double variance = 1 / (4 * (2 * alpha[_i] + 1));
  ck_assert_double_eq_tol(sum / TRIALS, 0.5, 4 * sqrt(variance / TRIALS));
  ck_assert_double_eq_tol(square / TRIALS, variance, 0.15 * variance);
  rig_free(&r);
}
END_TEST

START_TEST(mixup_of_its_own_for_each_minibatch)
{
  float lambda;
  make("mixup", "");
  mix(0, N);
  lambda = r.mock.lambda[0];
  mix(0, N);
  ck_assert_float_eq(lambda, r.mock.lambda[0]);
  mix(1, N);
  ck_assert_float_ne(lambda, r.mock.lambda[0]);
  rig_free(&r);
  make("mixup", "mixup.alpha=0");
  mix(0, N);
  ck_assert_int_eq(r.mock.mixed, 0);
  rig_free(&r);
  make("mixup", "mixup.alpha=1e-300"); /* both Gammas may vanish */
  for (int k = 0; k < 20; k++) {
    mix(k, 2);
    ck_assert(r.mock.lambda[0] == 0 || r.mock.lambda[0] == 1);
  }
  rig_free(&r);
}
END_TEST

START_TEST(smoothing)
{
  float target[] = { 1, 0, 0, 0.3f, 0, 0.7f };
  const double want[] = { 0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3, 0.27 + 0.1 / 3, 0.1 / 3, 0.63 + 0.1 / 3 };
  struct ho_minibatch mb = { .size = 2, .target = target };
  make("label-smoothing", "");
  ck_assert_int_eq(r.hooks->input(r.self, &r.mock.host, &mb), 0);
  for (int k = 0; k < 6; k++)
    ck_assert_double_eq_tol(target[k], want[k], 1e-6);
  rig_free(&r);
}
END_TEST

/* (1 - epsilon) CE(y) + epsilon mean_k CE(k), with the worked numbers. */
START_TEST(smoothed_cross_entropy)
{
  const float z[] = { 1, 2, 0.5f };
  const double d[] = { -0.702109, 0.595198, 0.106911 };
  float target[] = { 1, 0, 0 }, dz[3];
  struct ho_minibatch mb = { .size = 1, .target = target };
  struct rig sgd;
  make("label-smoothing", "");
  rig_make(&sgd, "sgd", "");
  ck_assert_int_eq(r.hooks->input(r.self, &r.mock.host, &mb), 0);
  ck_assert_double_eq_tol(rig_loss(&sgd, 0, z, target, 1, dz), 1.447702, 1e-5);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(dz[k], d[k], 1e-5);
  rig_free(&sgd);
  rig_free(&r);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("weighing");
  TCase *c = tcase_create("weighing");
  tcase_add_loop_test(c, mentornet_rule, 0, sizeof rule / sizeof *rule);
  tcase_add_test(c, mentornet_percentile);
  tcase_add_test(c, mentornet_leaves_out);
  tcase_add_test(c, mentornet_keeps_one);
  tcase_add_test(c, mentornet_decay_over_a_step);
  tcase_add_test(c, mentornet_baselines);
  tcase_add_loop_test(c, mentornet_refuses, 0, sizeof bad_dropout / sizeof *bad_dropout);
  tcase_add_test(c, random_weights);
  tcase_add_test(c, gce_truncates);
  tcase_add_loop_test(c, mixup_draws, 0, 3);
  tcase_add_test(c, mixup_of_its_own_for_each_minibatch);
  tcase_add_test(c, smoothing);
  tcase_add_test(c, smoothed_cross_entropy);
  suite_add_tcase(suite, c);
  return suite;
}
