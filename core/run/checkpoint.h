/* SPDX-License-Identifier: MIT
 * checkpoint.h - everything a run needs to resume, as one safetensors file.  The last two are kept. */
#ifndef HO_CHECKPOINT_H
#define HO_CHECKPOINT_H

#include "run/state.h"

extern const char *const ho_checkpoint_names[2]; /* the newest first */

/* The newest that a run folder has, into path; -1: none. */
int ho_checkpoint_find(const char *dir, char path[4096]);

int ho_checkpoint_write(const struct ho_run *, const char *path, struct ho_error *);

/* With resume, every setting must be the same; otherwise only network, chain, data and labels. */
int ho_checkpoint_read(struct ho_run *, const char *path, int resume, struct ho_error *);

#endif
