/* SPDX-License-Identifier: MIT
 * label_file.h - label files, written and read.
 *
 * Tab-separated text, one row per image, indices into the data set's training images:
 *
 *   # notes; among them: # rows 60000 sha256 <of everything after the header line>
 *   index	true	given
 *   0	9	9
 *
 * The column `true' is left out where the true labels are unknown; files made elsewhere may lack it, and the notes.  A
 * noted SHA-256 is checked.  Files of one raw byte per training image, in order, can be read, too. */
#ifndef HO_LABEL_FILE_H
#define HO_LABEL_FILE_H

#include "data/dataset.h"
#include "labels/truth.h"

struct ho_label_file {
  size_t n;                           /* rows */
  const uint32_t *id;                 /* [n] indices of training images, ascending */
  const uint16_t *true_label, *given; /* [n] */
  double expected;                    /* expected noise rate, 0..1; NaN: not known, and not noted */
  enum ho_truth truth;
};

/* Writes the file atomically.  The notes have noise, a specification; the nominal rate (NaN: written as unknown), the
 * expected and the realised rate; and the SHA-256 of the rows. */
int ho_label_file_write(const char *path, const struct ho_label_file *, const char *noise, double nominal,
                        struct ho_error *);

/* Sets given [n] to the labels of the training images id [n].  Fails when one of them is missing, and when any row has an
 * index or a label out of range, repeats an index, or has a true label that is not the data set's. */
int ho_label_file_read(const char *path, const struct ho_dataset *, const uint32_t *id, size_t n, uint16_t *given,
                       struct ho_error *);
/* The same for files that holdout wrote: fails, too, when the note with the SHA-256 is missing. */
int ho_label_file_read_sealed(const char *path, const struct ho_dataset *, const uint32_t *id, size_t n,
                              uint16_t *given, struct ho_error *);
/* Warns when the file has no column `true' and its labels agree with the data set's own no better than by chance
 * (agreement.h): they may belong to other images. */
int ho_label_file_warn(const char *path, const struct ho_dataset *, struct ho_warnings *, struct ho_error *);

#endif
