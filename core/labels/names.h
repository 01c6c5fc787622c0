/* SPDX-License-Identifier: MIT
 * names.h - finds classes and images by their names, as label files give them. */
#ifndef HO_NAMES_H
#define HO_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_names {
  struct ho_name {
    const char *full, *base; /* base: after the last slash */
    uint32_t number;
  } * sorted; /* [n] by base, then by full */
  size_t n;
};

/* name[n]: numbered 0 .. n-1; the texts must outlive it.  NULL: nothing will be found. */
int ho_names_make(struct ho_names *, const char *const *name, size_t n, struct ho_error *);
void ho_names_free(struct ho_names *);

enum { HO_NAME_UNKNOWN = -1, HO_NAME_AMBIGUOUS = -2 };

/* The number of a name, or HO_NAME_UNKNOWN. */
int64_t ho_names_find(const struct ho_names *, const char *full);

/* The same for a file: either its name, or the end of its name from some slash on (as 7.png for cat/7.png), or a longer
 * path that ends with its name.  HO_NAME_AMBIGUOUS: several files fit.  Backslashes in `path' become slashes. */
int64_t ho_names_find_file(const struct ho_names *, char *path);

#endif
