/* SPDX-License-Identifier: MIT
 * test_failures.c - hooks and services that fail: the message names the plugin. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../trainer_rig.h"

static const struct {
  const char *plugin, *mode, *says;
} failures[] = {
  { "probe", "silent", "optimizer probe: its open hook failed without a message" },
  { "probe", "open-draws", "optimizer probe: draw can be called only in direction and epoch, not in open" },
  { "probe", "late-state", "state `late' is registered outside open" },
  { "probe", "twice", "state `seen' is registered twice" },
  { "probe", "bad-type", "state `x' has no known type: `F16'" },
  { "probe", "bad-draw", "cannot draw 0 mini-batches" },
  { "probe", "bad-id", "sample 200 was requested: there are only 200 samples" },
  { "probe", "bad-pool", "from pool 17" },
  { "probe", "no-clean", "--clean-size" },
  { "probe", "two-sizes", "matched mini-batches of one step have 2 and 3 images" },
  { "probe", "unequal", "mini-batches of 2 and 3 images cannot share a pass" },
  { "probe", "late-mix", "cannot be mixed after it has passed" },
  { "probe", "nan-direction", "optimizer probe: its direction at step 0 has the norm" },
  { "probe", "huge-scratch", "the memory limit is" },
  { "probe", "input-fails", "optimizer probe: its input hook failed without a message" },
  { "probe", "weigh-fails", "optimizer probe: its weigh hook failed without a message" },
  { "probe", "epoch-fails", "optimizer probe: as asked, after epoch 0" },
  { "probe", "long-log", "more than 60 names are logged" },
  { "probe", "empty-pool", "a pool needs at least one sample" },
  { "probe", "no-net", "a pass of network 1" },
  { "probe", "silent-epoch", "optimizer probe: its epoch hook failed without a message" },
  { "witness", "pass-in-loss",
    "optimizer witness: a network can be run only in direction and epoch, not in a hook within a pass" },
  { "witness", "draw-in-input", "optimizer witness: draw can be called only in direction and epoch, not in input" },
  { "witness", "log-in-update", "optimizer witness: log must not be called in update" },
  { "witness", "update-fails", "optimizer witness: its update hook failed on fc1.bias" },
  { "witness", "nan-loss", "training has diverged" },
  { "witness", "late-pool", "optimizer witness: pools can be made only in open and epoch" },
  { "witness", "same-twice", "mini-batch 0 appears twice in one pass" },
  { "witness", "long-name", "is not a name for a state" },
};

START_TEST(failures_name_the_plugin)
{
  char option[64];
  int failed = 0;
  snprintf(option, sizeof option, "%s.mode=%s", failures[_i].plugin, failures[_i].mode);
  set("optimizer", failures[_i].plugin);
  set("threads", "1");
  set("option", option);
  struct ho_trainer *t = ho_trainer_new(&s, &path, NULL, &err);
  if (!t)
    failed = 1;
  else if (ho_trainer_epoch(t, 0, &err) || ho_trainer_step(t, &err) || ho_trainer_epoch(t, 1, &err))
    failed = 1;
  ck_assert_msg(failed, "mode %s went through", failures[_i].mode);
  ck_assert_msg(strstr(err.text, failures[_i].says) && strstr(err.text, "optimizer "), "%s", err.text);
  ck_assert_int_eq(err.code == HO_ERROR_MEMORY, strstr(err.text, "memory limit") != NULL);
  ho_trainer_free(t);
}
END_TEST

START_TEST(registering_is_refused)
{
  struct ho_trainer *t = trainer();
  size_t at;
  ck_assert_ptr_null(hook(t, HO_OPEN, 0)->state(&t->host, "huge", "F32", SIZE_MAX / 64));
  ck_assert_int_eq(t->caller.err->code, HO_ERROR_MEMORY);
  assert_told("optimizer probe: probe/huge needs");
  ck_assert_int_eq(hook(t, HO_OPEN, 0)->parameter(&t->host, "own", 1, 1, 0, &at), -1);
  assert_told("parameter `own' is registered twice");
  ck_assert_int_eq(hook(t, HO_OPEN, 1)->parameter(&t->host, "x", 1, 1, 0, &at), -1);
  assert_told("optimizer sgd: parameter `x' needs a hook `own' that computes its gradient");
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
  assert_told("`nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...' is too long for the purpose of a stream");
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

START_TEST(more_networks_than_there_is_room)
{
  rig_plugins("tests/plugins/good");
  set("optimizer", "epsilon");
  ck_assert_ptr_null(ho_trainer_new(&s, &path, NULL, &err));
  ck_assert_str_eq(err.text, "epsilon asks for 5 networks and 1 slots; at most 4 and 4 are possible");
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

Suite *ho_suite(void)
{
  Suite *suite = suite_create("failures");
  TCase *c = tcase_create("failures");
  tcase_add_checked_fixture(c, rig_setup_probe, rig_teardown);
  tcase_add_loop_test(c, failures_name_the_plugin, 0, sizeof failures / sizeof *failures);
  tcase_add_test(c, registering_is_refused);
  tcase_add_test(c, names_that_are_too_long);
  tcase_add_test(c, names_that_are_too_many);
  tcase_add_test(c, more_networks_than_there_is_room);
  tcase_add_test(c, divergence_is_told);
  suite_add_tcase(suite, c);
  return suite;
}
