/* SPDX-License-Identifier: MIT
 * folder.h - a folder held open, and the one way in which files are opened.
 *
 * A path names a folder only for now: it can be moved away, and another one made in its place.  Who works in a folder
 * for hours holds it.  From then on every path in it, `path/NAME', means a file of the folder that was opened, for all
 * functions of file.h, too; and these files must be its own: links are not followed. */
#ifndef HO_FOLDER_H
#define HO_FOLDER_H

#include <sys/types.h>

#include "base/error.h"

struct ho_folder {
  int fd;
  const char *path; /* borrowed */
  struct ho_folder *next;
};

/* Holds the folder until it is released.  One thread holds, writes and releases. */
int ho_folder_hold(struct ho_folder *, const char *path, struct ho_error *);
void ho_folder_release(struct ho_folder *);
/* Whether its path still leads to it: -1, with a message, when it was moved, deleted or replaced. */
int ho_folder_check(const struct ho_folder *, struct ho_error *);

/* Where a path leads: a name in a folder that is held, else the path itself. */
struct ho_spot {
  int folder; /* of a folder that is held; AT_FDCWD */
  const char *name;
  const struct ho_folder *held; /* or NULL */
};
struct ho_spot ho_spot_find(const char *path);

/* The regular file that is there, by open(2)'s flags.  Never waits for a pipe, never takes a terminal, in a folder that
 * is held never follows a link.  -1 with errno: EINVAL for what is not a regular file, ELOOP for a link. */
int ho_spot_open(const struct ho_spot *, int flags, mode_t mode);

#endif
