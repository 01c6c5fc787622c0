/* SPDX-License-Identifier: MIT
 * skeleton.h - holdout optimizers --new: a plugin to begin with, that builds, runs and passes the checks. */
#ifndef HO_SKELETON_H
#define HO_SKELETON_H

#include "cli/cli.h"
#include "plugin/path.h"

/* Writes NAME.c, Makefile and README into `folder' (NULL: ./NAME), or nothing: a file that is there, or an optimizer of
 * that name in the path, is a refusal.  Tells on standard output what was written. */
int ho_skeleton_write(const char *name, const char *folder, const struct ho_plugin_path *, struct ho_error *);

#endif
