/* SPDX-License-Identifier: MIT
 * test_host.c - the services of the host, seen from a plugin (tests/plugins/probe.c), and its failures, each told with
 * the plugin's name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "train/trainer.h"
#include "unit.h"

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;

static void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static void setup(void)
{
  const char *build = getenv("HO_BUILDDIR");
  char folder[4096];
  const char *folders[] = { folder };
  snprintf(folder, sizeof folder, "%s/tests/plugins", build ? build : ".");
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, folders, 1, &err), "%s", err.text);
  set("dataset", "synthetic");
  set("train-size", "200");
  set("net", "mlp:hidden=16");
  set("noise", "symmetric:0.3");
  set("augment", "crop-flip");
  set("batch-size", "24");
  set("optimizer", "probe");
  set("lr", "0.05");
}

static void teardown(void)
{
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

static struct ho_trainer *trainer(void)
{
  struct ho_trainer *t = ho_trainer_new(&s, &path, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  return t;
}

static void step(struct ho_trainer *t)
{
  ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
}

static const char *const nets[] = { "mlp:hidden=16", "mlp:hidden=16,dropout=0.3",
                                    "preact-resnet18:width=2,dropout=0.2" };

START_TEST(services_keep_their_word)
{
  set("net", nets[_i]);
  struct ho_trainer *t = trainer();
  for (int i = 0; i < 5; i++)
    step(t);
  ck_assert_double_eq(ho_tally_find(&t->tally, "probe.steps")->sum, 15);
  ho_trainer_free(t);
}
END_TEST

/* theta <- theta - lr rate (g + decay theta) for a plugin's own parameters: rate 0.5, decay 2 x 5e-4, from 0. */
START_TEST(own_parameters_move)
{
  struct ho_trainer *t = trainer();
  size_t own = t->net->parameters;
  ck_assert_uint_eq(t->host.parameters, own + 3);
  ck_assert_double_eq(t->tensor[t->tensors - 1].decay, 2 * 5e-4);
  step(t);
  ck_assert_float_eq_tol(t->theta[0][own], -0.05f * 0.5f * t->dir[0][own], 1e-7);
  ck_assert_float_ne(t->theta[0][own], 0);
  ho_trainer_free(t);
}
END_TEST

/* Running averages move at first passes only: SGD's one pass a step moves them, passes over the same again do not. */
START_TEST(running_averages_move_once)
{
  float before[2], other;
  set("net", "preact-resnet18:width=2");
  set("optimizer", "sgd");
  struct ho_trainer *t = trainer();
  struct ho_draw want = { .count = 2, .size = 8 };
  struct ho_minibatch *mb[2];
  struct ho_pass pass = { .flags = HO_KEEP_STATS };
  float *rows = malloc(2 * t->host.parameters * sizeof *rows);
  t->err = &err;
  err.text[0] = 0;
  ho_trainer_begin(t);
  t->phase = HO_STEP;
  ck_assert_int_eq(t->host.draw(&t->host, &want, mb), 0);
  memcpy(before, t->stats[0], sizeof before);
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 1, rows), 0);
  ck_assert_mem_eq(before, t->stats[0], sizeof before); /* asked to keep them */
  pass.flags = 0;
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb + 1, 1, rows), 0);
  ck_assert_mem_ne(before, t->stats[0], sizeof before);
  other = t->stats[0][0];
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb + 1, 1, rows), 0); /* a second pass over it */
  ck_assert_float_eq(other, t->stats[0][0]);
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 2, rows), 0); /* the other has not moved them yet */
  ck_assert_float_ne(other, t->stats[0][0]);
  free(rows);
  ho_trainer_free(t);
}
END_TEST

/* Independent dropout masks unless asked for one mask: with the same images, gradients differ or agree. */
START_TEST(dropout_masks)
{
  const uint32_t ids[] = { 1, 2, 3, 4, 1, 2, 3, 4 };
  set("augment", "none");
  set("net", "mlp:hidden=16,dropout=0.5");
  set("optimizer", "sgd");
  struct ho_trainer *t = trainer();
  size_t P = t->host.parameters;
  struct ho_draw want = { .count = 2, .size = 4, .ids = ids };
  struct ho_minibatch *mb[2];
  float *rows = malloc(2 * P * sizeof *rows);
  t->err = &err;
  err.text[0] = 0;
  ho_trainer_begin(t);
  t->phase = HO_STEP;
  ck_assert_int_eq(t->host.draw(&t->host, &want, mb), 0);
  struct ho_pass pass = { .flags = 0 };
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 2, rows), 0);
  ck_assert_mem_ne(rows, rows + P, P * sizeof *rows);
  pass.flags = HO_SHARED_MASKS;
  ck_assert_int_eq(t->host.gradients(&t->host, &pass, mb, 2, rows), 0);
  for (size_t k = 0; k < P; k++)
    if (fabsf(rows[k] - rows[P + k]) > 1e-6f)
      ck_abort_msg("parameter %zu: %g and %g", k, (double)rows[k], (double)rows[P + k]);
  free(rows);
  ho_trainer_free(t);
}
END_TEST

/* Two networks: hooks counted by the plugin itself; see tests/plugins/witness.c. */
START_TEST(hooks_are_called_as_promised)
{
  set("optimizer", "witness");
  struct ho_trainer *t = trainer();
  ck_assert_mem_ne(t->theta[0], t->theta[1], 64);
  for (int e = 0; e < 2; e++) {
    t->host.epoch = e;
    ck_assert_msg(!ho_trainer_epoch(t, 0, &err), "%s", err.text);
    step(t);
    step(t);
    ck_assert_msg(!ho_trainer_epoch(t, 1, &err), "%s", err.text);
  }
  ho_trainer_free(t);
}
END_TEST

START_TEST(skipped_steps_change_nothing)
{
  set("optimizer", "witness");
  set("option", "witness.mode=skips");
  struct ho_trainer *t = trainer();
  float before[8];
  memcpy(before, t->theta[0], sizeof before);
  ck_assert_msg(!ho_trainer_epoch(t, 0, &err), "%s", err.text);
  step(t);
  ck_assert_mem_eq(before, t->theta[0], sizeof before);
  ck_assert_uint_eq(t->host.step, 1);
  ho_trainer_free(t);
}
END_TEST

/* The prediction of a run is that of its chain; what fails in it fails the evaluation. */
START_TEST(predict_is_asked)
{
  float one[2][10], mean[10];
  uint32_t image = 3;
  uint16_t label = 0, got;
  set("optimizer", "witness");
  struct ho_trainer *t = trainer();
  struct ho_score_request ask = { &t->data.test, &image, &label, 1 };
  struct ho_score_result result = { .prediction = &got };
  for (int k = 0; k < 2; k++)
    ck_assert_int_eq(ho_trainer_forward(t, k, NULL, &t->data.test, &image, 1, one[k], NULL, &err), 0);
  ck_assert_msg(!ho_trainer_score(t, &ask, &result, &err), "%s", err.text);
  size_t top = 0;
  for (size_t k = 0; k < 10; k++) {
    mean[k] = (one[0][k] + one[1][k]) / 2;
    if (mean[k] > mean[top])
      top = k;
  }
  ck_assert_uint_eq(got, top);
  ho_trainer_free(t);
  set("option", "witness.mode=predict-logs");
  t = trainer();
  ask.from = &t->data.test;
  ck_assert_int_eq(ho_trainer_score(t, &ask, &result, &err), -1);
  ck_assert_msg(strstr(err.text, "more than 60 names"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

/* Weights per sample, relative to plain SGD's 1: what bilevel reports, times how many it reports. */
START_TEST(weights_per_sample)
{
  set("optimizer", "bilevel");
  struct ho_trainer *t = trainer();
  step(t);
  double sum = 0, n = 0, weight = ho_tally_find(&t->tally, "weight")->sum;
  for (size_t i = 0; i < t->samples; i++) {
    sum += t->weight_sum[i];
    n += t->weight_count[i];
  }
  ck_assert_double_eq(n, 21); /* 7 training mini-batches of 3 */
  ck_assert_double_eq_tol(sum, weight * 7 * 3, 1e-5);
  ho_trainer_free(t);
  set("optimizer", "sgd");
  t = trainer();
  step(t);
  for (size_t i = 0; i < t->samples; i++)
    if (fabs(t->weight_sum[i] - t->weight_count[i]) > 1e-6)
      ck_abort_msg("sample %zu: weight %g, drawn %u times", i, t->weight_sum[i], t->weight_count[i]);
  ho_trainer_free(t);
}
END_TEST

/* Margin, loss, prediction of one image, by hand from its logits. */
START_TEST(scores_by_hand)
{
  float z[10], loss, margin;
  uint32_t image = 7;
  set("optimizer", "sgd");
  struct ho_trainer *t = trainer();
  uint16_t label = t->data.test.label[7], got;
  struct ho_score_request ask = { &t->data.test, &image, &label, 1 };
  struct ho_score_result result = { .each_loss = &loss, .margin = &margin, .prediction = &got };
  ck_assert_int_eq(ho_trainer_forward(t, 0, NULL, &t->data.test, &image, 1, z, NULL, &err), 0);
  ck_assert_int_eq(ho_trainer_score(t, &ask, &result, &err), 0);
  double sum = 0, other = -INFINITY, top = -INFINITY;
  for (int k = 0; k < 10; k++) {
    sum += exp(z[k]);
    other = k != label && z[k] > other ? z[k] : other;
    top = z[k] > top ? z[k] : top;
  }
  ck_assert_double_eq_tol(loss, log(sum) - z[label], 1e-5);
  ck_assert_double_eq_tol(result.loss, loss, 1e-6);
  ck_assert_float_eq(margin, z[label] - (float)other);
  ck_assert_float_eq(z[got], (float)top);
  ck_assert_double_eq(result.accuracy, got == label);
  ho_trainer_free(t);
}
END_TEST

/* ---- equalities between optimizers ---- */

static float *after_steps(int steps, size_t *P)
{
  struct ho_trainer *t = trainer();
  for (int i = 0; i < steps; i++)
    step(t);
  *P = t->host.parameters;
  float *theta = malloc(*P * sizeof *theta);
  memcpy(theta, t->theta[0], *P * sizeof *theta);
  ho_trainer_free(t);
  return theta;
}

START_TEST(threads_do_not_matter)
{
  static const char *const chains[] = { "sgd", "bilevel" };
  size_t P, Q;
  set("optimizer", chains[_i % 2]);
  set("net", nets[_i / 2]);
  ho_parallel_setup(1);
  float *one = after_steps(6, &P);
  for (int threads = 2; threads <= 5; threads += 3) {
    ho_parallel_setup(threads);
    float *more = after_steps(6, &Q);
    ck_assert_uint_eq(P, Q);
    ck_assert_mem_eq(one, more, P * sizeof *one);
    free(more);
  }
  free(one);
}
END_TEST

START_TEST(seeds_matter)
{
  size_t P;
  set("optimizer", "bilevel");
  float *a = after_steps(2, &P), *b = after_steps(2, &P);
  ck_assert_mem_eq(a, b, P * sizeof *a);
  free(b);
  set("seed", "1");
  b = after_steps(2, &P);
  ck_assert_mem_ne(a, b, P * sizeof *a);
  free(a);
  free(b);
}
END_TEST

/* Labels and initial weights are the same for every optimizer at one seed; --noise-seed changes the labels alone. */
START_TEST(what_seeds_share)
{
  struct ho_trainer *t[3];
  set("optimizer", "sgd");
  t[0] = trainer();
  set("optimizer", "bilevel");
  t[1] = trainer();
  set("noise-seed", "5");
  t[2] = trainer();
  for (int i = 1; i < 3; i++) {
    ck_assert_mem_eq(t[0]->theta[0], t[i]->theta[0], t[0]->host.parameters * sizeof(float));
    ck_assert_mem_eq(t[0]->image, t[i]->image, t[0]->samples * sizeof *t[0]->image);
  }
  ck_assert_str_eq(t[0]->labels_sha256, t[1]->labels_sha256);
  ck_assert_str_ne(t[0]->labels_sha256, t[2]->labels_sha256);
  for (int i = 0; i < 3; i++)
    ho_trainer_free(t[i]);
}
END_TEST

/* ---- failures ---- */

static const struct {
  const char *plugin, *mode, *says;
} failures[] = {
  { "probe", "silent", "optimizer probe: its open hook failed without a word" },
  { "probe", "open-draws", "optimizer probe: draw is for direction and epoch, not for open" },
  { "probe", "late-state", "state `late' is registered outside of open" },
  { "probe", "twice", "state `seen' is registered twice" },
  { "probe", "bad-type", "state `x' has no known type: `F16'" },
  { "probe", "bad-draw", "cannot draw 0 mini-batches" },
  { "probe", "bad-id", "sample 200 was asked for: there are 200" },
  { "probe", "bad-pool", "from pool 17" },
  { "probe", "no-clean", "--clean-size" },
  { "probe", "two-sizes", "matched mini-batches of one step have 2 and 3 images" },
  { "probe", "unequal", "mini-batches of 2 and 3 images cannot share a pass" },
  { "probe", "late-mix", "cannot be mixed any more" },
  { "probe", "nan-direction", "optimizer probe: its direction at step 0 has the norm" },
  { "probe", "huge-scratch", "the memory limit is" },
  { "probe", "input-fails", "optimizer probe: its input hook failed without a word" },
  { "probe", "weigh-fails", "optimizer probe: its weigh hook failed without a word" },
  { "probe", "epoch-fails", "optimizer probe: as asked, after epoch 0" },
  { "probe", "long-log", "more than 60 names are logged" },
  { "probe", "empty-pool", "a pool needs at least one sample" },
  { "probe", "no-net", "a pass of network 1" },
  { "witness", "pass-in-loss",
    "optimizer witness: the network runs for direction and epoch, not for a hook within a pass" },
  { "witness", "draw-in-input", "optimizer witness: draw is for direction and epoch, not for input" },
  { "witness", "log-in-update", "optimizer witness: log is not for update" },
  { "witness", "update-fails", "optimizer witness: its update hook failed on fc1.bias" },
  { "witness", "nan-loss", "training has diverged" },
  { "witness", "late-pool", "optimizer witness: pools are made in open and epoch only" },
  { "witness", "same-twice", "mini-batch 0 is twice in one pass" },
  { "witness", "long-name", "is no name for a state" },
};

START_TEST(failures_name_the_plugin)
{
  char option[64];
  int failed = 0;
  snprintf(option, sizeof option, "%s.mode=%s", failures[_i].plugin, failures[_i].mode);
  set("optimizer", failures[_i].plugin);
  set("threads", "1");
  set("option", option);
  struct ho_trainer *t = ho_trainer_new(&s, &path, &err);
  if (!t)
    failed = 1;
  else if (ho_trainer_epoch(t, 0, &err) || ho_trainer_step(t, &err) || ho_trainer_epoch(t, 1, &err))
    failed = 1;
  ck_assert_msg(failed, "mode %s went through", failures[_i].mode);
  ck_assert_msg(strstr(err.text, failures[_i].says) && strstr(err.text, "optimizer "), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

START_TEST(divergence_is_told)
{
  int failed = 0;
  set("optimizer", "sgd");
  set("lr", "1e6");
  struct ho_trainer *t = trainer();
  for (int i = 0; i < 50 && !failed; i++)
    failed = ho_trainer_step(t, &err) != 0;
  ck_assert(failed);
  ck_assert_msg(strstr(err.text, "diverged") && strstr(err.text, "--lr"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

START_TEST(memory_limit_is_kept)
{
  set("memory-limit", "100000");
  ck_assert_ptr_null(ho_trainer_new(&s, &path, &err));
  ck_assert_msg(strstr(err.text, "memory limit is 100000") && strstr(err.text, "bytes"), "%s", err.text);
  set("memory-limit", "4M");
  set("net", "mlp:hidden=256"); /* fits, but eight rows of gradients do not */
  set("optimizer", "bilevel");
  struct ho_trainer *t = trainer();
  ck_assert_int_eq(ho_trainer_step(t, &err), -1);
  ck_assert_msg(strstr(err.text, "--memory-limit"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

/* Activations and the gradient matrix count together, at the first step: with one byte less than a step took, it is
 * refused before it computes. */
START_TEST(memory_limit_counts_all_of_a_step)
{
  char limit[32];
  set("net", "preact-resnet18:width=2");
  set("optimizer", "bilevel");
  struct ho_trainer *t = trainer();
  step(t);
  size_t needed = t->fixed_bytes + t->step_bytes;
  ho_trainer_free(t);
  for (int less = 0; less < 2; less++) {
    snprintf(limit, sizeof limit, "%zu", needed - (size_t)less);
    set("memory-limit", limit);
    t = trainer();
    ck_assert_int_eq(ho_trainer_step(t, &err), less ? -1 : 0);
    ck_assert_msg(!less || strstr(err.text, "--memory-limit"), "%s", err.text);
    ho_trainer_free(t);
  }
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("host");
  TCase *c = tcase_create("host");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, services_keep_their_word, 0, 3);
  tcase_add_test(c, own_parameters_move);
  tcase_add_test(c, running_averages_move_once);
  tcase_add_test(c, dropout_masks);
  tcase_add_test(c, hooks_are_called_as_promised);
  tcase_add_test(c, skipped_steps_change_nothing);
  tcase_add_test(c, predict_is_asked);
  tcase_add_test(c, weights_per_sample);
  tcase_add_test(c, scores_by_hand);
  tcase_add_loop_test(c, threads_do_not_matter, 0, 6);
  tcase_add_test(c, seeds_matter);
  tcase_add_test(c, what_seeds_share);
  tcase_add_loop_test(c, failures_name_the_plugin, 0, sizeof failures / sizeof *failures);
  tcase_add_test(c, divergence_is_told);
  tcase_add_test(c, memory_limit_is_kept);
  tcase_add_test(c, memory_limit_counts_all_of_a_step);
  suite_add_tcase(suite, c);
  return suite;
}
