/* SPDX-License-Identifier: MIT
 * test_memory_limit.c - the memory limit counts all that a training takes. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../trainer_rig.h"

START_TEST(memory_limit_is_kept)
{
  set("memory-limit", "100000");
  ck_assert_ptr_null(ho_trainer_new(&s, &path, NULL, &err));
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
  t->budget.limit = SIZE_MAX;
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
  size_t needed = t->budget.fixed + t->budget.step;
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
  Suite *suite = suite_create("memory_limit");
  TCase *c = tcase_create("memory_limit");
  tcase_add_checked_fixture(c, rig_setup_probe, rig_teardown);
  tcase_add_test(c, memory_limit_is_kept);
  tcase_add_test(c, memory_that_no_machine_has);
  tcase_add_test(c, memory_limit_counts_all_of_a_step);
  suite_add_tcase(suite, c);
  return suite;
}
