/* SPDX-License-Identifier: MIT
 * keys.h - what stands behind the colon in the name of a user's data set: KEY=VALUE,KEY=VALUE,..., perhaps after a first
 * value without a key; and what becomes of test=0.2 and seed=N, which several kinds have. */
#ifndef HO_KEYS_H
#define HO_KEYS_H

#include "data/dataset.h"

enum { HO_USER_ARGUMENT_MOST = 4200 };

/* A table of these ends with a name NULL.  A first row with the name "" takes the first item as it stands. */
struct ho_user_key {
  const char *name;
  /* The value remains valid as long as the text, and may be changed.  Messages begin with the key. */
  int (*set)(void *spec, char *value, struct ho_error *);
  const char *twice; /* a remedy when it is given twice; or NULL */
};

/* Copies `argument' into text [HO_USER_ARGUMENT_MOST], cuts it into items there, and gives each to its key.  Names of
 * files have no commas.  Fails on unknown keys, which get a suggestion, and on keys that are given twice. */
int ho_user_keys_parse(const char *argument, char *text, const struct ho_user_key *, void *spec, struct ho_error *);

/* The length of a path that keys follow, up to the comma before KEY=; other commas belong to it. */
size_t ho_user_path_length(const char *argument);

/* seed=N, at least 0. */
int ho_user_seed(const char *value, uint64_t *seed, struct ho_error *);

/* Sets the number of classes (and superclasses): one more than the largest label.  Warns, in the data set's warnings, of
 * labels that seem to begin at 1.  `where' is for messages. */
int ho_user_count_classes(struct ho_dataset *, const char *where, struct ho_error *);

#endif
