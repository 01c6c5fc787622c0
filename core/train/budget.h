/* SPDX-License-Identifier: MIT
 * budget.h - the memory limit of a training: what lives as long as it, and what lives for a step. */
#ifndef HO_BUDGET_H
#define HO_BUDGET_H

#include "base/memory.h"
#include "settings/settings.h"

enum { HO_LIMIT_TEXT = 128 };

struct ho_budget {
  size_t limit, fixed, step; /* bytes */
  char text[HO_LIMIT_TEXT];  /* the limit, and what sets it where nobody chose it: for messages */
};

/* --memory-limit or, without it, nine tenths of what this process can still allocate. */
void ho_budget_make(struct ho_budget *, const struct ho_settings *);

/* Does it have `bytes' left? */
int ho_budget_has(const struct ho_budget *, size_t bytes);

/* Reserves `bytes' until the training ends.  0, or -1 with the numbers. */
int ho_budget_reserve(struct ho_budget *, size_t bytes, const char *what, struct ho_error *);
void ho_budget_return(struct ho_budget *, size_t bytes); /* they are free again */

/* Reserves and allocates n zeroed elements of `size' bytes; freed by ho_free. */
void *ho_budget_alloc(struct ho_budget *, size_t n, size_t size, const char *what, struct ho_error *);

#endif
