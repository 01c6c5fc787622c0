/* SPDX-License-Identifier: MIT
 * error.h - how failure is told.
 *
 * A function that can fail gives 0 (or a pointer), or -1 (or NULL) after writing one sentence into the caller's
 * struct ho_error: what went wrong, with file, key, value and remedy.  Nothing below cli/ prints or exits. */
#ifndef HO_ERROR_H
#define HO_ERROR_H

struct ho_error {
  char text[1024];
};

/* Writes the message (cut at the size of text) and gives -1, so that `return ho_error_set(err, ...)' reads well.  It is
 * one line that any terminal may see: control characters in names become question marks, here and in those below.
 * err may be NULL: the message is dropped. */
int ho_error_set(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts `prefix: ' before a message already written: context added on the way up.  Gives -1. */
int ho_error_prefix(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts what follows from it behind a message already written.  Gives -1. */
int ho_error_append(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Analysers read one file at a time: here they learn that these give -1 (error.c writes their names in parentheses, so
 * that these macros are not meant). */
#ifdef __clang_analyzer__
#define ho_error_set(...) ((void)ho_error_set(__VA_ARGS__), -1)
#define ho_error_prefix(...) ((void)ho_error_prefix(__VA_ARGS__), -1)
#define ho_error_append(...) ((void)ho_error_append(__VA_ARGS__), -1)
#endif

#endif
