/* SPDX-License-Identifier: MIT
 * estimate.c - prints what a run will take; see estimate.h. */
#include "cli/print/estimate.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/text.h"

struct words {
  char parameters[32], memory[32], peak[32], disk[32], time[32];
};

static struct words words_of(const struct ho_estimate *e)
{
  struct words w;
  ho_text_from_count(e->parameters, w.parameters);
  ho_text_from_bytes(e->memory, w.memory);
  ho_text_from_bytes(e->memory_peak, w.peak);
  ho_text_from_bytes(e->disk, w.disk);
  ho_text_from_seconds(e->seconds, w.time);
  return w;
}

void ho_estimate_line(FILE *out, const struct ho_estimate *e)
{
  struct words w = words_of(e);
  fprintf(out,
          "estimate: %s parameters, memory %s (peak %s), disk %s, %.3g s per step, %s left, evaluations included\n",
          w.parameters, w.memory, w.peak, w.disk, e->step, w.time);
}

void ho_estimate_table(FILE *out, const struct ho_estimate *e)
{
  struct words w = words_of(e);
  fprintf(out, "parameters      %s\n", w.parameters);
  fprintf(out, "memory          %s in use, %s at the peak\n", w.memory, w.peak);
  fprintf(out, "disk            %s (%.0f bytes)\n", w.disk, e->disk);
  fprintf(out, "steps           %" PRIu64 " of %.3g s\n", e->steps, e->step);
  fprintf(out, "evaluations     %" PRIu64 " of %.3g s\n", e->evaluations, e->evaluation);
  fprintf(out, "time            %s\n", w.time);
}

int ho_estimate_json(FILE *out, const struct ho_estimate *e, struct ho_error *err)
{
  json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:f, s:f}", "parameters", (json_int_t)e->parameters,
                        "rss_bytes", (json_int_t)e->memory, "peak_rss_bytes", (json_int_t)e->memory_peak, "disk_bytes",
                        (json_int_t)e->disk, "steps", (json_int_t)e->steps, "step_s", e->step, "evaluations",
                        (json_int_t)e->evaluations, "evaluation_s", e->evaluation, "time_s", e->seconds);
  char *line = json_dumps(o, JSON_REAL_PRECISION(9) | JSON_COMPACT);
  json_decref(o);
  if (!line)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: no JSON could be made");
  fprintf(out, "%s\n", line);
  free(line);
  return 0;
}
