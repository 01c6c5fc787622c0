/* SPDX-License-Identifier: MIT
 * json.h - strict readers of the JSON that runs write.  Messages name file, line and key. */
#ifndef HO_JSON_H
#define HO_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

/* What is read, for messages. */
struct ho_json_place {
  const char *path;
  int line; /* 0: the file is one object */
};

/* Sets the message "damaged: `key' what", and returns -1. */
int ho_json_wrong(const struct ho_json_place *, struct ho_error *, const char *key, const char *what);

/* Parses an object without duplicate keys; the caller frees it by json_decref.  NULL: damaged, or out of memory. */
json_t *ho_json_object(const struct ho_json_place *, const char *text, size_t size, struct ho_error *);

/* A whole number, at least `least'. */
int ho_json_whole(const struct ho_json_place *, const json_t *, const char *key, long long least, long long *out,
                  struct ho_error *);
/* A number from 0 to `most', an accuracy or a loss; null is NaN.  The key must be there. */
int ho_json_score(const struct ho_json_place *, const json_t *, const char *key, double most, double *out,
                  struct ho_error *);

/* Reads log.jsonl: calls `line' for the object of each line, in order, until it fails.  Checks that each line is whole
 * and that line n is of epoch n, up to `epochs'.  Returns the number of lines, 0 if there is no file (a run has none
 * before its first checkpoint), or -1. */
long long ho_json_log(const char *path, long long epochs,
                      int (*line)(void *arg, const struct ho_json_place *, const json_t *, struct ho_error *),
                      void *arg, struct ho_error *);

#endif
