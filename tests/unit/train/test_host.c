/* SPDX-License-Identifier: MIT
 * test_host.c - the services of the host, seen from a plugin (tests/plugins/probe.c), and its failures, each told with
 * the plugin's name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/parallel.h"
#include "train/trainer.h"
#include "../unit.h"

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
    ho_trainer_forward(t, k, NULL, &t->data.test, &image, 1, one[k], NULL);
  ck_assert_msg(!ho_trainer_score(t, &ask, &result, &err), "%s", err.text);
  size_t top = 0;
  for (size_t k = 0; k < 10; k++) {
    mean[k] = (one[0][k] + one[1][k]) / 2;
    if (mean[k] > mean[top])
      top = k;
  }
  ck_assert_uint_eq(got, top);
  ho_trainer_free(t);
}
END_TEST

START_TEST(predictions_that_fail)
{
  static const char *const fails[][2] = {
    { "predict-logs", "optimizer witness: more than 60 names" },
    { "predict-fails", "optimizer witness: its predict hook failed without a word" },
    { "predict-nan", "optimizer witness: what it predicts is not finite at step 0, and the networks' outputs are" },
  };
  char option[64];
  uint32_t image = 3;
  uint16_t label = 0;
  set("optimizer", "witness");
  for (size_t i = 0; i < sizeof fails / sizeof *fails; i++) {
    snprintf(option, sizeof option, "witness.mode=%s", fails[i][0]);
    set("option", option);
    struct ho_trainer *t = trainer();
    struct ho_score_request ask = { &t->data.test, &image, &label, 1 };
    struct ho_score_result result = { .loss = 0 };
    ck_assert_int_eq(ho_trainer_score(t, &ask, &result, &err), -1);
    ck_assert_msg(strstr(err.text, fails[i][1]), "%s", err.text);
    ho_trainer_free(t);
  }
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
  ho_trainer_forward(t, 0, NULL, &t->data.test, &image, 1, z, NULL);
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
  { "probe", "silent-epoch", "optimizer probe: its epoch hook failed without a word" },
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

/* The hook of link `current' runs, and has said nothing yet. */
static const struct ho_host *hook(struct ho_trainer *t, enum ho_phase phase, int current)
{
  t->err = &err;
  err.text[0] = 0;
  ho_trainer_begin(t);
  t->phase = phase;
  t->current = current;
  return &t->host;
}

static void assert_told(const char *says)
{
  ck_assert_msg(strstr(err.text, says) && strstr(err.text, "optimizer "), "`%s' does not say `%s'", err.text, says);
}

START_TEST(registering_is_refused)
{
  struct ho_trainer *t = trainer();
  size_t at;
  ck_assert_ptr_null(hook(t, HO_OPEN, 0)->state(&t->host, "huge", "F32", SIZE_MAX / 64));
  assert_told("optimizer probe: probe/huge needs");
  ck_assert_int_eq(hook(t, HO_OPEN, 0)->parameter(&t->host, "own", 1, 1, 0, &at), -1);
  assert_told("parameter `own' is registered twice");
  ck_assert_int_eq(hook(t, HO_OPEN, 1)->parameter(&t->host, "x", 1, 1, 0, &at), -1);
  assert_told("optimizer sgd: parameter `x' has no hook `own' that gives its gradient");
  const struct {
    size_t n;
    double rate, decay;
    const char *says;
  } bad[] = { { 0, 1, 0, "parameter `x': size 0, rate 1 or decay 0 is out of range" },
              { SIZE_MAX / 16, 1, 0, "rate 1 or decay 0 is out of range" },
              { 2, -1, 0, "size 2, rate -1 or decay 0 is out of range" },
              { 2, NAN, 0, "or decay 0 is out of range" },
              { 2, 1, -0.5, "size 2, rate 1 or decay -0.5 is out of range" } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_eq(hook(t, HO_OPEN, 0)->parameter(&t->host, "x", bad[i].n, bad[i].rate, bad[i].decay, &at), -1);
    assert_told(bad[i].says);
  }
  ho_trainer_free(t);
}
END_TEST

START_TEST(names_that_are_too_long)
{
  char name[256];
  struct ho_trainer *t = trainer();
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  hook(t, HO_STEP, 0)->stream(&t->host, name, 0, 0);
  assert_told("`nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...' is too long for a stream's purpose");
  for (int length = 255; length >= 90; length -= 165) { /* longer than any buffer; one too many behind `probe.' */
    name[length] = 0;
    hook(t, HO_STEP, 0)->log(&t->host, name, 1);
    assert_told("the logged name `probe.nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...' is longer than 95 characters");
  }
  name[89] = 0;
  hook(t, HO_STEP, 0)->log(&t->host, name, 1);
  ck_assert_str_eq(err.text, "");
  ck_assert_int_eq(t->tally.n, 1);
  ho_trainer_free(t);
}
END_TEST

START_TEST(names_that_are_too_many)
{
  static struct ho_tally tally;
  char name[8];
  for (int i = 0; i <= HO_TALLY_MAX; i++) {
    snprintf(name, sizeof name, "n%d", i);
    ck_assert_int_eq(ho_tally_add(&tally, name, 1, &err), i < HO_TALLY_MAX ? 0 : -1);
  }
  ck_assert_str_eq(err.text, "more than 64 names are logged; the last was `n64'");
  ck_assert_int_eq(ho_tally_add(&tally, "n63", 1, &err), 0);
}
END_TEST

START_TEST(mini_batches_that_cannot_be)
{
  const uint32_t beyond[] = { 0, 200 };
  const struct {
    int partner[2];
    float lambda[2];
    const char *says;
  } mix[] = { { { 1, 2 }, { 0.5f, 0.5f }, "mix: partner 2 and share 0.5 of image 1 are out of range" },
              { { -1, 0 }, { 0.5f, 0.5f }, "mix: partner -1 and share 0.5 of image 0 are out of range" },
              { { 1, 0 }, { 0, 1.5f }, "mix: partner 0 and share 1.5 of image 1 are out of range" },
              { { 1, 0 }, { -0.5f, 1 }, "mix: partner 1 and share -0.5 of image 0 are out of range" },
              { { 1, 0 }, { 0, NAN }, "of image 1 are out of range" } };
  struct ho_draw two = { .count = 1, .size = 2 }, all = { .count = 1, .size = 201, .matched = 1 };
  struct ho_minibatch *mb;
  struct ho_trainer *t = trainer();
  ck_assert_int_eq(hook(t, HO_EPOCH, 0)->pool(&t->host, -1, beyond, 2), -1);
  assert_told("a pool cannot have sample 200: there are 200");
  ck_assert_int_eq(hook(t, HO_STEP, 0)->draw(&t->host, &all, &mb), -1);
  assert_told("a mini-batch of 201 images is larger than the training set of 200");
  for (size_t i = 0; i < sizeof mix / sizeof *mix; i++) {
    ck_assert_int_eq(hook(t, HO_STEP, 0)->draw(&t->host, &two, &mb), 0);
    ck_assert_int_eq(t->host.mix(&t->host, mb, mix[i].partner, mix[i].lambda), -1);
    assert_told(mix[i].says);
  }
  ho_trainer_free(t);
}
END_TEST

START_TEST(evaluations_that_cannot_be)
{
  const struct {
    enum ho_phase phase;
    int net, pool;
    const char *says;
  } bad[] = { { HO_OPEN, 0, HO_TRAIN, "cannot evaluate network 0 on pool 0 here" },
              { HO_STEP, 1, HO_TRAIN, "cannot evaluate network 1 on pool 0 here" },
              { HO_STEP, -1, HO_TRAIN, "cannot evaluate network -1 on pool 0 here" },
              { HO_EPOCH, 0, 17, "cannot evaluate network 0 on pool 17 here" },
              { HO_EPOCH, 0, -1, "cannot evaluate network 0 on pool -1 here" } };
  struct ho_trainer *t = trainer();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct ho_pass pass = { .net = bad[i].net };
    ck_assert_int_eq(hook(t, bad[i].phase, 0)->evaluate(&t->host, &pass, bad[i].pool, NULL, NULL), -1);
    assert_told(bad[i].says);
  }
  ho_trainer_free(t);
}
END_TEST

START_TEST(more_networks_than_there_is_room)
{
  char folder[4096];
  const char *build = getenv("HO_BUILDDIR"), *folders[] = { folder };
  snprintf(folder, sizeof folder, "%s/tests/plugins/good", build ? build : ".");
  ho_plugin_path_free(&path);
  ck_assert_msg(!ho_plugin_path_make(&path, folders, 1, &err), "%s", err.text);
  set("optimizer", "epsilon");
  ck_assert_ptr_null(ho_trainer_new(&s, &path, &err));
  ck_assert_str_eq(err.text, "epsilon wants 5 networks and 1 slots; the host has room for 4 and 4");
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
  set("memory-limit", "7M");
  set("net", "mlp:hidden=256"); /* fits, with the data, but eight rows of gradients do not */
  set("optimizer", "bilevel");
  struct ho_trainer *t = trainer();
  ck_assert_int_eq(ho_trainer_step(t, &err), -1);
  ck_assert_msg(strstr(err.text, "--memory-limit"), "%s", err.text);
  ho_trainer_free(t);
}
END_TEST

/* Without a limit it is the machine that refuses. */
START_TEST(memory_that_no_machine_has)
{
  struct ho_trainer *t = trainer();
  t->limit = SIZE_MAX;
  ck_assert_ptr_null(hook(t, HO_STEP, 0)->scratch(&t->host, SIZE_MAX / 2 + 1));
  assert_told("optimizer probe: out of memory: a step needs");
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
  tcase_add_test(c, predictions_that_fail);
  tcase_add_test(c, weights_per_sample);
  tcase_add_test(c, scores_by_hand);
  tcase_add_loop_test(c, threads_do_not_matter, 0, 6);
  tcase_add_test(c, seeds_matter);
  tcase_add_test(c, what_seeds_share);
  tcase_add_loop_test(c, failures_name_the_plugin, 0, sizeof failures / sizeof *failures);
  tcase_add_test(c, registering_is_refused);
  tcase_add_test(c, names_that_are_too_long);
  tcase_add_test(c, names_that_are_too_many);
  tcase_add_test(c, mini_batches_that_cannot_be);
  tcase_add_test(c, evaluations_that_cannot_be);
  tcase_add_test(c, more_networks_than_there_is_room);
  tcase_add_test(c, divergence_is_told);
  tcase_add_test(c, memory_limit_is_kept);
  tcase_add_test(c, memory_that_no_machine_has);
  tcase_add_test(c, memory_limit_counts_all_of_a_step);
  suite_add_tcase(suite, c);
  return suite;
}
