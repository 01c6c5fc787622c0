/* SPDX-License-Identifier: MIT
 * dataset.h - image data sets by name: found, read, checked. */
#ifndef HO_DATASET_H
#define HO_DATASET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/sha256.h"

struct ho_images {
  size_t n;
  int height, width, channels;
  uint8_t *pixel;  /* [n][H][W][C] */
  uint16_t *label; /* [n], each below the data set's number of classes */
};

struct ho_dataset {
  char name[64], folder[4096];
  int classes;
  const char *const *class_name;     /* [classes] or NULL */
  struct ho_images train, test;      /* the same height, width, channels */
  float mean[4], deviation[4];       /* per channel over all training pixels, in 0..1; deviation > 0 */
  char sha256[HO_SHA256_TEXT];       /* over pixels and labels, training then test: names the very data */
};

/* One row of the table of data sets. */
struct ho_dataset_kind {
  const char *name, *summary;
  const char *remedy; /* how to get it */
  int (*load)(const char *folder, struct ho_dataset *, struct ho_error *);
  const char *const *subfolders; /* looked for below a data directory; "" itself; NULL ends */
  const char *probe;             /* a file that shows it is there (.gz is tried too); NULL: made, not read */
};
const struct ho_dataset_kind *ho_dataset_kinds(void); /* a NULL name ends the table */
/* The row of that name, or NULL with a message that names the nearest. */
const struct ho_dataset_kind *ho_dataset_kind_find(const char *name, struct ho_error *);

/* `directory': the only place to look (--data-dir), or NULL: $HOLDOUT_DATA, $XDG_DATA_HOME/holdout (~/.local/share/
 * holdout), then where Debian puts the data of packages.
 * An unknown name names the nearest; a missing one says where was looked and how to get it. */
int ho_dataset_load(const char *name, const char *directory, struct ho_dataset *, struct ho_error *);
void ho_dataset_free(struct ho_dataset *);

/* Where `kind' would be read from: 0 and its folder, or -1 when it is nowhere. */
int ho_dataset_find(const struct ho_dataset_kind *, const char *directory, char *folder, size_t size);

#endif
