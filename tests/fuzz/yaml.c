/* SPDX-License-Identifier: MIT
 * yaml.c - configurations.  What is read can be written, and what is written reads as the same. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "settings/settings.h"

static void same(const struct ho_settings *a, const struct ho_settings *b)
{
  char x[4096], y[4096];
  for (const struct ho_setting *e = ho_setting_table; e->name; e++)
    if (e->flags & HO_SETTING_RUN && e->type != HO_SETTING_LIST) {
      ho_settings_get(a, e, 0, x, sizeof x);
      ho_settings_get(b, e, 0, y, sizeof y);
      if (strcmp(x, y))
        fprintf(stderr, "--%s: `%s', then `%s'\n", e->name, x, y);
      fuzz_holds(!strcmp(x, y));
    }
  fuzz_holds(a->noptions == b->noptions);
  for (int i = 0; i < a->noptions; i++)
    fuzz_holds(!strcmp(a->option[i], b->option[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  struct ho_settings s, again;
  fuzz_holds(!ho_settings_default(&s, &err));
  if (!fuzz_told(ho_settings_read_yaml(&s, fuzz_file("in.yaml", data, size), NULL, &err), &err)) {
    const char *path = fuzz_file("out.yaml", "", 0);
    fuzz_holds(!ho_settings_default(&again, &err));
    fuzz_holds(!ho_settings_write_yaml(&s, path, s.option, s.noptions, &err));
    int failed = ho_settings_read_yaml(&again, path, NULL, &err);
    if (failed)
      fprintf(stderr, "%s\n", err.text);
    fuzz_holds(!failed);
    same(&s, &again);
    ho_settings_free(&again);
  }
  ho_settings_free(&s);
  return 0;
}
