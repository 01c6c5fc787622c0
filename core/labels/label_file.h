/* SPDX-License-Identifier: MIT
 * label_file.h - label files, written and read.
 *
 * What holdout writes is tab-separated text, one row per image, with indices into the data set's training images:
 *
 *   # notes; among them: # rows 60000 sha256 <of everything after the header line>
 *   index	true	given
 *   0	9	9
 *
 * The column `true' is left out where the true labels are unknown.  A noted SHA-256 is checked.
 *
 * What is read may be any table that csv.h reads.  Images are given by number or by the name of their file, or, where
 * the only column has labels, by their order; labels are numbers or the names of classes.  Also read are NumPy's .npy
 * files, and files of one raw byte per training image, in order.  An image may be missing: it has no label then. */
#ifndef HO_LABEL_FILE_H
#define HO_LABEL_FILE_H

#include "data/dataset.h"
#include "labels/truth.h"

struct ho_label_file {
  size_t n;                           /* rows */
  const uint32_t *id;                 /* [n] numbers of training images (images.h), ascending */
  const uint16_t *true_label, *given; /* [n] */
  double expected;                    /* expected noise rate, 0..1; NaN: not known, and not noted */
  enum ho_truth truth;
};

/* Writes the file atomically.  The notes have noise, a specification; the nominal rate (NaN: written as unknown), the
 * expected and the realised rate; and the SHA-256 of the rows. */
int ho_label_file_write(const char *path, const struct ho_label_file *, const char *noise, double nominal,
                        struct ho_error *);

/* What a file says of each training image. */
struct ho_file_labels {
  int32_t *given;   /* [training images] labels below the number of classes; -1: the file has none */
  size_t n;         /* images that have one */
  size_t test_rows; /* rows about test images, which are left alone */
  int has_true;     /* it has true labels, too, and they are the data set's */
  int numbered;     /* its labels are numbers, not names */
  char form[256];   /* how it was understood: "tabs, images by column `index', labels by column `given'" */
};

/* Reads a whole file; the caller frees it by ho_file_labels_free.  sealed: it is a file that holdout wrote, and without
 * its SHA-256 it is refused.  Refused are, by line: unknown images, unknown or missing labels, true labels that are not
 * the data set's, two different labels for one image; and a file without labels, or one in the order of the images that
 * has not as many labels as there are images. */
int ho_label_file_read(const char *path, const struct ho_dataset *, int sealed, struct ho_file_labels *,
                       struct ho_error *);
void ho_file_labels_free(struct ho_file_labels *);

/* Warns of labels that seem to begin at 1 instead of 0; else, where the file has no true labels, of labels that agree with
 * the data set's own no better than by chance (agreement.h). */
int ho_label_file_warn(const char *path, const struct ho_file_labels *, const struct ho_dataset *, struct ho_warnings *,
                       struct ho_error *);

#endif
