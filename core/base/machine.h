/* SPDX-License-Identifier: MIT
 * machine.h - how much of the machine this process may use.
 *
 * A job has less than the machine: its control groups (version 1 or 2, in a container or not) bound memory and processor
 * time, so do those around them; ulimit bounds memory, and taskset or a scheduler says on which processors it runs. */
#ifndef HO_MACHINE_H
#define HO_MACHINE_H

#include <stddef.h>

/* `root' is put before every path of the system that is read: "" but in tests. */

/* Processors to run on at a time: those of the affinity mask, at most as many as the quota of processor time keeps busy
 * (1.5 are two, of which the second waits half of the time).  At least 1. */
int ho_machine_processors(const char *root);

/* Bytes that this process can still take, and what bounds them: text for "nine tenths of what ... leaves". */
size_t ho_machine_memory(const char *root, const char **bound);

#endif
