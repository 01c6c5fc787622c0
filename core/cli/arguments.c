/* SPDX-License-Identifier: MIT
 * arguments.c - flags, by getopt_long over the tables of a command; see cli.h.
 *
 * getopt_long accepts abbreviations, which would change their meaning with each new flag; here they are refused. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/help.h"
#include "plugin/chain.h"

enum { SETTING = 1000, FLAG = 2000, HELP = 3000, CONFIG, MOST = HO_SETTINGS_MOST + 20 };

struct given { /* a setting as a flag, until the file has been read */
  const struct ho_setting *setting;
  const char *text;
};

struct parse {
  const struct ho_command *command;
  struct ho_arguments *out;
  struct option option[MOST + 1];
  char letters[3 * MOST];
  int code[256]; /* of a letter */
  int n;
  struct given *given;
  const char **config;
  int ngiven, nconfig, help;
};

static int usage(const struct parse *p, const struct ho_error *err)
{
  fprintf(stderr, "holdout: %s: %s; see `holdout %s --help'\n", p->command->name, err->text, p->command->name);
  return HO_EXIT_USAGE;
}

static void add(struct parse *p, const char *name, char letter, int has_argument, int code)
{
  static const char *const colons[] = { [no_argument] = "", [required_argument] = ":", [optional_argument] = "" };
  p->option[p->n++] = (struct option){ name, has_argument, NULL, code };
  if (letter) {
    size_t used = strlen(p->letters);
    p->code[(unsigned char)letter] = code;
    snprintf(p->letters + used, sizeof p->letters - used, "%c%s", letter, colons[has_argument]);
  }
}

static void options_make(struct parse *p)
{
  const struct ho_command *c = p->command;
  strcpy(p->letters, "-:"); /* report positional arguments in order, and missing values by ':' */
  add(p, "help", 'h', no_argument, HELP);
  if (ho_command_reads_config(c))
    add(p, "config", 'c', required_argument, CONFIG);
  for (int i = 0; c->flags && c->flags[i].name; i++)
    add(p, c->flags[i].name, c->flags[i].letter, c->flags[i].argument ? required_argument : no_argument, FLAG + i);
  for (int i = 0; ho_setting_table[i].name; i++)
    if (ho_command_takes(c, ho_setting_table + i))
      add(p, ho_setting_table[i].name, ho_setting_table[i].letter,
          ho_setting_table[i].type == HO_SETTING_BOOL ? optional_argument : required_argument, SETTING + i);
}

static int unknown(const struct parse *p, const char *word, struct ho_error *err)
{
  const char *names[MOST], *nearest;
  char typed[64];
  for (int i = 0; i < p->n; i++)
    names[i] = p->option[i].name;
  if (word[1] != '-')
    return ho_error_set(err, "unknown flag `-%c'", optopt);
  snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word + 2, "="), word + 2);
  nearest = ho_text_nearest(typed, names, (size_t)p->n);
  if (nearest)
    return ho_error_set(err, "unknown flag `--%s' (did you mean `--%s'?)", typed, nearest);
  return ho_error_set(err, "unknown flag `--%s'", typed);
}

/* Refuses an empty path or the like, such as an unset shell variable leaves.  Other settings are checked when they are
 * set, and may be empty to undo what a configuration says. */
static int empty(int code)
{
  if (!optarg || *optarg || code < SETTING)
    return 0;
  return code >= FLAG || (ho_setting_table[code - SETTING].type == HO_SETTING_TEXT &&
                          ho_setting_table[code - SETTING].flags & HO_SETTING_MACHINE);
}

/* Handles what getopt_long found in `word': the code it returned, and `index' of a long flag, or -1. */
static int take(struct parse *p, int code, int index, const char *word, struct ho_error *err)
{
  struct ho_arguments *out = p->out;
  if (code == 1) {
    if (out->npositional >= p->command->max_positional)
      return ho_error_set(err, "unexpected argument `%.200s'", optarg);
    if (!*optarg)
      return ho_error_set(err, "an argument is empty");
    out->positional[out->npositional++] = optarg;
    return 0;
  }
  if (code == ':' && word[1] != '-')
    return ho_error_set(err, "flag `-%c' needs a value", optopt);
  size_t length = strcspn(word, "=");
  int known = 0;
  for (int i = 0; i < p->n && !known; i++)
    known = strlen(p->option[i].name) + 2 == length && !strncmp(p->option[i].name, word + 2, length - 2);
  if (word[1] == '-' && !known)
    return unknown(p, word, err);
  if (code == ':')
    return ho_error_set(err, "flag `%s' needs a value", word);
  if (code == '?')
    return word[1] == '-' ? ho_error_set(err, "flag `%.*s' takes no value", (int)length, word) : unknown(p, word, err);
  if (optarg && !strncmp(optarg, "--", 2) && (optarg < word || optarg > word + strlen(word)))
    return ho_error_set(err, "flag `%s' needs a value, but `%.200s' follows", word, optarg);
  if (index < 0)
    code = p->code[code & 255];
  if (empty(code))
    return ho_error_set(err, "flag `%.*s' needs a value that is not empty", (int)length, word);
  if (code == HELP)
    p->help = 1;
  else if (code == CONFIG)
    p->config[p->nconfig++] = optarg;
  else if (code >= FLAG)
    out->flag[code - FLAG] = optarg ? optarg : "1";
  else {
    p->given[p->ngiven++] = (struct given){ ho_setting_table + (code - SETTING), optarg ? optarg : "true" };
    out->given[code - SETTING] = HO_FROM_FLAG;
  }
  return 0;
}

static int walk(struct parse *p, int argc, char **argv, struct ho_error *err)
{
  optind = 0; /* glibc: start anew */
  for (;;) {
    int index = -1, at = optind ? optind : 1;
    int code = getopt_long(argc, argv, p->letters, p->option, &index);
    if (code == -1)
      break;
    if (take(p, code, index, argv[at], err))
      return -1;
    if (p->help)
      return 0;
  }
  for (; optind < argc; optind++) { /* behind -- */
    optarg = argv[optind];
    if (take(p, 1, -1, optarg, err))
      return -1;
  }
  return 0;
}

/* Defaults, then the files, then the flags. */
static int settings_fill(struct parse *p, struct ho_error *err)
{
  struct ho_arguments *out = p->out;
  struct ho_error why;
  for (int i = 0; i < p->nconfig; i++)
    if (ho_settings_read_yaml(&out->settings, p->config[i], out->given, err))
      return -1;
  for (int i = 0; i < p->ngiven; i++)
    if (ho_settings_set(&out->settings, p->given[i].setting, p->given[i].text, &why))
      return ho_error_set(err, "--%s", why.text);
  return 0;
}

/* A file called - is standard output. */
static int standard_output(const struct parse *p, struct ho_error *err)
{
  const struct ho_flag *f = p->command->flags;
  int n = 0;
  for (int i = 0; f && f[i].name; i++)
    n += f[i].argument && !strncmp(f[i].argument, "FILE", 4) && p->out->flag[i] && !strcmp(p->out->flag[i], "-");
  if (n > 1)
    return ho_error_set(err, "only one file can be standard output (-)");
  return n ? ho_output_standard(err) : 0;
}

static int parse(struct parse *p, int argc, char **argv, struct ho_error *err)
{
  options_make(p);
  p->given = ho_alloc((size_t)argc + 1, sizeof *p->given, "flags", err);
  p->config = ho_alloc((size_t)argc + 1, sizeof *p->config, "flags", err);
  p->out->positional = ho_alloc((size_t)argc + 1, sizeof *p->out->positional, "arguments", err);
  if (!p->given || !p->config || !p->out->positional || ho_settings_default(&p->out->settings, err) ||
      walk(p, argc, argv, err))
    return usage(p, err);
  if (p->help) {
    ho_help_command(p->command);
    return HO_EXIT_OK;
  }
  if (settings_fill(p, err) || standard_output(p, err))
    return usage(p, err);
  ho_memory_set_bound((size_t)p->out->settings.memory_limit);
  return -1;
}

int ho_arguments_parse(const struct ho_command *command, int argc, char **argv, struct ho_arguments *out)
{
  struct ho_error err;
  struct parse *p = ho_alloc(1, sizeof *p, "flags", &err);
  memset(out, 0, sizeof *out);
  if (!p)
    return ho_fail(&err);
  p->command = command;
  p->out = out;
  int status = parse(p, argc, argv, &err);
  ho_free(p->given);
  ho_free(p->config);
  ho_free(p);
  return status;
}

int ho_arguments_set_lr(struct ho_arguments *a, struct ho_error *err)
{
  struct ho_chain chain = { .n = 0 };
  struct ho_plugin_path path = { 0 };
  struct ho_settings *s = &a->settings;
  if (a->given[ho_setting_find("lr") - ho_setting_table] != HO_FROM_DEFAULT)
    return 0;
  int bad = ho_plugin_path_make(&path, (const char *const *)s->plugin_dir, s->nplugin_dirs, err) ||
            ho_chain_make(&chain, s->optimizer, &path, (const char *const *)s->option, s->noptions, err);
  if (!bad && ho_chain_lr(&chain) > 0)
    s->lr = ho_chain_lr(&chain);
  ho_chain_free(&chain);
  ho_plugin_path_free(&path);
  return bad ? -1 : 0;
}

void ho_arguments_free(struct ho_arguments *a)
{
  ho_settings_free(&a->settings);
  ho_free(a->positional);
  memset(a, 0, sizeof *a);
}
