/* SPDX-License-Identifier: MIT
 * label_table.h - the readers of label files, for label_file.c; each reads one kind of file.
 *
 * A reader sets the labels that it finds by ho_label_reader_set, in any order. */
#ifndef HO_LABEL_TABLE_H
#define HO_LABEL_TABLE_H

#include "labels/label_file.h"

struct ho_label_reader {
  const char *path;
  const struct ho_dataset *data;
  struct ho_file_labels *to;
  uint32_t *line; /* [training images] of the row that set the label; 0: none, or not a table */
  size_t rows;
  /* of labels that are numbers: */
  long long least, most;
  size_t most_line;
};

/* Image `id' has this label; `line' is for messages.  A label that is too large is only noted: when all have been seen,
 * it is clear whether they begin at 1.  Fails when the image has another label already. */
int ho_label_reader_set(struct ho_label_reader *, size_t id, long long label, size_t line, struct ho_error *);

/* Sets *id to the training image with this number; to the number of training images, after counting the row, where it is a
 * test image.  Returns -1 where there is no such image. */
int ho_label_reader_find(struct ho_label_reader *, uint64_t number, size_t *id);
/* How many images are numbered: with test images that were taken from the training images, these as well. */
size_t ho_label_reader_images(const struct ho_label_reader *);

/* A table in text[size], which a zero byte must follow and which is changed. */
int ho_label_table_read(struct ho_label_reader *, char *text, size_t size, struct ho_error *);

/* A NumPy array of one label for each image that is numbered: numbers, or names of classes. */
int ho_label_array_read(struct ho_label_reader *, struct ho_error *);

/* A non-negative whole number, of at most nine digits, perhaps followed by .0 as where pandas had missing values; -1: it is
 * something else. */
long long ho_label_number(const char *text);

#endif
