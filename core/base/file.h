/* SPDX-License-Identifier: MIT
 * file.h - reading and writing whole files.
 *
 * A file that holdout writes appears complete or not at all: it is written under a temporary name in the same folder,
 * flushed to disk and renamed.
 *
 * Functions that take an ho_error return 0, or -1 with a message that names the path. */
#ifndef HO_FILE_H
#define HO_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Reads a whole file into *out, *size bytes long; the caller frees it with ho_free.  A gzip file is decompressed.  A
 * zero byte follows the contents.  Refused: more than `limit' bytes, and more than ho_memory_room() allows. */
int ho_file_read(const char *path, size_t limit, unsigned char **out, size_t *size, struct ho_error *err);

/* The same, with a callback that sees the file while it is read.  `look' gets the bytes read so far, from the
 * beginning.  It returns 1 to be called again with more (at the end of the file it is not), 0 to have the rest read
 * without being called, up to *limit bytes, which it may lower, or -1 with a message to stop reading. */
struct ho_file_look {
  int (*look)(struct ho_file_look *, const unsigned char *bytes, size_t have, size_t *limit, struct ho_error *err);
};
int ho_file_read_looking(const char *path, size_t limit, struct ho_file_look *, unsigned char **out, size_t *size,
                         struct ho_error *err);

/* Returns 1 unless it is certain that nothing has this name.  In a held folder (folder.h), a dangling link exists. */
int ho_file_exists(const char *path);
/* Fails if the name is taken by anything but a regular file; links are refused as well. */
int ho_file_own(const char *path, struct ho_error *err);
/* Deletes a file.  A file that does not exist is not an error. */
int ho_file_delete(const char *path, struct ho_error *err);
/* Appends to a file, which is created if it does not exist.  On failure the file is cut back to its old size, if that
 * is possible. */
int ho_file_append(const char *path, const char *text, size_t size, struct ho_error *err);

/* Writing: open, write to ->stream, then commit or abandon.  If commit fails, nothing has changed at `path'.  Errors
 * of the stream need no checks before commit, which reports them. */
struct ho_output {
  FILE *stream;
  int folder;                            /* file descriptor; -1: this is standard output */
  char path[4096], temporary[4096 + 32]; /* the latter in that folder */
  const char *name;                      /* of the file in it */
};
int ho_output_open(struct ho_output *, const char *path, struct ho_error *err);
/* For what is not text: standard output must not be a terminal, which would take some of the bytes for commands. */
int ho_output_open_binary(struct ho_output *, const char *path, struct ho_error *err);
int ho_output_commit(struct ho_output *, struct ho_error *err);
void ho_output_abandon(struct ho_output *);

/* Makes `-' stand for standard output as a path of ho_output_open and ho_output_check, for one file.  From then on,
 * whatever is printed goes to standard error. */
int ho_output_standard(struct ho_error *err);

/* Makes `as' a second name (hard link) of the file `path', replacing what had that name.  Does nothing if `path' does
 * not exist.  One of the two exists at every moment.  On file systems without hard links, `path' is renamed. */
int ho_file_keep(const char *path, const char *as, struct ho_error *err);

/* Returns whether `file' is a temporary name of `name': name.tmp.PROCESS or name.tmp.PROCESS.N. */
int ho_file_is_temporary(const char *file, const char *name);

/* Checks before long work that a file can be written: its folder must exist and, unless `replace', the file must not. */
int ho_output_check(const char *path, int replace, struct ho_error *err);

/* Fails unless the path is that of a folder. */
int ho_folder_exists(const char *path, struct ho_error *err);

/* Makes a folder and its missing parents.  A folder that exists is not an error. */
int ho_folder_make(const char *path, struct ho_error *err);

/* Writes folder/name into out; -1 if it does not fit into `size' bytes. */
int ho_path_join(char *out, size_t size, const char *folder, const char *name, struct ho_error *err);

#endif
