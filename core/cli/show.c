/* SPDX-License-Identifier: MIT
 * show.c - holdout show: runs side by side, their means over seeds, what a method gains over another. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/help.h"
#include "cli/print/show_tables.h"

enum { FORMAT, CSV, JSON, RUNS, GROUPS, DIFFERENCES, METRIC, BASELINE, TABLE };

static const struct ho_flag flags[] = {
  [FORMAT] = { "format", 0, "NAME", "text, tsv, csv, markdown or json (default text)" },
  [CSV] = { "csv", 0, NULL, "--format csv: one table, that of runs unless another is chosen" },
  [JSON] = { "json", 0, NULL, "--format json: one object with the lists runs, groups, differences" },
  [RUNS] = { "runs", 0, NULL, "the table of runs; this flag and the next two can be combined" },
  [GROUPS] = { "groups", 0, NULL, "mean and standard deviation of each group" },
  [DIFFERENCES] = { "differences", 0, NULL, "paired differences between groups" },
  [METRIC] = { "metric", 0, "NAME", "the number in summary.json to compare (default test_accuracy_last)" },
  [BASELINE] = { "baseline", 0, "GROUP",
                 "number or name of the group to compare with (default: the first of the same data set and noise)" },
  [TABLE] = { "table", 0, "FILE",
              "print statistics of a table of results instead; arguments are contrasts of its cells" },
  { 0 },
};

/* ---- what the flags say ---- */

static int choose(const char *what, const char *text, const char *const *names, size_t n, struct ho_error *err)
{
  for (size_t i = 0; i < n; i++)
    if (!strcmp(names[i], text))
      return (int)i;
  char list[512] = "";
  for (size_t i = 0; i < n; i++)
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", names[i]);
  const char *nearest = ho_text_nearest(text, names, n);
  ho_error_set(err, "show: unknown %s `%.100s'%s%s%s: choose one of %s; see `holdout show --help'", what, text,
               nearest ? " (did you mean `" : "", nearest ? nearest : "", nearest ? "'?)" : "", list);
  return -1;
}

static int format_of(const struct ho_arguments *a, struct ho_error *err)
{
  int several = (a->flag[RUNS] != NULL) + (a->flag[GROUPS] != NULL) + (a->flag[DIFFERENCES] != NULL) > 1;
  int format = a->flag[FORMAT] ? choose("--format", a->flag[FORMAT], ho_table_formats, HO_TABLE_JSON + 1, err)
               : a->flag[CSV]  ? HO_TABLE_CSV
               : a->flag[JSON] ? HO_TABLE_JSON
                               : HO_TABLE_TEXT;
  if ((a->flag[FORMAT] != NULL) + (a->flag[CSV] != NULL) + (a->flag[JSON] != NULL) > 1)
    return ho_error_set(err, "show: give one of --format, --csv, --json; see `holdout show --help'");
  if (format == HO_TABLE_CSV && several)
    return ho_error_set(err, "show: a CSV file has one table: give one of --runs, --groups, --differences");
  return format;
}

static int metric_of(const struct ho_arguments *a, struct ho_error *err)
{
  return a->flag[METRIC] ? choose("--metric", a->flag[METRIC], ho_metric_names, HO_METRICS, err) : HO_METRIC_LAST;
}

/* -1: none was given. */
static int baseline_of(const struct ho_arguments *a, const struct ho_comparison *c, struct ho_error *err)
{
  long long number;
  const char *text = a->flag[BASELINE];
  if (!text)
    return -1;
  for (int g = 0; g < c->groups; g++)
    if (!strcmp(c->group[g].name, text))
      return g;
  if (!ho_text_int(text, &number) && number >= 1 && number <= c->groups)
    return (int)number - 1;
  return ho_error_set(err, "--baseline: no group `%.200s'; give a number from 1 to %d, or a name as shown by --groups",
                      text, c->groups);
}

/* ---- the tables ---- */

/* A heading that explains the numbers, above each table; in TSV a note, and only if there are several tables; in JSON the
 * name of the list. */
static void title(const struct ho_show *s, const char *name, const char *text, int first, int several)
{
  if (s->format == HO_TABLE_JSON)
    printf("%s\"%s\": ", first ? "{" : ",\n", name);
  else if (s->format == HO_TABLE_TSV && several)
    printf("%s# %s\n", first ? "" : "\n\n", name);
  else if (s->format == HO_TABLE_MARKDOWN)
    printf("%s**%s**: %s\n\n", first ? "" : "\n", name, text);
  else if (s->format == HO_TABLE_TEXT) {
    printf("%s%s: ", first ? "" : "\n", name);
    ho_help_wrapped(text, (int)strlen(name) + 2, 0);
    putchar('\n');
  }
}

static int print(const struct ho_show *s, const int wanted[3], struct ho_error *err)
{
  static const struct {
    const char *name, *text;
    int (*print)(const struct ho_show *, struct ho_error *);
  } part[3] = {
    { "runs",
      "accuracy on test images at the last, the best and the validation-selected epoch; on training images "
      "against given and true labels",
      ho_show_runs },
    { "groups", "mean +- standard deviation over n seeds", ho_show_groups },
    { "differences", "group minus baseline of the same data set and noise, over pairs of equal seeds",
      ho_show_differences },
  };
  int several = wanted[0] + wanted[1] + wanted[2] > 1, first = 1;
  for (int i = 0; i < 3; i++) {
    if (!wanted[i])
      continue;
    title(s, part[i].name, part[i].text, first, several);
    if (part[i].print(s, err))
      return -1;
    first = 0;
  }
  if (s->format == HO_TABLE_JSON)
    printf("}\n");
  return 0;
}

/* Tells of each run that is left out of the means because it repeats another one. */
static void tell_repeats(const struct ho_comparison *c)
{
  for (int i = 0; i < c->runs->n; i++)
    if (c->repeats[i] >= 0)
      ho_say(stderr, "holdout: note: %s has the same settings and seed as %s and is not counted\n", c->runs->run[i].dir,
             c->runs->run[c->repeats[i]].dir);
}

/* Is there anything to compare?  Tells what cannot be compared with a baseline that was given. */
static int compares(const struct ho_show *s)
{
  const struct ho_comparison *c = s->comparison;
  int n = 0, others = 0;
  for (int g = 0; g < c->groups; g++) {
    n += ho_show_baseline(s, g) >= 0;
    others += s->baseline >= 0 && !ho_groups_comparable(c, g, s->baseline);
  }
  if (others)
    fprintf(stderr, "holdout: note: %d group%s of another data set or noise than the baseline: not compared\n", others,
            others > 1 ? "s are" : " is");
  return n > 0;
}

static int tables(const struct ho_arguments *a, struct ho_show *s, const struct ho_comparison *c, struct ho_error *err)
{
  int wanted[3] = { a->flag[RUNS] != NULL, a->flag[GROUPS] != NULL, a->flag[DIFFERENCES] != NULL };
  int any = wanted[0] || wanted[1] || wanted[2], json = s->format == HO_TABLE_JSON;
  s->comparison = c;
  s->baseline = baseline_of(a, c, err);
  if (ho_error_is_set(err))
    return -1;
  if (wanted[2] && c->groups < 2 && !json)
    return ho_error_set(err, "--differences needs at least two groups, but all runs are in one: `%.300s'",
                        c->group[0].name);
  int comparable = (!any || wanted[2]) && compares(s);
  if (wanted[2] && !comparable && !json)
    return ho_error_set(err, "--differences: no two of the %d groups have the same data set and noise", c->groups);
  if (!any) {
    wanted[0] = 1;
    wanted[1] = s->format != HO_TABLE_CSV;
    wanted[2] = json || (comparable && s->format != HO_TABLE_CSV);
  }
  if (wanted[1] || wanted[2])
    tell_repeats(c);
  return print(s, wanted, err);
}

static int show(const struct ho_arguments *a, struct ho_show *s)
{
  struct ho_error err = { 0 };
  struct ho_run_list runs = { 0 };
  struct ho_comparison c = { 0 };
  struct ho_plugin_path path = { 0 };
  const struct ho_settings *given = &a->settings;
  int bad = ho_plugin_path_make(&path, (const char *const *)given->plugin_dir, given->nplugin_dirs, &err);
  for (int i = 0; i < a->npositional && !bad; i++)
    bad = ho_rundir_add(&runs, a->positional[i], &err);
  bad = bad || ho_comparison_make(&c, &runs, &path, &err) || tables(a, s, &c, &err);
  s->comparison = NULL;
  ho_comparison_free(&c);
  ho_run_list_free(&runs);
  ho_plugin_path_free(&path);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

static int show_table(const struct ho_arguments *a, enum ho_table_format format)
{
  struct ho_error err = { 0 };
  struct ho_results r;
  if (ho_results_read(&r, a->flag[TABLE], &err))
    return ho_fail(&err);
  int bad = ho_show_results(&r, a->positional, a->npositional, format,
                            format == HO_TABLE_TEXT ? ho_table_terminal(stdout) : 0, &err);
  if (!bad && format == HO_TABLE_JSON)
    putchar('\n');
  ho_results_free(&r);
  return bad ? ho_fail(&err) : HO_EXIT_OK;
}

/* Flags that mean nothing beside --table. */
static void refuse_beside_table(const struct ho_arguments *a, struct ho_error *err)
{
  for (int i = RUNS; i < TABLE; i++)
    if (a->flag[i])
      ho_error_set(err, "show: --%s is for run folders and cannot be given with --table", flags[i].name);
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err = { 0 };
  struct ho_show s = { 0 };
  int format = 0, status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && a.flag[TABLE])
    refuse_beside_table(&a, &err);
  else if (status < 0 && a.npositional == 0)
    ho_error_set(&err, "show needs run folders, or folders that contain them; see `holdout show --help'");
  if (status < 0 && !ho_error_is_set(&err) && (format = format_of(&a, &err)) >= 0)
    s.metric = metric_of(&a, &err);
  s.format = (enum ho_table_format)format;
  s.width = format == HO_TABLE_TEXT ? ho_table_terminal(stdout) : 0;
  if (status < 0 && ho_error_is_set(&err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = a.flag[TABLE] ? show_table(&a, s.format) : show(&a, &s);
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "plugin-dir", NULL };

const struct ho_command ho_command_show = {
  .name = "show",
  .summary = "runs side by side, means over seeds, paired differences",
  .usage = "[FLAGS] RUN..., or --table FILE [CONTRAST...]",
  .text = "Prints a table of runs; mean and standard deviation of groups, which are finished runs that differ "
          "only in --seed and --noise-seed; and, where two groups or more have the same data set and noise, the "
          "differences between each of these and a baseline over runs with equal seeds: number of pairs, mean, "
          "standard error of the mean, and their ratio.\n\n"
          "RUN is a run folder, or a folder that contains run folders directly or one level down, but for the folds of "
          "suspects --folds (RUN-folds), "
          "which are shown where they are named. Unfinished "
          "runs are shown as running or stopped, with their scores so far, and are not part of any mean. "
          "Options of optimizers are shown if they differ from their defaults. What is not known is `-', an empty "
          "cell in CSV, null in JSON. On a terminal, a table too wide for it has what all its rows share above it, "
          "and long cells take several lines.\n\n"
          "With --table, FILE is a table of results as written by the experiments: one row per run, with "
          "columns cell and seed. For each cell, each CONTRAST and each column of numbers, prints the number of "
          "runs of the (first) cell, the number of seeds that have a value, their mean, standard deviation and "
          "standard error. A contrast is `A - B' or `A - B - (C - D)', paired by seed.",
  .examples = "holdout show runs\n"
              "holdout show --groups --differences runs/sgd-* runs/bilevel-*\n"
              "holdout show --differences --baseline 'bilevel weights=uniform' \\\n"
              "             --metric test_accuracy_best runs\n"
              "holdout show --groups --format markdown runs >table.md\n"
              "holdout show --csv runs >runs.csv\n"
              "holdout show --json runs | jq '.groups[] | {name, test_accuracy_last_mean}'\n"
              "holdout show --table results/small/comparison.tsv 'bilevel - sgd'",
  .settings = settings,
  .flags = flags,
  .max_positional = INT_MAX,
  .run = run,
};
