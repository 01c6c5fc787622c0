/* SPDX-License-Identifier: MIT
 * training.h - trains a run for a person at a terminal: with progress, until it ends or a signal stops it. */
#ifndef HO_CLI_TRAINING_H
#define HO_CLI_TRAINING_H

#include "settings/settings.h"

/* Trains as ho_run_train_fold does, or, where labels_of is NULL, as ho_run_train, on the machine that the settings ask for.
 * Errors, warnings, progress and, after a stop, the command that goes on are printed on standard error; `go_on' prints that
 * command but for the program's name.  Returns the exit status, HO_EXIT_OK when the run is finished. */
int ho_training_run(const struct ho_settings *, const char *labels_of, void (*go_on)(const void *arg), const void *arg);

/* Prints a space and the word on standard error, quoted so that a shell reads it back.  Control characters are written as
 * octal escapes, as bash reads them. */
void ho_training_print_word(const char *);

#endif
