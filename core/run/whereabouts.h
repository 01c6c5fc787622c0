/* SPDX-License-Identifier: MIT
 * whereabouts.h - where a run found its data and its label file, so that it can be continued and scored from any folder.
 *
 * Absolute paths, in the lines of timing.jsonl that a start of the program writes: config.yaml keeps what the user wrote,
 * and is equal in equal runs. */
#ifndef HO_WHEREABOUTS_H
#define HO_WHEREABOUTS_H

#include <jansson.h>

#include "settings/settings.h"
#include "train/trainer.h"

struct ho_whereabouts {
  char data_folder[4096]; /* that the data set was read from */
  char data_dir[4096];    /* --data-dir that finds it again */
  char label_file[4096];
}; /* "": not known, or there is none */

/* Adds the keys data_folder, data_dir and label_file, as far as there is something to remember. */
void ho_whereabouts_note(json_t *start, const struct ho_trainer *);

/* What the run in this folder noted last.  A run that noted nothing is not an error. */
void ho_whereabouts_read(const char *run, struct ho_whereabouts *);

/* Without --data-dir: sets it to where the run found its data, if they are still there. */
int ho_whereabouts_recall(const char *run, struct ho_settings *, struct ho_error *);

/* Adds to a message where the run's data were, if they are not there any more.  Returns -1. */
int ho_whereabouts_explain(const char *run, struct ho_error *);

/* Where a run that goes on finds the labels of noise file:PATH: in the label file, if it is still there, so that a change
 * is noticed; else in its own labels.tsv, whose name is written to `path'.  NULL: neither. */
struct ho_labels_origin ho_whereabouts_labels(const char *run, struct ho_whereabouts *, char path[4096]);

#endif
