/* SPDX-License-Identifier: MIT
 * results.c - tables of results and contrasts of their cells: a contrast, a byte 0, and the table. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "report/results.h"

/* Every name and field can be read, and every number is finite or missing. */
static void whole(const struct ho_results *r)
{
  fuzz_holds(r->cell >= 0 && r->cell < r->columns && r->seed >= -1 && r->seed < r->columns);
  fuzz_holds(r->groups <= r->rows);
  for (int i = 0; i < (r->rows + 1) * r->columns; i++)
    fuzz_touch(r->field[i], strlen(r->field[i]));
  for (int i = 0; i < r->rows * r->columns; i++)
    fuzz_holds(isnan(r->value[i]) || (isfinite(r->value[i]) && r->shown[i % r->columns]));
}

static void mean(const struct ho_results *r, const char *expression, int column)
{
  struct ho_error err = { 0 };
  struct ho_mean m;
  int runs;
  if (fuzz_told(ho_results_mean(r, expression, column, &runs, &m, &err), &err))
    return;
  fuzz_holds(runs >= 0 && runs <= r->rows && m.n >= 0 && m.n <= runs);
  fuzz_holds(!(m.deviation < 0) && !(m.error < 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct ho_error err = { 0 };
  struct ho_results r;
  const char *contrast = fuzz_text(&data, &size);
  if (!fuzz_told(ho_results_read(&r, fuzz_file("table.tsv", data, size), &err), &err)) {
    whole(&r);
    for (int c = 0; c < r.columns; c++) {
      for (int g = 0; g < r.groups && g < 4; g++)
        mean(&r, r.group[g], c);
      mean(&r, contrast, c);
    }
  }
  ho_results_free(&r);
  return 0;
}
