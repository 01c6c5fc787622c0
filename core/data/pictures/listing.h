/* SPDX-License-Identifier: MIT
 * listing.h - the files of a folder of pictures, class by class, as they are on disk.
 *
 * A folder has a sub-folder for each class, or `train' and, if there are test images, `test' (or `val', `valid',
 * `validation'), each with a sub-folder for each class.  A class has all files below its folder, however deep. */
#ifndef HO_PICTURE_LISTING_H
#define HO_PICTURE_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_listed_file {
  size_t name; /* where its name, relative to the folder, begins in `text' */
  int class, is_test;
  uint64_t size;
  int64_t seconds, nanoseconds; /* when it was changed */
};

struct ho_listing {
  struct ho_listed_file *file; /* [n] training files, then test files; by class, folder and name, compared as bytes */
  size_t n, room;
  char *text; /* names, ended by zero bytes */
  size_t used, text_room;
  size_t *class_name; /* [classes] where the class's name begins in `text'; in order, compared as bytes */
  int classes;
  char test[16];          /* the folder of the test images; "": there is none */
  size_t hidden, outside; /* hidden files and folders, and what else systems leave behind; files that are in no class */
  char unused[256];       /* a folder beside train/ that is not used; "": there is none */
};

/* Lists the folder; links are followed.  The caller frees the listing by ho_listing_free, after a failure, too. */
int ho_listing_make(const char *folder, struct ho_listing *, struct ho_error *);
void ho_listing_free(struct ho_listing *);

static inline const char *ho_listing_name(const struct ho_listing *l, size_t i)
{
  return l->text + l->file[i].name;
}

static inline const char *ho_listing_class(const struct ho_listing *l, int class)
{
  return l->text + l->class_name[class];
}

#endif
