/* SPDX-License-Identifier: MIT
 * dataset.h - image data sets, loaded by name: training and test images with their labels. */
#ifndef HO_DATASET_H
#define HO_DATASET_H

#include "base/error.h"
#include "base/sha256.h"
#include "data/images.h"

enum { HO_CLASSES_MOST = 4096 /* matrices of classes by classes must fit into memory */ };

struct ho_dataset {
  char name[4200];   /* as it was asked for: NAME or NAME:ARGUMENT */
  char folder[4096]; /* where it was read from; "" when it was not read from files */
  int classes;
  int superclasses;              /* 0: none */
  const char *const *class_name; /* [classes]; NULL: the classes have no names */
  void *name_memory;             /* what class_name points to, where it was read from a file */
  struct ho_images train, test;  /* of the same height, width, channels; test.n is 0 where there are no test images */
  /* Of each channel over all training pixels, with pixels scaled to 0..1; the deviation of a constant channel is 1. */
  float mean[HO_CHANNELS_MOST], deviation[HO_CHANNELS_MOST];
  float scaled[HO_CHANNELS_MOST][256]; /* of channel c and byte x: (x/255 - mean)/deviation */
  char sha256[HO_SHA256_TEXT];         /* of pixels and labels, training then test */
  int altered;                         /* the SHA-256 of the official files is known, and is another */
  struct ho_warnings warnings;         /* what was made of the user's files, and what looks wrong in them */
};

/* A row of the table of data sets. */
struct ho_dataset_kind {
  const char *name, *summary;
  const char *remedy; /* how to get the files; of the user's own data, what the files must be */
  /* Built-in data sets: reads the files in `folder'. */
  int (*load)(const char *folder, struct ho_dataset *, struct ho_error *);
  const char *const *subfolders; /* tried below each data folder (locate.h), "" is that folder itself; ends with NULL */
  const char *const *probes;     /* names of the file, or its .gz, that shows the data are there, the usual one first;
                                  * ends with NULL.  Without it nothing is read */
  const char *sha256;            /* expected ho_dataset.sha256; NULL: not known */
  /* Users' data sets, NAME:ARGUMENT: reads the files that the argument names, found by ho_data_locate. */
  int (*load_user)(const char *argument, const char *directory, struct ho_dataset *, struct ho_error *);
  const char *argument; /* its form, for --help; NULL for built-in data sets */
};

/* The table; a row with name NULL ends it. */
const struct ho_dataset_kind *ho_dataset_kinds(void);
/* Returns the row for NAME or NAME:ARGUMENT, or NULL.  Unknown names get a suggestion. */
const struct ho_dataset_kind *ho_dataset_kind_find(const char *name, struct ho_error *);

/* Loads a data set; the caller frees it by ho_dataset_free.  directory: the only folder to look in (--data-dir), or NULL
 * for the usual ones (locate.h).  When files are missing, the message lists the folders and says how to get the files. */
int ho_dataset_load(const char *name, const char *directory, struct ho_dataset *, struct ho_error *);
void ho_dataset_free(struct ho_dataset *);

/* Finds the folder that a built-in data set would be read from ("" when it needs none).  Returns -1 when there is none. */
int ho_dataset_find(const struct ho_dataset_kind *, const char *directory, char *folder, size_t size);

/* For those who fill train and test themselves: checks that they fit together, and sets mean, deviation, scaled
 * and sha256. */
int ho_dataset_finish(struct ho_dataset *, struct ho_error *);

/* Fills the table `scaled' from mean and deviation. */
void ho_dataset_scale(struct ho_dataset *);

/* A short name for folders and tables, of characters that need no quoting: mnist, idx-FOLDER, cifar-FILE. */
void ho_dataset_short_name(const char *name, char *out, size_t size);

#endif
