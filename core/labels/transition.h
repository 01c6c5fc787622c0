/* SPDX-License-Identifier: MIT
 * transition.h - transition matrices of label noise: T[K][K], row-major, T[k][j] = P(given label j | true label k).
 *
 * In a file: K lines of K numbers, separated by blanks or tabs; empty lines and what follows a # are notes.  Each row
 * sums to 1, to a thousandth; it is read as divided by its sum. */
#ifndef HO_TRANSITION_H
#define HO_TRANSITION_H

#include "base/error.h"

/* T [classes][classes].  The message names file, line and remedy. */
int ho_transition_read(const char *path, int classes, double *T, struct ho_error *);
/* `note': one line or more, each written behind a #.  The file appears whole or not at all. */
int ho_transition_write(const char *path, int classes, const double *T, const char *note, struct ho_error *);

#endif
