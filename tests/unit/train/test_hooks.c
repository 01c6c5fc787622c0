/* SPDX-License-Identifier: MIT
 * test_hooks.c - which hooks are called, when, and with what effect, counted by plugins (tests/plugins/probe.c, witness.c). */
#include <string.h>

#include "../trainer_rig.h"

START_TEST(services_keep_their_word)
{
  set("net", rig_nets[_i]);
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
  size_t own = t->network.net->parameters;
  ck_assert_uint_eq(t->host.parameters, own + 3);
  ck_assert_double_eq(t->network.tensor[t->network.tensors - 1].decay, 2 * 5e-4);
  step(t);
  ck_assert_float_eq_tol(t->network.theta[0][own], -0.05f * 0.5f * t->network.dir[0][own], 1e-7);
  ck_assert_float_ne(t->network.theta[0][own], 0);
  ho_trainer_free(t);
}
END_TEST

/* Two networks: hooks counted by the plugin itself; see tests/plugins/witness.c. */
START_TEST(hooks_are_called_as_promised)
{
  set("optimizer", "witness");
  struct ho_trainer *t = trainer();
  ck_assert_mem_ne(t->network.theta[0], t->network.theta[1], 64);
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
  memcpy(before, t->network.theta[0], sizeof before);
  ck_assert_msg(!ho_trainer_epoch(t, 0, &err), "%s", err.text);
  step(t);
  ck_assert_mem_eq(before, t->network.theta[0], sizeof before);
  ck_assert_uint_eq(t->host.step, 1);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("hooks");
  TCase *c = tcase_create("hooks");
  tcase_add_checked_fixture(c, rig_setup_probe, rig_teardown);
  tcase_set_timeout(c, 60);
  tcase_add_loop_test(c, services_keep_their_word, 0, 3);
  tcase_add_test(c, own_parameters_move);
  tcase_add_test(c, hooks_are_called_as_promised);
  tcase_add_test(c, skipped_steps_change_nothing);
  suite_add_tcase(suite, c);
  return suite;
}
