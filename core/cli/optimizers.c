/* SPDX-License-Identifier: MIT
 * optimizers.c - `holdout optimizers': the plugins found, and what each of them offers; a new one; checks of one. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "compute/parallel.h"
#include "cli/print/check.h"
#include "cli/help.h"
#include "cli/skeleton.h"
#include "plugin/path.h"

enum { ALL, NEW, DIR, CHECK };
enum { WIDEST = 24 }; /* of the column of names */

static void print_hooks(const struct ho_optimizer *o)
{
  const struct {
    const char *name;
    int has;
  } hook[] = { { "open", !!o->open },      { "close", !!o->close },         { "epoch", !!o->epoch },
               { "input", !!o->input },    { "loss", !!o->loss },           { "own", !!o->own },
               { "weigh", !!o->weigh },    { "direction", !!o->direction }, { "update", !!o->update },
               { "predict", !!o->predict } };
  int n = 0;
  printf("  hooks     ");
  for (size_t i = 0; i < sizeof hook / sizeof *hook; i++)
    if (hook[i].has)
      printf("%s%s", n++ ? ", " : "", hook[i].name);
  printf("%s\n", n ? "" : "none");
}

static void print_option(const char *plugin, const struct ho_option *o)
{
  static const char *const types[] = { [HO_INT] = "whole number",
                                       [HO_REAL] = "number",
                                       [HO_BOOL] = "true or false",
                                       [HO_CHOICE] = "choice",
                                       [HO_TEXT] = "text" };
  printf("\n  %s.%s=%s\n    ", plugin, o->name, *o->value ? o->value : "\"\"");
  printf("%s", types[o->type]);
  if (o->range) {
    printf(o->type == HO_CHOICE ? ": " : " in ");
    for (const char *c = o->range; *c; c++)
      if (*c == '|')
        printf(", ");
      else
        putchar(*c);
  }
  if (*o->help) {
    printf("\n    ");
    ho_help_wrapped(o->help, 4, 4);
  } else
    putchar('\n');
}

static void print_plugin(const struct ho_plugin *p)
{
  const struct ho_optimizer *o = &p->hooks;
  printf("%s\n", o->name);
  if (*o->summary)
    printf("  summary   %s\n", o->summary);
  if (*o->citation)
    printf("  citation  %s\n", o->citation);
  ho_say(stdout, "  file      %s\n  ABI       %u\n", p->file, (unsigned)o->abi);
  print_hooks(o);
  if (o->nets > 1)
    printf("  networks  %d\n", o->nets);
  if (o->lr > 0)
    printf("  lr        %g, unless --lr says otherwise\n", o->lr);
  printf("  options   %s\n", p->noptions ? "with their defaults; set one with -O NAME.option=value" : "none");
  for (int i = 0; i < p->noptions; i++)
    print_option(o->name, o->options + i);
}

/* A few lines: summary, citation and file, options with their defaults. */
static void print_short(const struct ho_plugin *p, int column)
{
  char options[4096] = "";
  size_t used = 0;
  for (int i = 0; i < p->noptions && used < sizeof options; i++) {
    const struct ho_option *o = &p->hooks.options[i];
    used += (size_t)snprintf(options + used, sizeof options - used, "%s%s=%s", i ? " " : "", o->name,
                             *o->value ? o->value : "\"\"");
  }
  printf("%-*s ", column - 1, p->hooks.name);
  ho_help_wrapped(p->hooks.summary, column, column);
  ho_say(stdout, "%*s%s%s%s\n", column, "", p->hooks.citation, *p->hooks.citation ? ", " : "", p->file);
  if (*options) {
    printf("%*s", column, "");
    ho_help_wrapped(options, column, column);
  }
}

static void warn(const char *message, void *arg)
{
  (void)arg;
  ho_say(stderr, "holdout: warning: %s\n", message);
}

static int print_all(const struct ho_plugin_path *path, int details, struct ho_error *err)
{
  struct ho_plugin **list;
  int n, column = 2;
  if (ho_plugin_list(path, &list, &n, warn, NULL, err))
    return -1;
  for (int i = 0; i < n; i++) {
    int width = (int)strlen(list[i]->hooks.name) + 2;
    column = width > column && width <= WIDEST ? width : column;
  }
  for (int i = 0; i < n; i++) {
    if (i)
      putchar('\n');
    if (details)
      print_plugin(list[i]);
    else
      print_short(list[i], column);
    ho_plugin_free(list[i]);
  }
  ho_free(list);
  if (n)
    return 0;
  char folders[700] = "";
  for (int i = 0; i < path->n; i++) {
    strncat(folders, i ? ", " : "", sizeof folders - strlen(folders) - 1);
    strncat(folders, path->folder[i], sizeof folders - strlen(folders) - 1);
  }
  return ho_error_set(err, "no optimizer found in %s; give another folder with --plugin-dir", folders);
}

static int print_named(const struct ho_plugin_path *path, const char *name, int first, struct ho_error *err)
{
  struct ho_plugin *p = ho_plugin_find(path, name, err);
  if (!p)
    return -1;
  if (!first)
    putchar('\n');
  print_plugin(p);
  ho_plugin_free(p);
  return 0;
}

static int print(const struct ho_arguments *a, const struct ho_plugin_path *path, struct ho_error *err)
{
  int failed = 0;
  if (a->npositional == 0)
    failed = print_all(path, a->flag[ALL] != NULL, err);
  for (int i = 0; i < a->npositional && !failed; i++)
    failed = print_named(path, a->positional[i], i == 0, err);
  return failed;
}

/* Listing, --new and --check are three commands; flags of another one are refused. */
static int wanted(const struct ho_arguments *a, struct ho_error *err)
{
  const char *mode = a->flag[NEW] ? "new" : a->flag[CHECK] ? "check" : NULL;
  const char *stray = mode && a->flag[NEW] && a->flag[CHECK] ? "--check"
                      : mode && a->npositional               ? a->positional[0]
                      : mode && a->flag[ALL]                 ? "--all"
                                                             : NULL;
  if (stray)
    return ho_error_set(err, "optimizers --%s: unexpected argument `%.200s'; see `holdout optimizers --help'", mode,
                        stray);
  if (a->flag[DIR] && !a->flag[NEW])
    return ho_error_set(err, "optimizers: --dir needs --new NAME; see `holdout optimizers --help'");
  for (int i = 0; ho_setting_table[i].name && !a->flag[CHECK]; i++)
    if (a->given[i] == HO_FROM_FLAG && strcmp(ho_setting_table[i].name, "plugin-dir") != 0)
      return ho_error_set(err, "optimizers: --%s needs --check FILE; see `holdout optimizers --help'",
                          ho_setting_table[i].name);
  return 0;
}

static int act(const struct ho_arguments *a, struct ho_error *err)
{
  const struct ho_settings *s = &a->settings;
  struct ho_plugin_path path;
  if (ho_plugin_path_make(&path, (const char *const *)s->plugin_dir, s->nplugin_dirs, err))
    return -1;
  int failed = a->flag[NEW]     ? ho_skeleton_write(a->flag[NEW], a->flag[DIR], &path, err)
               : a->flag[CHECK] ? ho_check_plugin(a->flag[CHECK], s, err)
                                : print(a, &path, err);
  ho_plugin_path_free(&path);
  return failed;
}

static int run(const struct ho_command *command, int argc, char **argv)
{
  struct ho_arguments a;
  struct ho_error err;
  int status = ho_arguments_parse(command, argc, argv, &a);
  if (status < 0 && wanted(&a, &err)) {
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  } else if (status < 0)
    status = act(&a, &err) ? ho_fail(&err) : HO_EXIT_OK;
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { "option", "plugin-dir", "engine", "precision", NULL };
static const struct ho_flag flags[] = {
  [ALL] = { "all", 'a', NULL, "options and hooks of every optimizer" },
  [NEW] = { "new", 0, "NAME", "write a template of a plugin: NAME.c, Makefile, README.md" },
  [DIR] = { "dir", 0, "FOLDER", "where --new writes them (default ./NAME)" },
  [CHECK] = { "check", 0, "FILE.so", "check a plugin: gradients, determinism, resume, memory, ..." },
  { 0 },
};

const struct ho_command ho_command_optimizers = {
  .name = "optimizers",
  .summary = "list the optimizers and their options; begin a new one; check one",
  .usage = "[FLAGS] [NAME...] | --new NAME | --check FILE.so",
  .text = "Lists every optimizer found, with its citation, file, options and defaults; with a NAME, also "
          "describes each option and its values. Folders are searched in order: those of --plugin-dir, those of "
          "$HOLDOUT_PLUGIN_PATH (separated by colons), the installed one. If several have the same name, the "
          "first is used.\n\n"
          "A file that cannot be used is reported on standard error; it is an error only if it was asked for by "
          "name.\n\n"
          "--new writes a small working plugin. --check trains tiny networks with a plugin and calls its hooks "
          "to test that it follows the contract in holdout/optimizer.h, with the options given by -O; it prints "
          "one line per check, and the exit status is 1 if one fails. holdout-optimizer(3) describes how to "
          "write plugins.",
  .examples = "holdout optimizers\nholdout optimizers bilevel\nholdout optimizers --plugin-dir ~/my-plugins --all\n"
              "holdout optimizers --new my-method\n"
              "holdout optimizers --check my-method/my-method.so -O my-method.limit=0\n",
  .settings = settings,
  .flags = flags,
  .max_positional = 16,
  .run = run,
};
