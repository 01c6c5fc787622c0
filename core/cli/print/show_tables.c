/* SPDX-License-Identifier: MIT
 * show_tables.c - runs, groups of runs, differences between groups, statistics of results; see show_tables.h.
 *
 * For people, numbers have four digits after the point; for programs all nine that runs write.  What is not known is
 * `-', or what the format has for it. */
#include "cli/print/show_tables.h"

#include <math.h>

#include "base/text.h"

static const char *const headings[HO_METRICS] = {
  [HO_METRIC_LAST] = "last",   [HO_METRIC_BEST] = "best", [HO_METRIC_SELECTED] = "selected",
  [HO_METRIC_GIVEN] = "given", [HO_METRIC_TRUE] = "true", [HO_METRIC_LOSS] = "loss",
};
enum { SHOWN = HO_METRIC_LOSS }; /* the metrics in the tables: all up to the loss */

/* Headings and numbers are those for programs. */
static int is_for_programs(enum ho_table_format format)
{
  return format != HO_TABLE_TEXT && format != HO_TABLE_MARKDOWN;
}

static void number(struct ho_table *t, double value, int digits, int is_signed)
{
  if (isnan(value))
    ho_table_cell(t, "-");
  else if (is_for_programs(t->format))
    ho_table_cell(t, "%.9g", value);
  else if (is_signed)
    ho_table_cell(t, "%+.*f", digits, value);
  else
    ho_table_cell(t, "%.*f", digits, value);
}

static const char *heading(const struct ho_show *s, const char *people, const char *programs)
{
  return is_for_programs(s->format) ? programs : people;
}

/* ---- runs ---- */

static int noise_seeds_differ(const struct ho_comparison *c)
{
  for (int i = 0; i < c->runs->n; i++)
    if (ho_run_noise_seed(&c->runs->run[i]) != c->runs->run[i].settings.seed)
      return 1;
  return 0;
}

static void epochs(struct ho_table *t, const struct ho_run_record *r)
{
  static const char *const state[] = {
    [HO_RUN_FINISHED] = "finished", [HO_RUN_RUNNING] = "running", [HO_RUN_HALTED] = "stopped"
  };
  if (is_for_programs(t->format)) {
    ho_table_cell(t, "%lld", r->epoch);
    ho_table_cell(t, "%lld", r->settings.epochs);
    ho_table_cell(t, "%s", state[r->state]);
  } else if (r->state == HO_RUN_FINISHED)
    ho_table_cell(t, "%lld", r->epoch);
  else
    ho_table_cell(t, "%s at %lld of %lld", state[r->state], r->epoch, r->settings.epochs);
}

static void run_columns(const struct ho_show *s, struct ho_table *t, int noise_seed)
{
  ho_table_column(t, "run", 0);
  ho_table_column(t, "group", 1);
  ho_table_column(t, heading(s, "data set", "dataset"), 0);
  ho_table_column(t, "net", 0);
  ho_table_column(t, "optimizer", 0);
  ho_table_column(t, "noise", 0);
  ho_table_column(t, "seed", 1);
  if (noise_seed)
    ho_table_column(t, heading(s, "noise seed", "noise_seed"), 1);
  if (is_for_programs(s->format)) {
    ho_table_column(t, "epoch", 1);
    ho_table_column(t, "epochs", 1);
    ho_table_column(t, "state", 0);
  } else
    ho_table_column(t, "epochs", 1);
  for (int m = 0; m < SHOWN; m++)
    ho_table_column(t, heading(s, headings[m], ho_metric_names[m]), 1);
}

int ho_show_runs(const struct ho_show *s, struct ho_error *err)
{
  const struct ho_comparison *c = s->comparison;
  struct ho_table t = { .format = s->format, .width = s->width };
  int noise_seed = is_for_programs(s->format) || noise_seeds_differ(c);
  run_columns(s, &t, noise_seed);
  for (int i = 0; i < c->runs->n; i++) {
    const struct ho_run_record *r = &c->runs->run[i];
    ho_table_cell(&t, "%s", r->dir);
    ho_table_cell(&t, "%d", c->of[i] + 1);
    ho_table_cell(&t, "%s", r->settings.dataset);
    ho_table_cell(&t, "%s", r->settings.net);
    ho_table_cell(&t, "%s", c->optimizer[i]);
    ho_table_cell(&t, "%s", r->settings.noise);
    ho_table_cell(&t, "%lld", r->settings.seed);
    if (noise_seed)
      ho_table_cell(&t, "%lld", ho_run_noise_seed(r));
    epochs(&t, r);
    for (int m = 0; m < SHOWN; m++)
      number(&t, r->metric[m], 4, 0);
  }
  int bad = ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad;
}

/* ---- groups ---- */

static void group_cells(struct ho_table *t, const struct ho_mean *mean)
{
  if (is_for_programs(t->format)) {
    number(t, mean->mean, 4, 0);
    number(t, mean->deviation, 4, 0);
  } else if (isnan(mean->mean))
    ho_table_cell(t, "-");
  else if (isnan(mean->deviation))
    ho_table_cell(t, "%.4f", mean->mean);
  else
    ho_table_cell(t, "%.4f +- %.4f", mean->mean, mean->deviation);
}

static void group_columns(const struct ho_show *s, struct ho_table *t)
{
  static const char *const programs[SHOWN][2] = {
    [HO_METRIC_LAST] = { "test_accuracy_last_mean", "test_accuracy_last_sd" },
    [HO_METRIC_BEST] = { "test_accuracy_best_mean", "test_accuracy_best_sd" },
    [HO_METRIC_SELECTED] = { "test_accuracy_validation_selected_mean", "test_accuracy_validation_selected_sd" },
    [HO_METRIC_GIVEN] = { "train_accuracy_noisy_mean", "train_accuracy_noisy_sd" },
    [HO_METRIC_TRUE] = { "train_accuracy_clean_mean", "train_accuracy_clean_sd" },
  };
  ho_table_column(t, "group", 1);
  ho_table_column(t, "name", 0);
  ho_table_column(t, "n", 1);
  for (int m = 0; m < SHOWN; m++) {
    ho_table_column(t, heading(s, headings[m], programs[m][0]), 1);
    if (is_for_programs(s->format))
      ho_table_column(t, programs[m][1], 1);
  }
}

int ho_show_groups(const struct ho_show *s, struct ho_error *err)
{
  const struct ho_comparison *c = s->comparison;
  struct ho_table t = { .format = s->format, .width = s->width };
  int bad = 0;
  group_columns(s, &t);
  for (int g = 0; g < c->groups && !bad; g++) {
    ho_table_cell(&t, "%d", g + 1);
    ho_table_cell(&t, "%s", c->group[g].name);
    ho_table_cell(&t, "%d", c->group[g].n);
    for (int m = 0; m < SHOWN && !bad; m++) {
      struct ho_mean mean;
      bad = ho_group_mean(c, g, m, &mean, err);
      if (!bad)
        group_cells(&t, &mean);
    }
  }
  bad = bad || ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad ? -1 : 0;
}

/* ---- differences ---- */

int ho_show_baseline(const struct ho_show *s, int group)
{
  const struct ho_comparison *c = s->comparison;
  int baseline = s->baseline;
  for (int g = 0; g < c->groups && baseline < 0; g++)
    if (ho_groups_comparable(c, g, group))
      baseline = g;
  return baseline == group || !ho_groups_comparable(c, baseline, group) ? -1 : baseline;
}

int ho_show_differences(const struct ho_show *s, struct ho_error *err)
{
  const struct ho_comparison *c = s->comparison;
  struct ho_table t = { .format = s->format, .width = s->width };
  int bad = 0;
  ho_table_column(&t, "group", 1);
  ho_table_column(&t, "name", 0);
  ho_table_column(&t, "baseline", 0);
  ho_table_column(&t, "metric", 0);
  ho_table_column(&t, "pairs", 1);
  ho_table_column(&t, "difference", 1);
  ho_table_column(&t, heading(s, "standard error", "standard_error"), 1);
  ho_table_column(&t, heading(s, "difference/error", "ratio"), 1);
  for (int g = 0; g < c->groups && !bad; g++) {
    struct ho_mean d;
    int baseline = ho_show_baseline(s, g);
    if (baseline < 0)
      continue;
    if ((bad = ho_paired_difference(c, g, baseline, s->metric, &d, err)))
      break;
    ho_table_cell(&t, "%d", g + 1);
    ho_table_cell(&t, "%s", c->group[g].name);
    ho_table_cell(&t, "%s", c->group[baseline].name);
    ho_table_cell(&t, "%s", ho_metric_names[s->metric]);
    ho_table_cell(&t, "%d", d.n);
    number(&t, d.mean, 4, 1);
    number(&t, d.error, 4, 0);
    number(&t, d.error > 0 ? d.mean / d.error : NAN, 2, 1);
  }
  bad = bad || ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad ? -1 : 0;
}

/* ---- a table of results ---- */

static void exactly(struct ho_table *t, double value)
{
  char text[32];
  if (!is_for_programs(t->format)) {
    number(t, value, 4, 0);
    return;
  }
  ho_text_from_real(value, text);
  ho_table_cell(t, "%s", !isnan(value) ? text : t->format == HO_TABLE_TSV ? "NA" : "-");
}

static int results_rows(struct ho_table *t, const struct ho_results *r, const char *expression, struct ho_error *err)
{
  for (int c = 0; c < r->columns; c++) {
    struct ho_mean mean;
    int runs;
    if (!r->shown[c])
      continue;
    if (ho_results_mean(r, expression, c, &runs, &mean, err))
      return -1;
    ho_table_cell(t, "%s", expression);
    ho_table_cell(t, "%s", ho_results_name(r, c));
    ho_table_cell(t, "%d", runs);
    ho_table_cell(t, "%d", mean.n);
    exactly(t, mean.mean);
    exactly(t, mean.deviation);
    exactly(t, mean.error);
  }
  return 0;
}

int ho_show_results(const struct ho_results *r, const char *const *contrast, int contrasts, enum ho_table_format format,
                    int width, struct ho_error *err)
{
  struct ho_table t = { .format = format, .width = width };
  int bad = 0;
  ho_table_column(&t, "cell", 0);
  ho_table_column(&t, "column", 0);
  ho_table_column(&t, "runs", 1);
  ho_table_column(&t, "n", 1);
  ho_table_column(&t, "mean", 1);
  ho_table_column(&t, is_for_programs(format) ? "standard_deviation" : "standard deviation", 1);
  ho_table_column(&t, is_for_programs(format) ? "standard_error" : "standard error", 1);
  for (int g = 0; g < r->groups && !bad; g++)
    bad = results_rows(&t, r, r->group[g], err);
  for (int i = 0; i < contrasts && !bad; i++)
    bad = results_rows(&t, r, contrast[i], err);
  bad = bad || ho_table_print(&t, stdout, err);
  ho_table_free(&t);
  return bad ? -1 : 0;
}
