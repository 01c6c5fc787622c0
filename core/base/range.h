/* SPDX-License-Identifier: MIT
 * range.h - ranges as people write them: "[0,inf)" and "(0,1]" for numbers, "soft|hard" for choices. */
#ifndef HO_RANGE_H
#define HO_RANGE_H

#include <stddef.h>

#include "base/error.h"

struct ho_range {
  double low, high;
  int low_open, high_open; /* the end itself is excluded */
};

/* Parses a range; NULL stands for every number.  Returns -1 if the text is not a range, or the range is empty. */
int ho_range_parse(const char *text, struct ho_range *);
int ho_range_has(const struct ho_range *, double value);

/* Index of `word' among the choices, or -1. */
int ho_choice_find(const char *choices, const char *word);
/* Copies choice i into out; -1 if there is no such choice, or it does not fit. */
int ho_choice_at(const char *choices, int i, char *out, size_t size);
/* Returns 0 if there is at least one choice, each a good name (below), none of them twice; else -1. */
int ho_choice_check(const char *choices);
/* Reports an unknown value, with the nearest choice as a suggestion and a list of all.  Returns -1. */
int ho_choice_unknown(const char *choices, const char *word, struct ho_error *);

/* Returns whether a name is fit for options, plugins and choices: 1 to 63 letters, digits, - and _. */
int ho_name_good(const char *name);

#endif
