/* SPDX-License-Identifier: MIT
 * data_notes.h - what a checkpoint says about the data set, so that its network can be used without it.
 *
 * Metadata of the file: `images', HxWxC; `mean' and `deviation', a number for each channel; `classes', their number;
 * `class_names', a line for each, if they have names. */
#ifndef HO_DATA_NOTES_H
#define HO_DATA_NOTES_H

#include "data/dataset.h"
#include "format/safetensors.h"

/* Adds the metadata to a checkpoint that is written. */
int ho_data_notes_write(struct ho_tensor_file *, const struct ho_dataset *, struct ho_error *);

/* Sets sizes, scales and names of a zeroed data set, which stays without images; the caller frees it by ho_dataset_free,
 * after a failure, too.  Returns 1, without a message, if the file does not have these metadata; -1 if they are damaged. */
int ho_data_notes_read(const struct ho_tensor_file *, struct ho_dataset *, struct ho_error *);

#endif
