/* SPDX-License-Identifier: MIT
 * folder.h - a folder held open, and the one way in which files are opened.
 *
 * While a program runs for hours, its folder can be moved and another one made under the same path.  A program that
 * needs the same folder throughout holds it.  From then on `path/NAME' means a file of the folder that was opened,
 * also in the functions of file.h, and links in that folder are not followed. */
#ifndef HO_FOLDER_H
#define HO_FOLDER_H

#include <sys/types.h>

#include "base/error.h"

struct ho_folder {
  int fd;
  const char *path; /* borrowed */
  struct ho_folder *next;
};

/* Holds the folder until it is released.  `path' must stay valid.  Only one thread may hold, write and release. */
int ho_folder_hold(struct ho_folder *, const char *path, struct ho_error *);
void ho_folder_release(struct ho_folder *);
/* Returns -1 with a message if the path no longer leads to the folder: it was moved, deleted or replaced. */
int ho_folder_check(const struct ho_folder *, struct ho_error *);

/* What a path refers to: a name in a held folder, or else the path itself. */
struct ho_spot {
  int folder; /* file descriptor of the held folder, or AT_FDCWD */
  const char *name;
  const struct ho_folder *held; /* or NULL */
};
struct ho_spot ho_spot_find(const char *path);

/* Opens a regular file with the flags of open(2); returns a file descriptor that the caller closes.  Never blocks on a
 * pipe, never makes a terminal the controlling one, never follows a link in a held folder.  On failure -1 with errno:
 * EINVAL if it is not a regular file, ELOOP if it is a link. */
int ho_spot_open(const struct ho_spot *, int flags, mode_t mode);

#endif
