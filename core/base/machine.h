/* SPDX-License-Identifier: MIT
 * machine.h - how much of the machine this process may use.
 *
 * The limits are those of the process's control groups and their parents (version 1 or 2, in a container or not) on
 * memory and processor time, of ulimit on memory, and of the affinity mask, as set by taskset or a scheduler. */
#ifndef HO_MACHINE_H
#define HO_MACHINE_H

#include <stddef.h>

/* `root' is prefixed to every system path that is read: "" except in tests. */

/* Number of threads to run: the processors in the affinity mask, but no more than the quota of processor time,
 * rounded up.  At least 1. */
int ho_machine_processors(const char *root);

/* Bytes that this process can still allocate.  *bound is a static text that names the limit, for messages of the form
 * "nine tenths of what ... allows". */
size_t ho_machine_memory(const char *root, const char **bound);

#endif
