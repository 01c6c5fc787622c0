/* SPDX-License-Identifier: MIT
 * cli.h - what the subcommands share: a description each, one parser of flags, exit statuses.
 *
 * Exit status: 0 done; 1 it failed, one line `holdout: ...' on standard error said why; 2 wrong usage, likewise; 128+N
 * ended by signal N after a checkpoint.  Results go to standard output, everything else to standard error. */
#ifndef HO_CLI_H
#define HO_CLI_H

#include <stdio.h>

#include "base/error.h"
#include "settings/settings.h"

enum { HO_EXIT_OK = 0, HO_EXIT_FAILED = 1, HO_EXIT_USAGE = 2 };

struct ho_flag { /* a flag of one subcommand that is no setting of a run */
  const char *name;
  char letter;
  const char *argument; /* NULL: a switch, "1" when given */
  const char *help;
};

struct ho_command {
  const char *name, *summary;  /* one line, for `holdout --help' */
  const char *usage;           /* "[FLAGS] RUN" */
  const char *text;            /* a paragraph or two */
  void (*list)(void);          /* prints what follows them from tables; may be NULL */
  const char *examples;        /* lines, shown indented */
  const char *const *settings; /* names of the settings it takes as flags, NULL ends; NULL: all of them */
  const struct ho_flag *flags; /* its own; a NULL name ends; may be NULL */
  int max_positional;
  int (*run)(const struct ho_command *, int argc,
             char **argv); /* argv[0] is the subcommand's name; gives exit status */
};
extern const struct ho_command ho_command_train, ho_command_eval, ho_command_noise, ho_command_data, ho_command_nets,
    ho_command_optimizers, ho_command_show, ho_command_suspects, ho_command_bench, ho_command_trace;

struct ho_arguments {
  struct ho_settings settings;
  const char *flag[16];    /* value of flags[i], NULL when not given */
  const char **positional; /* [npositional] */
  int npositional;
  unsigned char given[HO_SETTINGS_MOST]; /* given[i]: where setting i of the table came from: HO_FROM_FLAG, ... or 0 */
};

/* Parses argv by getopt_long (abbreviations refused), reads -c FILE, applies defaults < file < flags.  Gives -1 to go on;
 * else the exit status, everything said (--help, an error).  Free with ho_arguments_free in either case. */
int ho_arguments_parse(const struct ho_command *, int argc, char **argv, struct ho_arguments *);
void ho_arguments_free(struct ho_arguments *);

/* Before a command computes: threads and arithmetic as the settings say; warns on standard error where OpenBLAS will be
 * slow. */
int ho_machine_setup(const struct ho_settings *, struct ho_error *);

/* `holdout: message' on standard error, once; gives HO_EXIT_FAILED. */
int ho_fail(const struct ho_error *);

/* `holdout: warning: sentence' on standard error, a line for each. */
void ho_print_warnings(const struct ho_warnings *);

/* Printed, but nothing in it that a terminal obeys other than tabs and ends of lines: for names, paths and texts out of
 * files. */
void ho_say(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));

extern const char *ho_program; /* argv[0] of main, to find the build tree */

#endif
