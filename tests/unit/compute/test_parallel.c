/* SPDX-License-Identifier: MIT
 * test_base_parallel.c - every task runs once, on a worker with a number in range. */
#include "compute/parallel.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"

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

struct table {
  int cell[8][50], worker[8];
};

static void fill_cell(int i, int worker, void *arg)
{
  int *row = arg;
  row[i] += worker + 1;
}

static void fill_row(int i, int worker, void *arg)
{
  struct table *t = arg;
  t->worker[i] = worker;
  ho_parallel(50, fill_cell, t->cell[i]);
}

START_TEST(tasks_within_tasks_stay_with_their_worker)
{
  struct table t = { 0 };
  ho_parallel_setup(3);
  ho_parallel(8, fill_row, &t);
  for (int i = 0; i < 8; i++)
    for (int k = 0; k < 50; k++)
      ck_assert_int_eq(t.cell[i][k], t.worker[i] + 1);
}
END_TEST

static void add(int i, int worker, void *arg)
{
  long *sum = arg; /* of each worker, a cache line apart */
  sum[8 * worker] += i;
}

static long add_up(int jobs)
{
  long sum[8 * 4] = { 0 };
  for (int job = 0; job < jobs; job++)
    ho_parallel(10, add, sum);
  return sum[0] + sum[8] + sum[16] + sum[24];
}

START_TEST(many_short_jobs_in_a_row)
{
  ho_parallel_setup(4);
  ck_assert_int_eq(add_up(20000), 45 * 20000);
}
END_TEST

START_TEST(a_forked_child_works_too)
{
  ho_parallel_setup(3);
  ck_assert_int_eq(add_up(100), 4500);
  for (int round = 0; round < 20; round++) {
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
      _exit(add_up(100) == 4500 ? 17 : 1);
    ck_assert_int_eq(add_up(100), 4500);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 17);
  }
}
END_TEST

START_TEST(zero_threads_means_the_machine)
{
  ho_parallel_setup(0);
  ck_assert_int_ge(ho_parallel_workers(), 1);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("base/parallel");
  TCase *tests = tcase_create("parallel");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, each_task_runs_once, 1, 5);
  tcase_add_test(tests, tasks_within_tasks_stay_with_their_worker);
  tcase_add_test(tests, many_short_jobs_in_a_row);
  tcase_add_test(tests, a_forked_child_works_too);
  tcase_add_test(tests, zero_threads_means_the_machine);
  suite_add_tcase(suite, tests);
  return suite;
}
