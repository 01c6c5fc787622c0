/* SPDX-License-Identifier: MIT
 * test_far_files.c - runs and traces with a device that has a memory of its own (nn/far.h) write the bytes that they write
 * with the CPU: checkpoints, logs, resumed runs, traces that go on from traces. */
#include <math.h>

#include "../run_rig.h"
#include "nn/far.h"
#include "report/trace.h"

static const char *const chains[] = { "sgd", "bilevel", "noise-layer+adam", "co-teaching", "looking" };

/* Until `step' is done, or to the end. */
static enum ho_run_end train_on(struct ho_device *device, uint64_t step)
{
  struct ho_run_watch watch = { .arg = &step, .step = stop_at };
  stop = 0;
  return ho_run_train(&s, &path, device, &watch, &stop, &err);
}

static void works(int status)
{
  ck_assert_msg(status == 0, "%s", err.text);
}

static struct ho_device *opened(void)
{
  struct ho_device *device = ho_far_open(&err);
  ck_assert_ptr_nonnull(device);
  return device;
}

static void closed(struct ho_device *device)
{
  ck_assert_int_eq(ho_far_arrays(device), 0);
  ho_device_close(device);
}

START_TEST(runs_and_resumes)
{
  static const uint64_t steps[] = { 1, 3, 4, 6 };
  struct ho_device *device = opened();
  set("optimizer", chains[_i]);
  fresh("cpu");
  ck_assert_int_eq(train_on(NULL, 0), HO_RUN_DONE);
  fresh("far");
  ck_assert_msg(train_on(device, 0) == HO_RUN_DONE, "%s", err.text);
  same_run("cpu", "far");
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    char name[32];
    snprintf(name, sizeof name, "stop%zu", k);
    fresh(name);
    ck_assert_int_eq(train_on(device, steps[k]), HO_RUN_STOPPED);
    set("resume", scratch_path(name));
    ck_assert_msg(train_on(device, 0) == HO_RUN_DONE, "%s", err.text);
    same_run("cpu", name);
  }
  closed(device);
}
END_TEST

/* A step, and one that goes on from what it wrote. */
START_TEST(traces)
{
  static const char *const names[] = { "cpu", "far" };
  struct ho_device *devices[] = { NULL, opened() };
  set("optimizer", chains[_i]);
  for (int far = 0; far < 2; far++) {
    char first[600], second[600];
    snprintf(first, sizeof first, "%s", scratch_path(far ? "far-1" : "cpu-1"));
    snprintf(second, sizeof second, "%s", scratch_path(far ? "far-2" : "cpu-2"));
    struct ho_trace begin = { .out = first }, more = { .out = second, .weights = first };
    ck_assert_msg(!ho_trace_write(&begin, &s, &path, devices[far], &err), "%s: %s", names[far], err.text);
    ck_assert_msg(!ho_trace_write(&more, &s, &path, devices[far], &err), "%s: %s", names[far], err.text);
  }
  for (int k = 1; k <= 2; k++) {
    unsigned char *x, *y;
    size_t n, m;
    char cpu[600], far[600];
    snprintf(cpu, sizeof cpu, "%s/cpu-%d", scratch, k);
    snprintf(far, sizeof far, "%s/far-%d", scratch, k);
    ck_assert_msg(!ho_file_read(cpu, 1 << 26, &x, &n, &err), "%s", err.text);
    ck_assert_msg(!ho_file_read(far, 1 << 26, &y, &m, &err), "%s", err.text);
    ck_assert_msg(n == m && !memcmp(x, y, n), "traces %d differ", k);
    ho_free(x);
    ho_free(y);
  }
  closed(devices[1]);
}
END_TEST

static int weigh_too_much(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss,
                          float *w)
{
  (void)self, (void)h, (void)loss;
  for (int i = 0; i < mb->size; i++)
    w[i] = 3e38f;
  return 0;
}

/* Before the last step of the second epoch, the one whose direction then overflows; or after it. */
static void spoil(void *arg, const struct ho_run *run)
{
  struct ho_trainer *t = run->trainer;
  int parameters = *(int *)arg;
  if (!parameters && t->host.step == 7)
    t->chain.link[0].plugin->hooks.weigh = weigh_too_much;
  if (parameters && t->host.step == 8) {
    works(ho_residence_pull(t->network.residence, t->network.theta[0], t->host.parameters, &err));
    t->network.theta[0][0] = INFINITY;
    works(ho_network_changed(&t->network, &err));
  }
}

/* The same words, and no checkpoint of what is not finite, although the device finds out after the host has gone on. */
START_TEST(divergence)
{
  struct ho_run_watch watch = { .arg = &_i, .step = spoil };
  char words[2][sizeof err.text];
  struct ho_device *device = opened();
  set("optimizer", "sgd");
  set("eval-every", "3");
  for (int far = 0; far < 2; far++) {
    fresh("run");
    set("overwrite", "true");
    stop = 0;
    ck_assert_int_eq(ho_run_train(&s, &path, far ? device : NULL, &watch, &stop, &err), HO_RUN_FAILED);
    snprintf(words[far], sizeof words[far], "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "run is of step 4"));
  }
  ck_assert_str_eq(words[0], words[1]);
  ck_assert_msg(
      strstr(words[0], _i ? "parameters are not finite after step 8" : "its direction at step 7 has the norm"), "%s",
      words[0]);
  closed(device);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("far-files");
  TCase *c = tcase_create("far-files");
  tcase_set_timeout(c, 60);
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_add_loop_test(c, runs_and_resumes, 0, sizeof chains / sizeof *chains);
  tcase_add_loop_test(c, traces, 0, sizeof chains / sizeof *chains);
  tcase_add_loop_test(c, divergence, 0, 2);
  suite_add_tcase(suite, c);
  return suite;
}
