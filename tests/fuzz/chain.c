/* SPDX-License-Identifier: MIT
 * chain.c - a chain of optimizers and its options, texts that end with a byte 0.  A chain tells options and a name of
 * which the same chain is made. */
#include <string.h>

#include "fuzz.h"
#include "plugin/chain.h"

enum { OPTIONS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct ho_plugin_path path; /* made once: from $HOLDOUT_PLUGIN_PATH */
  struct ho_error err = { 0 };
  struct ho_chain chain, again;
  char spec[256], option[OPTIONS][256], **setting;
  const char *given[OPTIONS];
  int n = 0, settings;
  if (!path.n)
    fuzz_holds(!ho_plugin_path_make(&path, NULL, 0, &err));
  strncpy(spec, fuzz_text(&data, &size), sizeof spec - 1)[sizeof spec - 1] = 0;
  for (; n < OPTIONS && size; n++)
    given[n] = strncpy(option[n], fuzz_text(&data, &size), sizeof option[n] - 1), option[n][sizeof option[n] - 1] = 0;
  ho_error_clear(&err);
  if (fuzz_told(ho_chain_make(&chain, spec, &path, given, n, &err), &err))
    return 0;
  fuzz_holds(!ho_chain_settings(&chain, &setting, &settings, &err));
  fuzz_holds(!ho_chain_make(&again, chain.spec, &path, (const char *const *)setting, settings, &err));
  fuzz_holds(!strcmp(chain.spec, again.spec) && chain.n == again.n);
  ho_chain_settings_free(setting, settings);
  ho_chain_free(&again);
  ho_chain_free(&chain);
  return 0;
}
