/* SPDX-License-Identifier: MIT
 * transition.h - files of transition matrices: T [K][K], row-major, T[k][j] = P(given label j | true label k).
 *
 * A file has K lines of K numbers, separated by blanks or tabs; empty lines and all text after a # are ignored.  Each row
 * sums to 1 within 0.001, and is divided by its sum when it is read. */
#ifndef HO_TRANSITION_H
#define HO_TRANSITION_H

#include "base/error.h"

/* Reads T [classes][classes].  Messages name file and line. */
int ho_transition_read(const char *path, int classes, double *T, struct ho_error *);
/* Writes the file atomically.  note: one or more lines of text, each written after a #. */
int ho_transition_write(const char *path, int classes, const double *T, const char *note, struct ho_error *);

#endif
