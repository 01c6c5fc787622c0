/* SPDX-License-Identifier: MIT
 * log.c - the folder of a run: log.jsonl, a byte 0 and summary.json, if there is that byte. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "run/curves.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char config[] = "epochs: 4\nseed: 3\n";
  struct ho_error err = { 0 };
  struct ho_run_record r;
  const uint8_t *stop = memchr(data, 0, size);
  fuzz_file("config.yaml", config, sizeof config - 1);
  fuzz_file("log.jsonl", data, stop ? (size_t)(stop - data) : size);
  const char *summary = fuzz_file("summary.json", stop ? stop + 1 : data, stop ? size - (size_t)(stop + 1 - data) : 0);
  if (!stop)
    unlink(summary);
  if (!fuzz_told(ho_rundir_read(fuzz_folder(), &r, &err), &err)) {
    fuzz_holds(r.epoch >= 0 && r.epoch <= 4);
    for (int i = 0; i < HO_METRICS; i++)
      fuzz_holds(isnan(r.metric[i]) || (r.metric[i] >= 0 && (i == HO_METRIC_LOSS || r.metric[i] <= 1)));
  }
  struct ho_curves c = { 0 };
  if (*r.dir && !ho_error_is_set(&err) && !fuzz_told(ho_curves_read(&c, &r, &err), &err))
    for (int k = 0; k < c.n; k++) {
      fuzz_holds(c.epoch[k] >= 1 && c.epoch[k] <= 4 && (!k || c.epoch[k] > c.epoch[k - 1]));
      for (int i = 0; i < HO_CURVES; i++)
        fuzz_holds(isnan(c.value[i][k]) || (c.value[i][k] >= 0 && (i >= HO_CURVE_TRAIN_LOSS || c.value[i][k] <= 1)));
    }
  ho_curves_free(&c);
  ho_rundir_free(&r);
  return 0;
}
