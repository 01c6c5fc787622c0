/* SPDX-License-Identifier: MIT
 * completion.c - holdout completion: what may follow on the command line, from the tables that --help is made of.
 *
 * The scripts for shells (complete/) ask the program itself: `holdout completion --words WORD...' prints what the last word
 * may become, a line each: the whole word, a tab, what it is.  A line `:files PREFIX' says that it is a path after PREFIX. */
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "cli/complete_texts.h"
#include "cli/experiments.h"
#include "cli/help.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "labels/noise.h"
#include "nn/net.h"
#include "plugin/path.h"
#include "report/suspects.h"

/* The word to complete: `prefix', which stays, then `typed', of which we say what it may become. */
struct word {
  char prefix[PATH_MAX];
  const char *typed;
};

static void __attribute__((format(printf, 3, 4))) offer(const struct word *w, const char *help, const char *format, ...)
{
  char text[PATH_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (!strncmp(text, w->typed, strlen(w->typed)))
    ho_say(stdout, "%s%s\t%.*s\n", w->prefix, text, (int)strcspn(help, "\n:;"), help);
}

/* ---- values ---- */

static void offer_choices(const struct word *w, const char *choices)
{
  for (const char *at = choices; *at; at += strcspn(at, "|"), at += *at == '|')
    offer(w, "", "%.*s", (int)strcspn(at, "|"), at);
}

static void offer_files(const struct word *w)
{
  ho_say(stdout, ":files %s\n", w->prefix);
}

static void offer_data_sets(const struct word *w)
{
  if (strchr(w->typed, ':'))
    return;
  for (const struct ho_dataset_kind *k = ho_dataset_kinds(); k->name; k++)
    offer(w, k->summary, "%s%s", k->name, k->argument ? ":" : "");
}

static void offer_fetched(const struct word *w)
{
  for (const struct ho_dataset_kind *k = ho_dataset_kinds(); k->name; k++)
    if (k->probes)
      offer(w, k->summary, "%s", k->name);
  offer(w, "all of them", "all");
}

static void offer_nets(const struct word *w)
{
  size_t length = strcspn(w->typed, ":");
  for (const struct ho_model *const *m = ho_models(); *m; m++) {
    const struct ho_net_option *o = (*m)->options;
    if (!w->typed[length])
      offer(w, (*m)->summary, "%s", (*m)->name);
    else if (strlen((*m)->name) == length && !strncmp((*m)->name, w->typed, length))
      for (; o && o->name; o++) {
        const char *last = strrchr(w->typed, ',');
        int before = last ? (int)(last - w->typed) + 1 : (int)length + 1;
        offer(w, "", "%.*s%s=", before, w->typed, o->name);
      }
  }
}

static void offer_noise(const struct word *w)
{
  for (const struct ho_noise_model *m = ho_noise_models(); m->name; m++)
    offer(w, m->summary, "%s%s", m->name, m->takes_rate ? ":" : "");
  if (!strncmp(w->typed, "file:", 5)) {
    struct word path = *w;
    strncat(path.prefix, "file:", sizeof path.prefix - strlen(path.prefix) - 1);
    offer_files(&path);
  } else
    offer(w, "labels from a file", "file:");
}

static void offer_augments(const struct word *w)
{
  for (const struct ho_augment *a = ho_augments(); a->name; a++)
    offer(w, a->summary, "%s", a->name);
}

/* The optimizers that are installed, after `before' characters of a chain; or their options. */
static void offer_plugins(const struct word *w, int before, int options)
{
  struct ho_plugin_path path;
  struct ho_plugin **list;
  int n = 0;
  if (ho_plugin_path_make(&path, NULL, 0, NULL) || ho_plugin_list(&path, &list, &n, NULL, NULL, NULL)) {
    ho_plugin_path_free(&path);
    return;
  }
  for (int i = 0; i < n; i++) {
    const struct ho_optimizer *o = &list[i]->hooks;
    if (!options)
      offer(w, o->summary, "%.*s%s", before, w->typed, o->name);
    for (int k = 0; options && k < list[i]->noptions; k++)
      offer(w, o->options[k].help, "%s.%s=", o->name, o->options[k].name);
    ho_plugin_free(list[i]);
  }
  ho_free(list);
  ho_plugin_path_free(&path);
}

static void offer_optimizers(const struct word *w)
{
  offer_plugins(w, 0, 0);
}

static void offer_chains(const struct word *w)
{
  const char *plus = strrchr(w->typed, '+');
  offer_plugins(w, plus ? (int)(plus - w->typed) + 1 : 0, 0);
}

static void offer_options(const struct word *w)
{
  offer_plugins(w, 0, 1);
}

static void offer_rankings(const struct word *w)
{
  for (int k = 0; k < HO_RANKINGS; k++)
    offer(w, "", "%s", ho_ranking_names[k]);
}

static void offer_sets(const struct word *w)
{
  offer_choices(w, "test|train|validation");
}

static void offer_formats(const struct word *w)
{
  offer_choices(w, "text|tsv|csv|markdown|json");
}

static void offer_shells(const struct word *w)
{
  offer_choices(w, "bash|zsh|fish");
}

static void offer_experiment(const char *name, const char *about, void *word)
{
  offer(word, about, "%s", name);
}

static void offer_experiments(const struct word *w)
{
  ho_experiments_each(offer_experiment, (void *)w);
}

static void offer_commands(const struct word *w)
{
  for (int i = 0; ho_commands[i]; i++)
    offer(w, ho_commands[i]->summary, "%s", ho_commands[i]->name);
}

/* Folders of runs, and with a slash those that may have runs in them. */
static void offer_runs(const struct word *w)
{
  char pattern[PATH_MAX], config[PATH_MAX + 16];
  glob_t found;
  struct stat st;
  if (snprintf(pattern, sizeof pattern, "%s*", w->typed) >= (int)sizeof pattern ||
      glob(pattern, GLOB_TILDE, NULL, &found))
    return;
  for (size_t i = 0; i < found.gl_pathc; i++) {
    const char *path = found.gl_pathv[i];
    snprintf(config, sizeof config, "%s/config.yaml", path);
    if (!stat(config, &st))
      offer(w, "a run", "%s", path);
    else if (!stat(path, &st) && S_ISDIR(st.st_mode))
      offer(w, "", "%s/", path);
  }
  globfree(&found);
}

/* Values of flags by the flag's name. */
static const struct values {
  const char *name;
  void (*offer)(const struct word *);
} of_flag[] = { { "dataset", offer_data_sets },
                { "net", offer_nets },
                { "noise", offer_noise },
                { "optimizer", offer_chains },
                { "option", offer_options },
                { "augment", offer_augments },
                { "resume", offer_runs },
                { "by", offer_rankings },
                { "set", offer_sets },
                { "format", offer_formats },
                { 0 } },
  /* Arguments by the name of the command; where it is not named here, they are runs, or else files. */
    of_command[] = { { "data", offer_data_sets },
                     { "fetch", offer_fetched },
                     { "nets", offer_nets },
                     { "optimizers", offer_optimizers },
                     { "experiments", offer_experiments },
                     { "completion", offer_shells },
                     { "help", offer_commands },
                     { 0 } };

static const struct values *find(const struct values *list, const char *name)
{
  for (; list->name; list++)
    if (!strcmp(list->name, name))
      return list;
  return NULL;
}

/* ---- flags ---- */

struct flag { /* one of a command, a setting or its own */
  const char *name, *argument, *help, *choices;
  char letter;
};

/* Flag i of the command; 0 if there are fewer. */
static int flag_at(const struct ho_command *c, int i, struct flag *f)
{
  static const struct flag help = { "help", NULL, "show the help of the command", NULL, 'h' },
                           config = { "config", "FILE", "YAML file of settings", NULL, 'c' };
  const struct ho_flag *own = c->flags;
  if (i == 0)
    return *f = help, 1;
  if (i == 1 && ho_command_reads_config(c))
    return *f = config, 1;
  i -= 1 + ho_command_reads_config(c);
  for (; own && own->name; own++)
    if (i-- == 0)
      return *f = (struct flag){ own->name, own->argument, own->help, NULL, own->letter }, 1;
  for (const struct ho_setting *d = ho_setting_table; d->name; d++)
    if (ho_command_takes(c, d) && i-- == 0) {
      int chosen = d->type == HO_SETTING_CHOICE || d->type == HO_SETTING_DEVICE;
      *f = (struct flag){ d->name, d->type == HO_SETTING_BOOL ? NULL : d->argument, d->help, chosen ? d->range : NULL,
                          d->letter };
      return 1;
    }
  return 0;
}

/* The flag that a word is: --name, --name=value or -x. */
static int flag_find(const struct ho_command *c, const char *word, struct flag *f)
{
  size_t length = strcspn(word, "=");
  for (int i = 0; flag_at(c, i, f); i++)
    if ((!strncmp(word, "--", 2) && strlen(f->name) + 2 == length && !strncmp(word + 2, f->name, length - 2)) ||
        (word[0] == '-' && word[1] == f->letter && f->letter && !word[2]))
      return 1;
  return 0;
}

static void offer_flags(const struct word *w, const struct ho_command *c)
{
  struct flag f;
  for (int i = 0; flag_at(c, i, &f); i++)
    offer(w, f.help, "--%s", f.name);
}

static void offer_value(const struct word *w, const struct flag *f)
{
  const struct values *v = find(of_flag, f->name);
  if (f->choices)
    offer_choices(w, f->choices);
  else if (v)
    v->offer(w);
  else if (f->argument && (!strncmp(f->argument, "FILE", 4) || !strcmp(f->argument, "PATH") ||
                           !strncmp(f->argument, "DIR", 3) || !strcmp(f->argument, "FOLDER")))
    offer_files(w);
}

/* ---- the command line ---- */

static const struct ho_command *command_of(const char *name)
{
  for (int i = 0; ho_commands[i]; i++)
    if (!strcmp(ho_commands[i]->name, name))
      return ho_commands[i];
  return NULL;
}

static void complete_in(const struct ho_command *c, const char *before, const char *typed)
{
  struct flag f;
  struct word w = { .typed = typed };
  size_t length = strcspn(typed, "=");
  const struct values *v = find(of_command, c->name);
  if (flag_find(c, before, &f) && f.argument && !strchr(before, '='))
    offer_value(&w, &f);
  else if (*typed == '-' && typed[length] && flag_find(c, typed, &f)) {
    snprintf(w.prefix, sizeof w.prefix, "%.*s", (int)length + 1, typed);
    w.typed = typed + length + 1;
    offer_value(&w, &f);
  } else if (*typed == '-')
    offer_flags(&w, c);
  else if (v)
    v->offer(&w);
  else if (strstr(c->usage, "RUN"))
    offer_runs(&w);
  else if (c->max_positional)
    offer_files(&w);
}

/* word [n]: what stands after `holdout', the last of them not finished. */
static void complete(char **word, int n)
{
  struct word w = { .typed = n ? word[n - 1] : "" };
  if (n > 1) {
    const struct ho_command *c = command_of(word[0]);
    if (c)
      complete_in(c, word[n - 2], w.typed);
    else if (!strcmp(word[0], "help"))
      offer_commands(&w);
    return;
  }
  offer_commands(&w);
  offer(&w, "show the help of a command", "help");
  offer(&w, "this program's help", "--help");
  offer(&w, "version, libraries, processor", "--version");
}

/* ---- the command ---- */

static int run(const struct ho_command *command, int argc, char **argv)
{
  static const struct {
    const char *shell, *text;
  } scripts[] = { { "bash", ho_complete_bash }, { "zsh", ho_complete_zsh }, { "fish", ho_complete_fish } };
  struct ho_arguments a;
  struct ho_error err;
  if (argc > 1 && !strcmp(argv[1], "--words")) {
    complete(argv + 2, argc - 2);
    return HO_EXIT_OK;
  }
  int status = ho_arguments_parse(command, argc, argv, &a);
  for (size_t i = 0; status < 0 && a.npositional && i < sizeof scripts / sizeof *scripts; i++)
    if (!strcmp(a.positional[0], scripts[i].shell)) {
      fputs(scripts[i].text, stdout);
      status = HO_EXIT_OK;
    }
  if (status < 0) {
    ho_error_set(&err, "completion needs the name of a shell: bash, zsh or fish; see `holdout completion --help'");
    ho_fail(&err);
    status = HO_EXIT_USAGE;
  }
  ho_arguments_free(&a);
  return status;
}

static const char *const settings[] = { NULL };

const struct ho_command ho_command_completion = {
  .name = "completion",
  .summary = "print a script by which a shell completes commands",
  .usage = "bash | zsh | fish",
  .text =
      "Prints a script that lets the shell complete commands, flags and values: data sets, networks, optimizers and "
      "their options, noise models, folders of runs. The script asks this program, so it knows the optimizers that "
      "are installed. `make install' puts the scripts where shells look for them; otherwise read them when the "
      "shell starts, as below.",
  .examples = "source <(holdout completion bash)              # in ~/.bashrc\n"
              "source <(holdout completion zsh)               # in ~/.zshrc, after compinit\n"
              "holdout completion fish >~/.config/fish/completions/holdout.fish",
  .settings = settings,
  .max_positional = 1,
  .run = run,
};
