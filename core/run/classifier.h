/* SPDX-License-Identifier: MIT
 * classifier.h - the network of a run alone, at its checkpoint, without the run's data set (data_notes.h). */
#ifndef HO_CLASSIFIER_H
#define HO_CLASSIFIER_H

#include "run/run.h"

/* Loads the network of the checkpoint in `dir'; the settings are those of dir/config.yaml.  The trainer can score images
 * (ho_trainer_score) and nothing else; its data set has sizes, scales and names, and no images.  *missing: the checkpoint
 * was written before it had these metadata, or an optimizer of the chain predicts by more than the network: the run must
 * be loaded with its data set (ho_run_load); NULL is returned then, too, without a message.  Freed by ho_trainer_free. */
struct ho_trainer *ho_classifier_load(const char *dir, const struct ho_settings *, const struct ho_plugin_path *,
                                      struct ho_device *, int *missing, struct ho_error *);

#endif
