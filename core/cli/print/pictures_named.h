/* SPDX-License-Identifier: MIT
 * pictures_named.h - the pictures that a person named: files, and what is in folders. */
#ifndef HO_PICTURES_NAMED_H
#define HO_PICTURES_NAMED_H

#include <stddef.h>

#include "base/error.h"

struct ho_picture_names {
  char **path; /* [n] */
  size_t n, room;
};

/* Adds a file, whatever is in it, or those files of a folder, and of the folders below it, whose names end as those of
 * pictures do, in natural order; hidden ones are passed over.  Fails when a folder has none, or cannot be read; a file
 * need not exist. */
int ho_picture_names_add(struct ho_picture_names *, const char *path, struct ho_error *);
void ho_picture_names_free(struct ho_picture_names *);

#endif
