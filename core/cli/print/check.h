/* SPDX-License-Identifier: MIT
 * check.h - holdout optimizers --check: runs the checks of conform/conform.h on one plugin, a line each. */
#ifndef HO_CHECK_H
#define HO_CHECK_H

#include "cli/cli.h"

/* Prints each check as it ends.  Returns 0 if none failed, else -1 with a message that names those that did. */
int ho_check_plugin(const char *file, const struct ho_settings *, struct ho_error *);

#endif
