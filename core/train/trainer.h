/* SPDX-License-Identifier: MIT
 * trainer.h - puts one training together in memory: data, networks, optimizer chain, and the host that plugins see. */
#ifndef HO_TRAINER_H
#define HO_TRAINER_H

#include "train/score.h"
#include "train/state.h"
#include "train/step.h"

/* Where a training starts from, if not simply from its settings.  Zero unused fields. */
struct ho_origin {
  struct ho_dataset *data; /* these data instead of settings->dataset; the trainer's from now on, even on failure */
  const struct ho_batch *batch; /* these mini-batches, in their order, instead of a data set; borrowed.
                                   settings->batch_size must be the number of all its images */
  int restored;                 /* a checkpoint will be read: files that plugins make their state from are not needed */
  struct ho_labels_origin labels;
  struct ho_device *device; /* that runs the networks; NULL: the CPU */
};

/* Loads data and plugins, draws labels and initial weights, calls the open hooks.  `from' may be NULL.  NULL with *err
 * set.  Settings are borrowed. */
struct ho_trainer *ho_trainer_new(const struct ho_settings *, const struct ho_plugin_path *,
                                  const struct ho_origin *from, struct ho_error *);

/* The network of the settings alone, for images of the size of data->train and data->classes classes, which can only score
 * images: nothing is split, labelled or opened.  The caller writes theta[0] and stats[0] of its network.  The data set is
 * the trainer's from now on, even on failure. */
struct ho_trainer *ho_trainer_new_alone(const struct ho_settings *, struct ho_dataset *, struct ho_device *,
                                        struct ho_error *);
void ho_trainer_free(struct ho_trainer *); /* calls the close hooks; NULL is fine */

#endif
