/* SPDX-License-Identifier: MIT
 * program.h - where the running program lies, so that a build tree or an installed copy can be moved as a whole. */
#ifndef HO_PROGRAM_H
#define HO_PROGRAM_H

#include <stddef.h>

/* Writes the path that leads from the program's folder, with all links resolved, along `way', which may begin with ../
 * as often as need be.  Returns -1 if the folder is not known or the path does not fit. */
int ho_program_path(const char *way, char *out, size_t size);

#endif
