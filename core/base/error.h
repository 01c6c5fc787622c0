/* SPDX-License-Identifier: MIT
 * error.h - how failure is reported.
 *
 * A function that can fail returns 0 (or a pointer), or -1 (or NULL) after it has written one sentence into the
 * caller's struct ho_error: what went wrong, with file, key, value and remedy.  Nothing below cli/ prints or exits.
 *
 * The text is for people.  A caller that has to decide something asks the code. */
#ifndef HO_ERROR_H
#define HO_ERROR_H

enum ho_error_code {
  HO_ERROR_NONE,     /* no error; the text is empty */
  HO_ERROR_FAILED,   /* any failure that nobody tells apart */
  HO_ERROR_MEMORY,   /* no memory left, or the memory limit is reached */
  HO_ERROR_FILE,     /* a file could not be opened or read; nothing is known about its contents */
  HO_ERROR_SILENT,   /* a plugin's hook failed and gave no reason */
  HO_ERROR_CLOSED,   /* what reads standard output, such as head, has closed it */
  HO_ERROR_DIVERGED, /* training has diverged: a direction, output or parameter is not finite */
};

/* Starts as { 0 }.  Text and code are always set and cleared together. */
struct ho_error {
  enum ho_error_code code;
  char text[1024];
};

/* Both return -1, so that `return ho_error_set(err, ...)' reads well.  The message is cut at the size of text; control
 * characters become `?'.  If err is NULL, the message is dropped.  ho_error_set sets HO_ERROR_FAILED. */
int ho_error_set(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int ho_error_set_as(struct ho_error *err, enum ho_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts `prefix: ' before an existing message, to add context on the way up.  The code stays.  Returns -1. */
int ho_error_prefix(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends text to an existing message.  The code stays.  Returns -1. */
int ho_error_append(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline int ho_error_is_set(const struct ho_error *err)
{
  return err->code != HO_ERROR_NONE;
}

static inline void ho_error_clear(struct ho_error *err)
{
  err->code = HO_ERROR_NONE;
  err->text[0] = 0;
}

/* What a person should know although nothing failed: sentences, each ended by a newline.  The caller prints them. */
struct ho_warnings {
  char text[2048];
};
/* Adds one sentence.  A sentence that does not fit is left out. */
void ho_warn(struct ho_warnings *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Static analysers read one file at a time and do not see that these return -1. */
#ifdef __clang_analyzer__
#define ho_error_set(...) ((void)ho_error_set(__VA_ARGS__), -1)
#define ho_error_set_as(...) ((void)ho_error_set_as(__VA_ARGS__), -1)
#define ho_error_prefix(...) ((void)ho_error_prefix(__VA_ARGS__), -1)
#define ho_error_append(...) ((void)ho_error_append(__VA_ARGS__), -1)
#endif

#endif
