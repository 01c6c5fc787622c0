/* SPDX-License-Identifier: MIT
 * test_base_parallel.c - every task runs once, on a worker with a number in range. */
#include "base/parallel.h"

#include <cblas.h>
#include <string.h>

#include "unit.h"

enum { TASKS = 1000 };

struct seen {
  int runs[TASKS], worker[TASKS];
};

static void note(int i, int worker, void *arg)
{
  struct seen *seen = arg;
  seen->runs[i]++;
  seen->worker[i] = worker;
}

START_TEST(each_task_runs_once)
{
  static struct seen seen;
  static const int tasks[] = { 0, 1, 2, 3, TASKS };
  ho_parallel_setup(_i);
  ck_assert_int_eq(ho_parallel_workers(), _i);
  for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++) {
    memset(&seen, 0, sizeof seen);
    ho_parallel(tasks[t], note, &seen);
    for (int i = 0; i < TASKS; i++) {
      ck_assert_int_eq(seen.runs[i], i < tasks[t]);
      ck_assert_int_ge(seen.worker[i], 0);
      ck_assert_int_lt(seen.worker[i], _i);
    }
  }
}
END_TEST

START_TEST(zero_threads_means_the_machine)
{
  ho_parallel_setup(0);
  ck_assert_int_ge(ho_parallel_workers(), 1);
}
END_TEST

START_TEST(openblas_keeps_to_one_thread)
{
  ck_assert_int_eq(openblas_get_num_threads(), 1);
  ck_assert_int_eq(openblas_get_parallel(), OPENBLAS_THREAD);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/parallel");
  TCase *tests = tcase_create("parallel");
  tcase_add_loop_test(tests, each_task_runs_once, 1, 5);
  tcase_add_test(tests, zero_threads_means_the_machine);
  tcase_add_test(tests, openblas_keeps_to_one_thread);
  suite_add_tcase(suite, tests);
  return suite;
}
