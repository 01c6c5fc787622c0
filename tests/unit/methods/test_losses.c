/* SPDX-License-Identifier: MIT
 * test_losses.c - the loss hooks of plugins/: worked numbers, finite differences, linearity in the target, and the
 * settings that make each of them cross-entropy. */
#include <math.h>

#include "../rig.h"

/* z = (1, 2, 0.5), y = 0, K = 3: p = (0.231224, 0.628532, 0.140244). */
static const float z_worked[] = { 1, 2, 0.5f }, first[] = { 1, 0, 0 };
static const double identity[] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
static const double symmetric[] = { 0.6, 0.2, 0.2, 0.2, 0.6, 0.2, 0.2, 0.2, 0.6 };
static const double uneven[] = { 0.7, 0.2, 0.1, 0, 0.9, 0.1, 0.3, 0.15, 0.55 };

static struct rig r;

static void make(const char *name, const char *options, const double *T)
{
  rig_make(&r, name, options);
  r.mock.transition = T;
  ck_assert_msg(!rig_open(&r), "%s", r.mock.message);
  for (int i = 0; i < 9; i++) /* the noise layer's parameters lie behind three others */
    r.mock.theta[3 + i] = (float)log(T[i] + 1e-8);
}

static const struct {
  const char *name, *options;
  double loss, d[3];
} worked[] = {
  { "bootstrap", "", 1.436448, { -0.723881, 0.583227, 0.140654 } },
  { "bootstrap", "bootstrap.gradient=detached", 1.436448, { -0.730337, 0.597105, 0.133232 } },
  { "bootstrap", "bootstrap.kind=hard", 1.264369, { -0.568776, 0.428532, 0.140244 } },
  { "gce", "", 0.916035, { -0.275818, 0.225502, 0.050316 } },
  { "sce", "", 7.227126, { -1.714102, 1.401406, 0.312696 } },
  { "forward-correction", "", 1.229326, { -0.243098, 0.198751, 0.044347 } },
  { "backward-correction", "", 1.714369, { -1.768776, 1.128532, 0.640244 } },
  { "noise-layer", "noise-layer.warmup=0", 1.229326, { -0.243098, 0.198751, 0.044347 } },
  { "noise-layer", "noise-layer.warmup=1", 1.464369, { -0.768776, 0.628532, 0.140244 } },
};

START_TEST(worked_numbers)
{
  float d[3];
  make(worked[_i].name, worked[_i].options, symmetric);
  ck_assert_double_eq_tol(rig_loss(&r, 5, z_worked, first, 1, d), worked[_i].loss, 1e-5);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(d[k], worked[_i].d[k], 1e-5);
  rig_free(&r);
}
END_TEST

/* ELR with the memory t = (0.2, 0.5, 0.1), put where sample 5 has it, in a pass that does not move it. */
START_TEST(worked_elr)
{
  const double d[] = { -0.575208, 0.250291, 0.324917 };
  const float t[] = { 0.2f, 0.5f, 0.1f };
  float dz[3];
  make("elr", "", symmetric);
  memcpy((float *)r.mock.memory[0] + 5 * 3, t, sizeof t);
  ck_assert_double_eq_tol(rig_loss(&r, 5, z_worked, first, 0, dz), 0.056589, 1e-5);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(dz[k], d[k], 1e-5);
  rig_free(&r);
}
END_TEST

/* t <- beta t + (1 - beta) p at first passes only, from 0, sample by sample; samples of the clean pool have none. */
START_TEST(elr_remembers)
{
  const double p[] = { 0.231224, 0.628532, 0.140244 };
  float d[3], *t;
  make("elr", "", symmetric);
  t = r.mock.memory[0];
  rig_loss(&r, 7, z_worked, first, 1, d);
  rig_loss(&r, 7, z_worked, first, 1, d);
  rig_loss(&r, 7, z_worked, first, 0, d);
  for (int k = 0; k < 3; k++) {
    ck_assert_double_eq_tol(t[7 * 3 + k], (1 - 0.7 * 0.7) * p[k], 1e-5);
    ck_assert_float_eq(t[6 * 3 + k], 0);
  }
  ck_assert_double_eq_tol(rig_loss(&r, 100, z_worked, first, 1, d), 1.464369, 1e-5); /* of 100 samples: clean */
  rig_free(&r);
}
END_TEST

/* A mixed image is pulled towards the mixture of two memories. */
START_TEST(elr_mixes_memories)
{
  const float t[] = { 0.1f, 0.2f, 0.3f, 0.5f, 0.1f, 0.2f }, share = 0.25f;
  float q[] = { 0.25f, 0, 0.75f }, value, dz[3], inner = 0;
  uint32_t id = 0, mate = 1;
  struct ho_minibatch mb = { .size = 1, .id = &id, .mate = &mate, .lambda = &share, .target = q };
  struct ho_head head = { .logits = z_worked, .loss = &value, .dlogits = dz };
  const float p[] = { 0.231224f, 0.628532f, 0.140244f };
  make("elr", "", symmetric);
  memcpy(r.mock.memory[0], t, sizeof t);
  ck_assert_int_eq(r.hooks->loss(r.self, &r.mock.host, &mb, &head), 0);
  for (int k = 0; k < 3; k++)
    inner += p[k] * (share * t[k] + (1 - share) * t[3 + k]);
  ck_assert_double_eq_tol(value, 0.25 * 1.464369 + 0.75 * 1.964369 + 3 * log(1 - inner), 1e-5);
  rig_free(&r);
}
END_TEST

/* As in the authors' code a probability below 1e-4 counts as that much in <p, t>, and has no gradient there; within the bounds
 * nothing changes. */
START_TEST(elr_clamps_both)
{
  const float z[] = { 0, 14, -1 }, t[] = { 0.1f, 0.5f, 0.3f }, one = 1;
  float q[] = { 1, 0, 0 }, value, dz[3];
  double sum = 1 + exp(14) + exp(-1), inner = 1e-4 * 0.1f + (1 - 1e-4) * 0.5f + 1e-4 * 0.3f;
  uint32_t id = 0;
  struct ho_minibatch mb = { .size = 1, .id = &id, .mate = &id, .lambda = &one, .target = q };
  struct ho_head head = { .logits = z, .loss = &value, .dlogits = dz };
  make("elr", "elr.clamp=both", symmetric);
  memcpy(r.mock.memory[0], t, sizeof t);
  ck_assert_int_eq(r.hooks->loss(r.self, &r.mock.host, &mb, &head), 0);
  ck_assert_double_eq_tol(value, log(sum) + 3 * log(1 - inner), 1e-5);
  for (int k = 0; k < 3; k++) /* all three are outside: what is left is cross-entropy's */
    ck_assert_double_eq_tol(dz[k], exp((double)z[k]) / sum - (k == 0), 1e-6);
  rig_free(&r);
}
END_TEST

static const struct {
  const char *name, *options;
} heads[] = {
  { "bootstrap", "" },
  { "bootstrap", "bootstrap.beta=0.3" },
  { "bootstrap", "bootstrap.kind=hard" },
  { "gce", "" },
  { "gce", "gce.q=0" },
  { "gce", "gce.q=1" },
  { "sce", "" },
  { "sce", "sce.alpha=6;sce.beta=0.1" },
  { "elr", "" },
  { "elr", "elr.lambda=7;elr.beta=0.9" },
  { "elr", "elr.clamp=both" },
  { "forward-correction", "" },
  { "backward-correction", "" },
  { "noise-layer", "noise-layer.warmup=0" },
  { "noise-layer", "" },
};

static void random_sample(struct ho_stream *s, float *z, float *q)
{
  float sum = 0;
  for (int k = 0; k < 3; k++) {
    z[k] = (float)(2 * ho_stream_normal(s));
    sum += q[k] = (float)ho_stream_uniform(s);
  }
  for (int k = 0; k < 3; k++)
    q[k] /= sum;
}

/* Central differences of the loss; h = 0.01: truncation about 1e-4 of third derivatives, rounding 1e-7 / h. */
START_TEST(finite_differences)
{
  struct ho_stream s = ho_stream_make(3, "test", (uint64_t)_i, 0);
  const float h = 0.01f;
  make(heads[_i].name, heads[_i].options, uneven);
  for (uint32_t trial = 0; trial < 50; trial++) {
    float z[3], q[3], d[3], unused[3];
    random_sample(&s, z, q);
    rig_loss(&r, trial, z, q, 1, d); /* memories move here, and not below */
    rig_loss(&r, trial, z, q, 0, d);
    for (int k = 0; k < 3; k++) {
      float old = z[k];
      z[k] = old + h;
      double up = rig_loss(&r, trial, z, q, 0, unused);
      z[k] = old - h;
      double down = rig_loss(&r, trial, z, q, 0, unused);
      z[k] = old;
      double slope = (up - down) / (2 * h);
      if (!(fabs(slope - d[k]) <= 1e-3 * (1 + fabs(slope))))
        ck_abort_msg("%s %s: d[%d] = %g, by differences %g", heads[_i].name, heads[_i].options, k, (double)d[k], slope);
    }
  }
  rig_free(&r);
}
END_TEST

/* L(q) = sum_k q_k L(e_k), and the gradients likewise; the gradient of a softmax sums to 0. */
START_TEST(linear_in_the_target)
{
  struct ho_stream s = ho_stream_make(4, "test", (uint64_t)_i, 0);
  make(heads[_i].name, heads[_i].options, uneven);
  for (uint32_t trial = 0; trial < 50; trial++) {
    float z[3], q[3], d[3], one[3];
    double L = 0, sum[3] = { 0 }, zero = 0;
    random_sample(&s, z, q);
    rig_loss(&r, trial, z, q, 1, d);
    double value = rig_loss(&r, trial, z, q, 0, d);
    for (int k = 0; k < 3; k++) {
      float e[3] = { 0 };
      e[k] = 1;
      L += q[k] * rig_loss(&r, trial, z, e, 0, one);
      for (int j = 0; j < 3; j++)
        sum[j] += q[k] * one[j];
    }
    for (int j = 0; j < 3; j++) {
      zero += d[j];
      if (!(fabs(sum[j] - d[j]) <= 1e-5 * (1 + fabs(sum[j]))))
        ck_abort_msg("%s %s: d[%d] = %g, by parts %g", heads[_i].name, heads[_i].options, j, (double)d[j], sum[j]);
    }
    ck_assert_double_eq_tol(L, value, 1e-5 * (1 + fabs(L)));
    ck_assert_double_eq_tol(zero, 0, 1e-5);
  }
  rig_free(&r);
}
END_TEST

static const struct {
  const char *name, *options;
  double tolerance; /* 0: the gradients agree to the bit */
} cross_entropies[] = {
  { "bootstrap", "bootstrap.beta=1", 0 },
  { "bootstrap", "bootstrap.beta=1;bootstrap.kind=hard", 0 },
  { "gce", "gce.q=0", 0 },
  { "sce", "sce.alpha=1;sce.beta=0", 0 },
  { "elr", "elr.lambda=0", 0 },
  { "forward-correction", "", 0 },
  { "backward-correction", "", 0 },
  { "noise-layer", "noise-layer.warmup=0", 1e-5 }, /* its rows are softmaxes: T = I to 1e-8, which p multiplies */
  { "noise-layer", "noise-layer.warmup=1", 0 },
};

START_TEST(cross_entropy_is_a_special_case)
{
  struct ho_stream s = ho_stream_make(5, "test", 0, 0);
  struct rig sgd;
  rig_make(&sgd, "sgd", "");
  make(cross_entropies[_i].name, cross_entropies[_i].options, identity);
  for (uint32_t trial = 0; trial < 50; trial++) {
    float z[3], q[3] = { 0 }, d[3], e[3];
    double tolerance = cross_entropies[_i].tolerance;
    random_sample(&s, z, q);
    memset(q, 0, sizeof q);
    q[trial % 3] = 1;
    double L = rig_loss(&r, trial, z, q, 1, d), CE = rig_loss(&sgd, trial, z, q, 1, e);
    ck_assert_double_eq_tol(L, CE, 1e-5 * (1 + CE));
    for (int k = 0; k < 3; k++)
      if (!(fabsf(d[k] - e[k]) <= (float)tolerance))
        ck_abort_msg("%s %s: %.9g, cross-entropy %.9g", cross_entropies[_i].name, cross_entropies[_i].options,
                     (double)d[k], (double)e[k]);
  }
  rig_free(&r);
  rig_free(&sgd);
}
END_TEST

/* T = I is cross-entropy however far the logits lie apart. */
START_TEST(corrections_without_noise_far_out)
{
  const char *const names[] = { "forward-correction", "backward-correction" };
  const float z[] = { -80, 40, 20 };
  float d[3], e[3];
  struct rig sgd;
  rig_make(&sgd, "sgd", "");
  make(names[_i], "", identity);
  ck_assert_float_eq(rig_loss(&r, 0, z, first, 1, d), rig_loss(&sgd, 0, z, first, 1, e));
  ck_assert_mem_eq(d, e, sizeof d);
  rig_free(&r);
  rig_free(&sgd);
}
END_TEST

/* Samples with true labels, numbered behind the others, have no noise to correct; those held out have. */
START_TEST(clean_samples_have_no_noise)
{
  const char *const names[] = { "forward-correction", "backward-correction", "noise-layer" };
  float d[3];
  make(names[_i], _i == 2 ? "noise-layer.warmup=0" : "", symmetric);
  r.mock.host.clean = 10;
  for (uint32_t id = 95; id < 115; id += 5) {
    int clean = id >= 100 && id < 110;
    float L = rig_loss(&r, id, z_worked, first, 1, d);
    ck_assert_int_eq(fabsf(L - 1.464369f) < 1e-5f, clean);
    ck_assert_int_eq(fabsf(d[0] + 0.768776f) < 1e-5f, clean);
  }
  rig_free(&r);
}
END_TEST

/* A label that no class is given by T says nothing: finite, and no gradient. */
START_TEST(impossible_labels_say_nothing)
{
  const double never[] = { 0.5, 0.5, 0, 0.2, 0.8, 0, 0.6, 0.4, 0 };
  const float q[] = { 0, 0, 1 };
  float d[3];
  make("forward-correction", "", never);
  ck_assert_double_eq_tol(rig_loss(&r, 0, z_worked, q, 1, d), log(3), 1e-5);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(d[k], 0, 1e-6);
  rig_free(&r);
}
END_TEST

/* The invariants of bootstrapping: nothing is added at uniform p; hard is cross-entropy where the network agrees. */
START_TEST(bootstrap_invariants)
{
  const float flat[] = { 0.7f, 0.7f, 0.7f }, agrees[] = { 3, 1, 0 };
  float d[3], e[3];
  struct rig sgd;
  rig_make(&sgd, "sgd", "");
  make("bootstrap", "bootstrap.beta=0.6", identity);
  rig_loss(&r, 0, flat, first, 1, d);
  rig_loss(&sgd, 0, flat, first, 1, e);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(d[k], 0.6 * e[k], 1e-6);
  rig_free(&r);
  make("bootstrap", "bootstrap.kind=hard", identity);
  rig_loss(&r, 0, agrees, first, 1, d);
  rig_loss(&sgd, 0, agrees, first, 1, e);
  for (int k = 0; k < 3; k++)
    ck_assert_double_eq_tol(d[k], e[k], 1e-6);
  rig_free(&r);
  rig_free(&sgd);
}
END_TEST

START_TEST(gce_between_its_ends)
{
  float d[3];
  make("gce", "gce.q=1", identity);
  ck_assert_double_eq_tol(rig_loss(&r, 0, z_worked, first, 1, d), 1 - 0.231224, 1e-5);
  rig_free(&r);
}
END_TEST

/* Over the noise, the corrected loss is cross-entropy's of the true label; here most labels are wrong, and the inverse needs
 * rows exchanged. */
START_TEST(backward_is_unbiased)
{
  const double most_wrong[] = { 0.1, 0.8, 0.1, 0.7, 0.2, 0.1, 0.1, 0.1, 0.8 };
  float d[3];
  struct rig sgd;
  rig_make(&sgd, "sgd", "");
  make("backward-correction", "", most_wrong);
  for (int j = 0; j < 3; j++) {
    float q[3] = { 0 };
    double mean = 0;
    for (int k = 0; k < 3; k++) {
      float e[3] = { 0 };
      e[k] = 1;
      mean += most_wrong[j * 3 + k] * (double)rig_loss(&r, 0, z_worked, e, 1, d);
    }
    q[j] = 1;
    ck_assert_double_eq_tol(mean, rig_loss(&sgd, 0, z_worked, q, 1, d), 1e-5);
  }
  rig_free(&r);
  rig_free(&sgd);
}
END_TEST

/* The condition number of a matrix of equal rows is infinite. */
START_TEST(backward_needs_an_inverse)
{
  const double same[] = { 0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25 };
  const double nearly[] = { 0.401, 0.299, 0.3, 0.4, 0.3, 0.3, 0.4, 0.299, 0.301 };
  rig_make(&r, "backward-correction", "");
  r.mock.transition = same;
  ck_assert_int_eq(rig_open(&r), -1);
  ck_assert_ptr_nonnull(strstr(r.mock.message, "of 3 classes has no inverse: it is singular, its pivot 2 is 0"));
  r.mock.transition = nearly;
  ck_assert_int_eq(rig_open(&r), -1);
  ck_assert_msg(strstr(r.mock.message, "its condition number is 1681, above backward-correction.worst=1000") != NULL,
                "%s", r.mock.message);
  rig_free(&r);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("losses");
  TCase *c = tcase_create("losses");
  tcase_add_loop_test(c, worked_numbers, 0, sizeof worked / sizeof *worked);
  tcase_add_test(c, worked_elr);
  tcase_add_test(c, elr_remembers);
  tcase_add_test(c, elr_mixes_memories);
  tcase_add_test(c, elr_clamps_both);
  tcase_add_loop_test(c, finite_differences, 0, sizeof heads / sizeof *heads);
  tcase_add_loop_test(c, linear_in_the_target, 0, sizeof heads / sizeof *heads);
  tcase_add_loop_test(c, cross_entropy_is_a_special_case, 0, sizeof cross_entropies / sizeof *cross_entropies);
  tcase_add_loop_test(c, corrections_without_noise_far_out, 0, 2);
  tcase_add_loop_test(c, clean_samples_have_no_noise, 0, 3);
  tcase_add_test(c, impossible_labels_say_nothing);
  tcase_add_test(c, bootstrap_invariants);
  tcase_add_test(c, gce_between_its_ends);
  tcase_add_test(c, backward_is_unbiased);
  tcase_add_test(c, backward_needs_an_inverse);
  suite_add_tcase(suite, c);
  return suite;
}
