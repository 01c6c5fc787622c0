/* SPDX-License-Identifier: MIT
 * trainer_rig.h - a small training on synthetic data with 200 images, its settings changed by set() before trainer().
 *
 * Plugins are found in plugins/ and tests/plugins. */
#ifndef HO_TRAINER_RIG_H
#define HO_TRAINER_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/host.h"
#include "train/outputs.h"
#include "train/trainer.h"
#include "unit.h"

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;

static inline void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

/* Look for plugins in `folder' of the build folder, too. */
static inline void rig_plugins(const char *folder)
{
  const char *build = getenv("HO_BUILDDIR");
  char full[4096];
  const char *folders[] = { full };
  snprintf(full, sizeof full, "%s/%s", build ? build : ".", folder);
  ho_plugin_path_free(&path);
  ck_assert_msg(!ho_plugin_path_make(&path, folders, 1, &err), "%s", err.text);
}

static inline void rig_setup(void)
{
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  rig_plugins("tests/plugins");
  set("dataset", "synthetic");
  set("train-size", "200");
  set("net", "mlp:hidden=16");
  set("noise", "symmetric:0.3");
  set("batch-size", "20");
  set("lr", "0.1");
  set("sched", "const");
}

/* The probe of tests/plugins, which calls every service. */
static inline void rig_setup_probe(void)
{
  rig_setup();
  set("augment", "crop-flip");
  set("batch-size", "24");
  set("optimizer", "probe");
  set("lr", "0.05");
}

__attribute__((unused)) static const char *const rig_nets[] = { "mlp:hidden=16", "mlp:hidden=16,dropout=0.3",
                                                                "preact-resnet18:width=2,dropout=0.2" };

static inline void rig_teardown(void)
{
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

static inline struct ho_trainer *trainer(void)
{
  struct ho_trainer *t = ho_trainer_new(&s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  return t;
}

static inline void step(struct ho_trainer *t)
{
  ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
}

/* Makes it look as if a hook of link `current' had just begun, so that services can be called. */
static inline const struct ho_host *hook(struct ho_trainer *t, enum ho_phase phase, int current)
{
  ho_call_begin(&t->caller, &err);
  ho_step_begin(t);
  t->caller.phase = phase;
  t->caller.current = current;
  return &t->host;
}

static inline void works(int status)
{
  ck_assert_msg(status == 0, "%s", err.text);
}

/* The last message says this, and names the plugin. */
static inline void assert_told(const char *says)
{
  ck_assert_msg(strstr(err.text, says) && strstr(err.text, "optimizer "), "`%s' does not say `%s'", err.text, says);
}

#endif
