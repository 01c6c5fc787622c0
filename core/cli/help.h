/* SPDX-License-Identifier: MIT
 * help.h - prints --help and --version, from the tables. */
#ifndef HO_HELP_H
#define HO_HELP_H

#include "cli/cli.h"

extern const struct ho_command *const ho_commands[]; /* ended by NULL */

void ho_help_program(void);
void ho_help_command(const struct ho_command *);
void ho_help_version(void);

/* Does the command take this setting as a flag?  Does it read -c FILE? */
int ho_command_takes(const struct ho_command *, const struct ho_setting *);
int ho_command_reads_config(const struct ho_command *);

/* Prints `text' and a newline.  The cursor is in column `at'; further lines are indented to column `indent'. */
void ho_help_wrapped(const char *text, int at, int indent);

#endif
