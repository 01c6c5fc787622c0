/* SPDX-License-Identifier: MIT
 * dataset.h - image data sets by name: found, read, checked. */
#ifndef HO_DATASET_H
#define HO_DATASET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/sha256.h"

enum { HO_CHANNELS_MOST = 16, HO_CLASSES_MOST = 4096 /* tables of classes by classes must fit into memory */ };

struct ho_images {
  size_t n;
  int height, width, channels;
  uint8_t *pixel;   /* [n][H][W][C] */
  uint16_t *label;  /* [n], each below the data set's number of classes */
  uint16_t *coarse; /* [n] superclasses, the same for all images of a class; NULL: there are none */
  size_t counted;   /* bytes of all that, as ho_memory_take knows them */
};

struct ho_dataset {
  char name[4200], folder[4096];
  int classes;
  int superclasses;              /* 0: none */
  const char *const *class_name; /* [classes] or NULL */
  void *own_names;               /* the memory of class_name, where it was read from a file */
  struct ho_images train, test;  /* the same height, width, channels */
  float mean[HO_CHANNELS_MOST], deviation[HO_CHANNELS_MOST]; /* over all training pixels, in 0..1; deviation > 0 */
  char sha256[HO_SHA256_TEXT]; /* over pixels and labels, training then test: names the very data */
  int altered;                 /* the official files are known, and these are not they */
};

/* One row of the table of data sets. */
struct ho_dataset_kind {
  const char *name, *summary;
  const char *remedy; /* how to get it; of the user's own: what it must be */
  int (*load)(const char *folder, struct ho_dataset *, struct ho_error *);
  const char *const *subfolders; /* looked for below a data directory; "" itself; NULL ends */
  const char *probe;             /* a file that shows it is there (.gz is tried too); NULL: made, not read */
  const char *sha256;            /* of the official files, as ho_dataset.sha256; NULL: nothing is known */
  /* The user's own, NAME:ARGUMENT; NULL for all others.  What is said in the argument is looked for by
   * ho_data_locate (formats.h); `load' and what follows it are not used. */
  const char *argument; /* as --help shows it: FOLDER */
  int (*load_own)(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);
};
const struct ho_dataset_kind *ho_dataset_kinds(void); /* a NULL name ends the table */
/* The row of that name (or of NAME:ARGUMENT), or NULL with a message that names the nearest. */
const struct ho_dataset_kind *ho_dataset_kind_find(const char *name, struct ho_error *);

/* `directory': the only place to look (--data-dir), or NULL: $HOLDOUT_DATA, $XDG_DATA_HOME/holdout (~/.local/share/
 * holdout), then where Debian puts the data of packages.
 * An unknown name names the nearest; a missing one says where was looked and how to get it. */
int ho_dataset_load(const char *name, const char *directory, struct ho_dataset *, struct ho_error *);
void ho_dataset_free(struct ho_dataset *);

/* Where `kind' would be read from: 0 and its folder, or -1 when it is nowhere. */
int ho_dataset_find(const struct ho_dataset_kind *, const char *directory, char *folder, size_t size);

/* A short name for folders and tables, of characters that need no quoting: mnist, or idx-FOLDER. */
void ho_dataset_short_name(const char *name, char *out, size_t size);

#endif
