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

/* Writes the message (cut at the size of text, control characters as `?') and gives -1, so that
 * `return ho_error_set(err, ...)' reads well.  err may be NULL: the message is dropped. */
int ho_error_set(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts `prefix: ' before a message already written: context added on the way up.  Gives -1. */
int ho_error_prefix(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts what follows from it behind a message already written.  Gives -1. */
int ho_error_append(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a person is to know though nothing failed: sentences, each ended by a line break.  Whoever calls prints them. */
struct ho_warnings {
  char text[2048];
};
/* Adds one sentence; one that does not fit is left out. */
void ho_warn(struct ho_warnings *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Analysers read one file at a time: here they learn that these give -1. */
#ifdef __clang_analyzer__
#define ho_error_set(...) ((void)ho_error_set(__VA_ARGS__), -1)
#define ho_error_prefix(...) ((void)ho_error_prefix(__VA_ARGS__), -1)
#define ho_error_append(...) ((void)ho_error_append(__VA_ARGS__), -1)
#endif

#endif
