/* SPDX-License-Identifier: MIT
 * help.c - help texts, made from the tables that also parse; see help.h. */
#include "cli/help.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/blas.h"
#include "compute/parallel.h"
#include "compute/simd.h"
#include "config.h"
#include "base/range.h"
#include "version.h"

enum { WIDTH = 80, COLUMN = 30 };

const struct ho_command *const ho_commands[] = {
  &ho_command_train, &ho_command_eval,        &ho_command_predict,    &ho_command_show,
  &ho_command_plot,  &ho_command_suspects,    &ho_command_noise,      &ho_command_data,
  &ho_command_fetch, &ho_command_nets,        &ho_command_optimizers, &ho_command_bench,
  &ho_command_trace, &ho_command_experiments, &ho_command_completion, NULL,
};

int ho_command_takes(const struct ho_command *c, const struct ho_setting *d)
{
  if (!c->settings)
    return 1;
  for (const char *const *name = c->settings; *name; name++)
    if (!strcmp(*name, d->name))
      return 1;
  return 0;
}

/* -c is offered only by commands that take settings which decide a run. */
int ho_command_reads_config(const struct ho_command *c)
{
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if ((d->flags & HO_SETTING_RUN) && ho_command_takes(c, d))
      return 1;
  return 0;
}

void ho_help_wrapped(const char *text, int at, int indent)
{
  for (int first = 1; *text; first = 0) {
    int length = (int)strcspn(text, " \n");
    if (!first && at + 1 + length > WIDTH) {
      printf("\n%*s", indent, "");
      at = indent;
    } else if (!first) {
      putchar(' ');
      at++;
    }
    printf("%.*s", length, text);
    at += length;
    text += length + strspn(text + length, " \n");
  }
  putchar('\n');
}

/* -b, --batch-size N      help, in two columns. */
static void flag(char letter, const char *name, const char *argument, const char *help)
{
  char head[128], first[8] = "    ";
  if (letter)
    snprintf(first, sizeof first, "-%c, ", letter);
  snprintf(head, sizeof head, "  %s--%s%s%s", first, name, argument ? " " : "", argument ? argument : "");
  int length = printf("%s", head);
  if (length > COLUMN - 2)
    printf("\n%*s", COLUMN, "");
  else
    printf("%*s", COLUMN - length, "");
  ho_help_wrapped(help, COLUMN, COLUMN);
}

/* "[1,inf)" becomes `at least 1'; "[0,inf)" is expected, so nothing is said. */
static void range_words(const char *range, char *out, size_t size)
{
  struct ho_range r;
  *out = 0;
  if (!range || ho_range_parse(range, &r))
    return;
  if (!isinf(r.high))
    snprintf(out, size, "in %s", range);
  else if (r.low_open || r.low > 0)
    snprintf(out, size, "%s %g", r.low_open ? "above" : "at least", r.low);
}

static void setting(const struct ho_setting *d)
{
  char text[1024], range[64];
  const char *value = d->type == HO_SETTING_BOOL ? NULL : d->value;
  int n = snprintf(text, sizeof text, "%s", d->help);
  range_words(d->type == HO_SETTING_CHOICE || d->type == HO_SETTING_DEVICE ? NULL : d->range, range, sizeof range);
  if (d->type == HO_SETTING_CHOICE || d->type == HO_SETTING_DEVICE) {
    n += snprintf(text + n, sizeof text - (size_t)n, ": ");
    for (const char *c = d->range; *c; c++)
      n += snprintf(text + n, sizeof text - (size_t)n, *c == '|' ? ", " : "%c", *c);
  }
  if (value || *range)
    snprintf(text + n, sizeof text - (size_t)n, " (%s%s%s%s)", value ? "default " : "", value ? value : "",
             value && *range ? ", " : "", range);
  flag(d->letter, d->name, d->type == HO_SETTING_BOOL ? NULL : d->argument, text);
}

/* Lines of text, each indented. */
static void indented(const char *text)
{
  while (*text) {
    int length = (int)strcspn(text, "\n");
    printf(length ? "  %.*s\n" : "\n", length, text);
    text += length + (text[length] == '\n');
  }
}

void ho_help_command(const struct ho_command *c)
{
  const char *group = "", *a_switch = NULL;
  printf("usage: holdout %s %s\n\n", c->name, c->usage);
  for (const char *at = c->text; *at;) { /* paragraphs are wrapped, each on its own */
    char paragraph[2048];
    const char *end = strstr(at, "\n\n");
    size_t length = end ? (size_t)(end - at) : strlen(at);
    snprintf(paragraph, sizeof paragraph, "%.*s", (int)length, at);
    ho_help_wrapped(paragraph, 0, 0);
    putchar('\n');
    at += length;
    at += strspn(at, "\n");
  }
  if (c->list)
    c->list();
  if (c->examples && *c->examples) {
    printf("examples:\n");
    indented(c->examples);
    putchar('\n');
  }
  printf("flags:\n");
  for (const struct ho_flag *f = c->flags; f && f->name; f++)
    flag(f->letter, f->name, f->argument, f->help);
  if (ho_command_reads_config(c))
    flag('c', "config", "FILE", "YAML file of settings, the names as below; flags override it");
  flag('h', "help", NULL, "this text");
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if (ho_command_takes(c, d)) {
      if (strcmp(group, d->group))
        printf("\n%s:\n", d->group);
      group = d->group;
      setting(d);
      if (d->type == HO_SETTING_BOOL)
        a_switch = d->name;
    }
  if (a_switch)
    printf("\nA switch takes a value as well, which overrides a file: --%s=false.\n", a_switch);
}

void ho_help_program(void)
{
  printf("usage: holdout COMMAND [FLAGS]\n\n");
  ho_help_wrapped(
      "holdout trains image classifiers on wrong labels, and uses the gradient of a held-out mini-batch to "
      "decide which training mini-batches to trust.  It reproduces Deep Bilevel Learning (Jenni and "
      "Favaro, ECCV 2018) and the methods with which the paper compares it.  It runs on CPUs and NVIDIA GPUs.",
      0, 0);
  printf("\ncommands:\n");
  for (int i = 0; ho_commands[i]; i++) {
    printf("  %-12s ", ho_commands[i]->name);
    ho_help_wrapped(ho_commands[i]->summary, 15, 15);
  }
  printf("  %-12s show the help of a command, as `holdout COMMAND --help' does\n"
         "\nflags:\n      --version                 version, libraries, processor\n"
         "  -h, --help                    this text\n\nexamples:\n",
         "help");
  indented("holdout data\n"
           "holdout train --noise symmetric:0.4 --optimizer sgd --run-dir runs/sgd\n"
           "holdout train --noise symmetric:0.4 --optimizer bilevel --run-dir runs/bilevel\n"
           "holdout train --resume runs/bilevel\n"
           "holdout eval runs/bilevel\n"
           "holdout show runs\n"
           "holdout suspects runs/bilevel\n"
           "holdout optimizers bilevel\n");
  printf("\nA file to write may be -, which is standard output: holdout suspects --out - RUN\n"
         "\nexit status: 0 done, 1 failed, 2 wrong usage,\n"
         "             75 stopped by --time-limit after a checkpoint,\n"
         "             141 the reader of standard output had enough, as head does,\n"
         "             128+N ended by signal N after a checkpoint\n");
}

void ho_help_version(void)
{
  char chosen_by[128];
  ho_blas_chosen_by(chosen_by, sizeof chosen_by);
  printf("holdout %s\n", PACKAGE_VERSION);
  printf("commit     %s\n", HO_COMMIT);
  printf("compiler   %s\n", HO_COMPILER);
  printf("flags      %s\n", HO_CFLAGS);
  printf("BLAS       %s\n", ho_blas()->config);
  printf("core type  %s, chosen by %s\n", ho_blas()->core, chosen_by);
  printf("kernels    %s\n", ho_simd_name(ho_simd()));
  printf("threads    %d\n", ho_parallel_workers());
  if (ho_blas()->warning[0])
    printf("warning    %s\n", ho_blas()->warning);
}
