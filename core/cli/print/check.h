/* SPDX-License-Identifier: MIT
 * check.h - holdout optimizers --check: the checks of train/conform.h on one plugin, a line each. */
#ifndef HO_CHECK_H
#define HO_CHECK_H

#include "cli/cli.h"

/* Prints as it goes; 0 when nothing failed, else -1 with a message that names what did. */
int ho_check_plugin(const char *file, const struct ho_settings *, struct ho_error *);

#endif
