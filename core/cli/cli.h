/* SPDX-License-Identifier: MIT
 * cli.h - what subcommands share: their description, the parser of flags, exit statuses.
 *
 * Exit status: 0 success; 1 failure; 2 wrong usage; 75 (EX_TEMPFAIL) stopped by --time-limit and 128+N by signal N,
 * both after a checkpoint; 141, without a message, if what reads standard output has closed it (`| head').  Failure and wrong usage come with one line `holdout: ...' on standard error.  Results go to
 * standard output, everything else to standard error. */
#ifndef HO_CLI_H
#define HO_CLI_H

#include <stdio.h>

#include "base/error.h"
#include "nn/engine_load.h"
#include "settings/settings.h"

enum { HO_EXIT_OK = 0, HO_EXIT_FAILED = 1, HO_EXIT_USAGE = 2, HO_EXIT_OUT_OF_TIME = 75, HO_EXIT_CLOSED = 141 };

struct ho_flag { /* a flag of one subcommand that is not a setting */
  const char *name;
  char letter;
  const char *argument; /* NULL: a switch, whose value is "1" if given */
  const char *help;
};

struct ho_command {
  const char *name, *summary;  /* one line, for `holdout --help' */
  const char *usage;           /* "[FLAGS] RUN" */
  const char *text;            /* a paragraph or two */
  void (*list)(void);          /* prints what follows the text, from tables; may be NULL */
  const char *examples;        /* lines, shown indented */
  const char *const *settings; /* settings that are flags of it, ended by NULL; NULL: all of them */
  const struct ho_flag *flags; /* its own, ended by a NULL name; may be NULL */
  int max_positional;
  int (*run)(const struct ho_command *, int argc,
             char **argv); /* argv[0] is the subcommand's name; returns the exit status */
};
extern const struct ho_command ho_command_train, ho_command_eval, ho_command_noise, ho_command_data, ho_command_nets,
    ho_command_optimizers, ho_command_show, ho_command_plot, ho_command_predict, ho_command_suspects, ho_command_bench,
    ho_command_trace, ho_command_fetch, ho_command_experiments, ho_command_completion;

struct ho_arguments {
  struct ho_settings settings;
  const char *flag[16];    /* value of flags[i], NULL if not given */
  const char **positional; /* [npositional] */
  int npositional;
  unsigned char given[HO_SETTINGS_MOST]; /* where setting i of the table came from: HO_FROM_FLAG, ... */
};

/* Parses argv with getopt_long, without abbreviations, and reads -c FILE.  Returns -1 to go on, else the exit status:
 * help or an error has been printed.  In both cases the caller frees with ho_arguments_free. */
int ho_arguments_parse(const struct ho_command *, int argc, char **argv, struct ho_arguments *);
void ho_arguments_free(struct ho_arguments *);

/* The settings of the run in `dir', with the machine's flags of this call; --data-dir is, if it is not given, where the run
 * found its data (run/whereabouts.h).  Freed by ho_settings_free, after a failure,
 * too. */
int ho_run_settings(const struct ho_arguments *, const char *dir, struct ho_settings *, struct ho_error *);

/* Sets the learning rate, if neither flag nor file did, to that of the optimizers, if one of them has its own. */
int ho_arguments_set_lr(struct ho_arguments *, struct ho_error *);

/* Sets up threads and arithmetic by the settings, before a command computes, and opens the device that runs networks,
 * which the caller closes by ho_device_close.  Warns on standard error if OpenBLAS will be slow.  Returns -1, and NULL as
 * the device, if the machine cannot. */
int ho_machine_setup(const struct ho_settings *, struct ho_device **, struct ho_error *);

/* Prints `holdout: message' on standard error.  Returns HO_EXIT_FAILED.  For HO_ERROR_CLOSED it prints nothing and returns
 * HO_EXIT_CLOSED. */
int ho_fail(const struct ho_error *);

/* Prints `holdout: warning: sentence' on standard error, one line for each. */
void ho_print_warnings(const struct ho_warnings *);

/* fprintf that replaces what a terminal may interpret, except tabs and newlines: for names, paths and texts of files. */
void ho_say(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));

extern const char *ho_program; /* argv[0] of main, to find the build tree */

#endif
