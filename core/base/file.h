/* SPDX-License-Identifier: MIT
 * file.h - whole files in, whole files out.
 *
 * A file that holdout writes appears complete or not at all: written beside its place, flushed to disk, renamed. */
#ifndef HO_FILE_H
#define HO_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* The whole file, decompressed when it is gzip, refused above `limit' bytes, and above what memory may
 * be taken (ho_memory_room).  One byte 0 follows the content.
 * *out is freed by ho_free.  The message names the path. */
int ho_file_read(const char *path, size_t limit, unsigned char **out, size_t *size, struct ho_error *err);

/* Looks at what is there of a file, from its beginning: 0, it may be read on, as far as *limit; 1, ask again when there is
 * more (at the end of the file that is all there will be); -1 with a message that names the file, it is not what it should be. */
struct ho_file_look {
  int (*look)(struct ho_file_look *, const unsigned char *bytes, size_t have, size_t *limit, struct ho_error *err);
};
int ho_file_read_looking(const char *path, size_t limit, struct ho_file_look *, unsigned char **out, size_t *size,
                         struct ho_error *err);

/* Something is there, or may be.  (In a folder that is held, see folder.h, a link counts by itself.) */
int ho_file_exists(const char *path);
/* Refuses what is there, unless it is a regular file and no link. */
int ho_file_own(const char *path, struct ho_error *err);
/* Gone; 0, too, when it was not there. */
int ho_file_delete(const char *path, struct ho_error *err);
/* Behind what the file has, all of it or, as far as that can be had, nothing.  A new file, if there is none. */
int ho_file_append(const char *path, const char *text, size_t size, struct ho_error *err);

/* Writing: open, write through ->stream, then commit (0, or -1 with nothing changed at `path') or abandon. */
struct ho_output {
  FILE *stream;
  int folder;                            /* open */
  char path[4096], temporary[4096 + 32]; /* the latter in that folder */
  const char *name;                      /* of the file in it */
};
int ho_output_open(struct ho_output *, const char *path, struct ho_error *err);
int ho_output_commit(struct ho_output *, struct ho_error *err);
void ho_output_abandon(struct ho_output *);

/* `path' under the name `as', too, whatever that was before; nothing if there is no `path'.  At every moment there is
 * one of the two.  (Where a folder knows no second names, `path' itself gets the name.) */
int ho_file_keep(const char *path, const char *as, struct ho_error *err);

/* Whether `file' is a name that the file `name' has until it is complete: name.tmp.PROCESS, name.tmp.PROCESS.N. */
int ho_file_is_temporary(const char *file, const char *name);

/* Refuses what would fail after long work: a file that is there (unless `replace'), a folder that is not. */
int ho_output_check(const char *path, int replace, struct ho_error *err);

/* The folder and its missing parents; 0 when it exists already. */
int ho_folder_make(const char *path, struct ho_error *err);

/* folder/name into out; -1 when it does not fit. */
int ho_path_join(char *out, size_t size, const char *folder, const char *name, struct ho_error *err);

#endif
