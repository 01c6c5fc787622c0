/* SPDX-License-Identifier: MIT
 * check.c - holdout optimizers --check: the checks of train/conform.h on one plugin, a line each. */
#include "cli/print/check.h"

#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "conform/conform.h"

enum { COLUMN = 12 };

struct told {
  char failed[256]; /* names, with commas */
};

/* The name is out before the check runs: should the plugin end the program, it shows where. */
static void begin(void *arg, const char *check)
{
  (void)arg;
  printf("%-*s", COLUMN, check);
  fflush(stdout);
}

static void end(void *arg, const char *check, enum ho_verdict verdict, const char *why)
{
  static const char *const words[] = { "ok", "FAILED: ", "skipped: " };
  struct told *told = arg;
  size_t used = strlen(told->failed);
  printf("%s", words[verdict]);
  ho_help_wrapped(why, COLUMN + (int)strlen(words[verdict]), COLUMN + 2);
  if (verdict == HO_VERDICT_FAILED)
    snprintf(told->failed + used, sizeof told->failed - used, "%s%s", used ? ", " : "", check);
}

int ho_check_plugin(const char *file, const struct ho_settings *s, struct ho_error *err)
{
  struct told told = { "" };
  int count[HO_VERDICTS];
  struct ho_device *device = ho_device_open(s->engine, s->precision, err);
  if (!device)
    return -1;
  struct ho_conform ask = { .file = file,
                            .folder = s->plugin_dir,
                            .nfolders = s->nplugin_dirs,
                            .option = s->option,
                            .noptions = s->noptions,
                            .device = device,
                            .begin = begin,
                            .end = end,
                            .arg = &told };
  int bad = ho_conform(&ask, count, err);
  ho_device_close(device);
  if (bad)
    return -1;
  ho_say(stdout, "\n%s: %d ok, %d failed, %d skipped\n", file, count[HO_VERDICT_OK], count[HO_VERDICT_FAILED],
         count[HO_VERDICT_SKIPPED]);
  fflush(stdout); /* before what standard error will say */
  if (!count[HO_VERDICT_FAILED])
    return 0;
  return ho_error_set(err, "%s violates the contract of holdout/optimizer.h: %s; see holdout-optimizer(3)", file,
                      told.failed);
}
