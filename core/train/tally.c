/* SPDX-License-Identifier: MIT
 * tally.c - counts of an epoch; see tally.h. */
#include "train/tally.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

const struct ho_tally_entry *ho_tally_find(const struct ho_tally *t, const char *name)
{
  for (int i = 0; i < t->n; i++)
    if (!strcmp(t->entry[i].name, name))
      return &t->entry[i];
  return NULL;
}

int ho_tally_add(struct ho_tally *t, const char *name, double value, struct ho_error *err)
{
  struct ho_tally_entry *e = (struct ho_tally_entry *)ho_tally_find(t, name);
  if (!e) {
    if (t->n == HO_TALLY_MAX)
      return ho_error_set(err, "more than %d names are logged; the last was `%s'", HO_TALLY_MAX, name);
    e = &t->entry[t->n];
    *e = (struct ho_tally_entry){ .n = 0 };
    if (snprintf(e->name, sizeof e->name, "%s", name) >= (int)sizeof e->name)
      return ho_error_set(err, "the logged name `%.40s...' is longer than %zu characters", name, sizeof e->name - 1);
    t->n++;
  }
  e->n += 1;
  e->sum += value;
  e->squares += value * value;
  e->negative += value < 0;
  return 0;
}

double ho_tally_mean(const struct ho_tally_entry *e)
{
  return e->sum / e->n;
}

double ho_tally_spread(const struct ho_tally_entry *e)
{
  double mean = ho_tally_mean(e), variance = e->squares / e->n - mean * mean;
  return variance < 0 ? 0 : sqrt(variance); /* below 0 by rounding; NaN stays NaN */
}

int ho_sample_weights_make(struct ho_sample_weights *w, size_t n, struct ho_error *err)
{
  w->n = n;
  w->sum = ho_alloc(n, sizeof *w->sum, "samples", err);
  w->count = ho_alloc(n, sizeof *w->count, "samples", err);
  return w->sum && w->count ? 0 : -1;
}

void ho_sample_weights_clear(struct ho_sample_weights *w)
{
  memset(w->sum, 0, w->n * sizeof *w->sum);
  memset(w->count, 0, w->n * sizeof *w->count);
}

void ho_sample_weights_free(struct ho_sample_weights *w)
{
  ho_free(w->sum);
  ho_free(w->count);
}
