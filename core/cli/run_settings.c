/* SPDX-License-Identifier: MIT
 * run_settings.c - settings of a run that a command loads; see cli.h. */
#include "base/file.h"
#include "cli/cli.h"
#include "run/rundir.h"
#include "run/whereabouts.h"

/* A run can be scored on any engine, whichever trained it. */
static int engine_of_this_call(struct ho_settings *s, struct ho_error *err)
{
  static const char *const names[] = { "engine", "precision" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const struct ho_setting *d = ho_setting_find(names[i]);
    if (ho_settings_set(s, d, d->value, err))
      return -1;
  }
  return 0;
}

int ho_run_settings(const struct ho_arguments *a, const char *dir, struct ho_settings *s, struct ho_error *err)
{
  char path[4096], value[4096];
  if (ho_rundir_check(dir, err) || ho_settings_default(s, err) ||
      ho_path_join(path, sizeof path, dir, "config.yaml", err) || ho_settings_read_yaml(s, path, NULL, err) ||
      engine_of_this_call(s, err))
    return -1;
  for (int i = 0; ho_setting_table[i].name; i++) {
    const struct ho_setting *setting = &ho_setting_table[i];
    int n = !a->given[i]                       ? 0
            : setting->type != HO_SETTING_LIST ? 1
                                               : *(const int *)((const char *)&a->settings + setting->count_offset);
    for (int k = 0; k < n; k++) {
      ho_settings_get(&a->settings, setting, k, value, sizeof value);
      if (ho_settings_set(s, setting, value, err))
        return -1;
    }
  }
  return ho_whereabouts_recall(dir, s, err);
}
