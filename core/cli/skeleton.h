/* SPDX-License-Identifier: MIT
 * skeleton.h - holdout optimizers --new: writes a new plugin that builds, runs and passes the checks. */
#ifndef HO_SKELETON_H
#define HO_SKELETON_H

#include "cli/cli.h"
#include "plugin/path.h"

/* Writes NAME.c, Makefile and README into `folder' (NULL: ./NAME) and lists them on standard output.  Fails and writes
 * nothing if one of the files, or an optimizer of that name, exists. */
int ho_skeleton_write(const char *name, const char *folder, const struct ho_plugin_path *, struct ho_error *);

#endif
