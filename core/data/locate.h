/* SPDX-License-Identifier: MIT
 * locate.h - where data are looked for.
 *
 * `directory' is that of --data-dir, or NULL (or ""): then the folders are $HOLDOUT_DATA, $XDG_DATA_HOME/holdout (without
 * it, ~/.local/share/holdout), and the folder of Debian's dataset packages, in this order. */
#ifndef HO_LOCATE_H
#define HO_LOCATE_H

#include <stddef.h>

#include "base/error.h"

enum { HO_DATA_FOLDERS = 3 };
/* Returns the number of folders to look in, at most HO_DATA_FOLDERS; with a `directory' it is the only one. */
int ho_data_folders(const char *directory, char folder[HO_DATA_FOLDERS][4096]);

/* Finds folder/name, or folder/name.gz when only that can be read. */
int ho_data_file(const char *folder, const char *name, char *path, size_t size, struct ho_error *);

/* Finds a file (or its .gz) or a folder by the path that the user wrote: below `directory' when there is one; otherwise as
 * written, then below the folders above. */
int ho_data_locate(const char *path, const char *directory, char *found, size_t size, struct ho_error *);

/* The same for a file that need not lie with the data, such as a label file: as written, then below the folders above,
 * whether or not there is a `directory'. */
int ho_data_locate_beside(const char *path, const char *directory, char *found, size_t size, struct ho_error *);

/* The folder for what can be made again: $XDG_CACHE_HOME/holdout or, without it, ~/.cache/holdout.  It need not exist.
 * Returns -1 if there is no home folder. */
int ho_data_cache_folder(char *folder, size_t size);

/* Sets base to the folder below which ho_data_locate or ho_dataset_find found `found', without links: `directory', or the
 * data folder that the path begins with, or the working folder.  It can be given as `directory' to find the same again.
 * Returns -1 if it does not exist. */
int ho_data_base(const char *directory, const char *found, char base[4096]);

#endif
