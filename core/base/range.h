/* SPDX-License-Identifier: MIT
 * range.h - ranges as people write them: "[0,inf)" and "(0,1]" for numbers, "soft|hard" for choices. */
#ifndef HO_RANGE_H
#define HO_RANGE_H

#include <stddef.h>

#include "base/error.h"

struct ho_range {
  double low, high;
  int low_open, high_open; /* the end itself is outside */
};

/* NULL is every number.  -1 when the text is no range or holds nothing. */
int ho_range_parse(const char *text, struct ho_range *);
int ho_range_has(const struct ho_range *, double value);

/* The position of `word' among the choices, or -1. */
int ho_choice_find(const char *choices, const char *word);
/* Choice i into out; -1 when there is none, or it does not fit. */
int ho_choice_at(const char *choices, int i, char *out, size_t size);
/* At least one choice, each of letters, digits, - and _, none twice: 0. */
int ho_choice_check(const char *choices);
/* Gives -1, after `unknown value ...', the nearest choice and all of them. */
int ho_choice_unknown(const char *choices, const char *word, struct ho_error *);

/* A name for options, plugins, choices: letters, digits, - and _, at least one, at most 63. */
int ho_name_good(const char *name);

#endif
