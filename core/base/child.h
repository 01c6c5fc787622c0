/* SPDX-License-Identifier: MIT
 * child.h - another program that reads a text. */
#ifndef HO_CHILD_H
#define HO_CHILD_H

#include <stddef.h>

#include "base/error.h"

/* Runs a program found in PATH, argv[0], with `text' as its standard input and the file descriptor `out' as its standard
 * output, and waits for it.  No shell is involved.  Returns -1 if it is not there (the message ends with `remedy', which
 * says what to install), cannot be started, or ends with another status than 0; its standard error is this program's. */
int ho_child_run(const char *const *argv, const char *text, size_t size, int out, const char *remedy,
                 struct ho_error *);

#endif
