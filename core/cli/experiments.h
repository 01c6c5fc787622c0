/* SPDX-License-Identifier: MIT
 * experiments.h - the names of the scripts that are installed with the program. */
#ifndef HO_EXPERIMENTS_H
#define HO_EXPERIMENTS_H

/* Calls `each' for every script that says what it is about; none if they are not installed. */
void ho_experiments_each(void (*each)(const char *name, const char *about, void *arg), void *arg);

#endif
