/* SPDX-License-Identifier: MIT
 * claim.h - the folder of a run that is being trained: locked, its files by name, its leftovers removed. */
#ifndef HO_CLAIM_H
#define HO_CLAIM_H

#include "run/state.h"

/* The path of a file of the run; NULL with *err set when it does not fit. */
const char *ho_claim_path(const struct ho_run *, const char *name, char path[4096], struct ho_error *);

/* Locks the folder of a run that is resumed, and checks that its files are regular files, not links. */
int ho_claim_again(struct ho_run *, struct ho_error *);
/* Makes and locks the folder of a fresh run; refused when there is a run in it, unless it is to be overwritten. */
int ho_claim_fresh(struct ho_run *, const struct ho_settings *, struct ho_error *);

/* Deletes temporary files that a killed process left while it wrote this run. */
void ho_claim_sweep(const struct ho_run *);
/* Deletes one file of the run.  A file that does not exist is not an error. */
int ho_claim_delete(const struct ho_run *, const char *name, struct ho_error *);
/* Deletes the files of a run that starts over: all, or all but config.yaml. */
int ho_claim_delete_all(const struct ho_run *, int keep_config, struct ho_error *);
/* Unlocks the folder.  If this process created it and wrote nothing into it, it is removed. */
void ho_claim_release(struct ho_run *);

#endif
