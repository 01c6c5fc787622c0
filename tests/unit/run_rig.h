/* SPDX-License-Identifier: MIT
 * run_rig.h - short runs in a folder of their own: settings, training with a stop at a step, comparison by bytes. */
#ifndef HO_RUN_RIG_H
#define HO_RUN_RIG_H

#include "base/file.h"
#include "scratch.h"
#include "run/run.h"
#include "unit.h"

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;

static inline void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static inline void setup(void)
{
  const char *build = getenv("HO_BUILDDIR");
  char plugins[4096];
  const char *folders[] = { plugins };
  scratch_make();
  snprintf(plugins, sizeof plugins, "%s/tests/plugins", build ? build : ".");
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, folders, 1, &err), "%s", err.text);
  set("dataset", "synthetic");
  set("train-size", "64");
  set("validation-size", "10");
  set("test-size", "20");
  set("net", "preact-resnet18:width=1,dropout=0.2");
  set("noise", "symmetric:0.3");
  set("augment", "crop-flip");
  set("batch-size", "16"); /* 4 steps an epoch */
  set("epochs", "3");
  set("lr", "0.02");
  set("sched", "const");
}

static inline void teardown(void)
{
  char command[600];
  snprintf(command, sizeof command, "rm -rf '%s'", scratch); /* with the runs in it */
  ck_assert_int_eq(system(command), 0);
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

/* ---- running, with a stop at a step ---- */

static volatile sig_atomic_t stop;

static inline void stop_at(void *arg, const struct ho_run *run)
{
  if (run->trainer->host.step == *(uint64_t *)arg)
    stop = 1;
}

static inline enum ho_run_end train(uint64_t step)
{
  struct ho_run_watch watch = { .arg = &step, .step = stop_at };
  stop = 0;
  enum ho_run_end end = ho_run_train(&s, &path, NULL, &watch, &stop, &err);
  ck_assert_msg(end != HO_RUN_FAILED, "%s", err.text);
  return end;
}

static inline void fresh(const char *name)
{
  free(s.resume);
  s.resume = NULL;
  set("run-dir", scratch_path(name));
}

static inline void same_file(const char *a, const char *b, const char *name)
{
  unsigned char *x, *y;
  size_t n, m;
  char one[1200], other[1200];
  snprintf(one, sizeof one, "%s/%s", scratch_path(a), name);
  snprintf(other, sizeof other, "%s/%s", scratch_path(b), name);
  ck_assert_msg(!ho_file_read(one, 1 << 26, &x, &n, &err), "%s", err.text);
  ck_assert_msg(!ho_file_read(other, 1 << 26, &y, &m, &err), "%s", err.text);
  ck_assert_msg(n == m && n > 0 && !memcmp(x, y, n), "%s: %zu and %zu bytes differ", name, n, m);
  ho_free(x);
  ho_free(y);
}

static inline void same_run(const char *a, const char *b)
{
  same_file(a, b, "checkpoint.safetensors");
  same_file(a, b, "log.jsonl");
  same_file(a, b, "summary.json");
  same_file(a, b, "samples.safetensors");
  same_file(a, b, "labels.tsv");
  same_file(a, b, "config.yaml");
}

/* The run that the settings ask for is refused, with a message that has this text. */
static inline void refused(const char *says)
{
  struct ho_run_watch watch = { .arg = NULL };
  stop = 0;
  ck_assert_int_eq(ho_run_train(&s, &path, NULL, &watch, &stop, &err), HO_RUN_FAILED);
  ck_assert_msg(strstr(err.text, says), "`%s' lacks `%s'", err.text, says);
}

#endif
