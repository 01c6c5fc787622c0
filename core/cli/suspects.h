/* SPDX-License-Identifier: MIT
 * suspects.h - the ways in which `holdout suspects' shows what it found: standard output, a TSV file, a sheet. */
#ifndef HO_CLI_SUSPECTS_H
#define HO_CLI_SUSPECTS_H

#include "data/dataset.h"
#include "run/rundir.h"
#include "report/suspects.h"

struct ho_suspect_list {
  const struct ho_run_record *run;
  const struct ho_dataset *data; /* NULL: not loaded, as nothing asks for it */
  const struct ho_suspects *suspects;
  enum ho_ranking by;
  const uint32_t *order; /* of that ranking */
  size_t top;            /* the first so many are listed */
};

/* How every ranking finds the wrong labels, or, where they are not known, the first ten suspects. */
int ho_suspects_print(const struct ho_suspect_list *, struct ho_error *);

/* The list as TSV, the first `images' of it as PNG; atomic both. */
int ho_suspects_write(const struct ho_suspect_list *, const char *path, struct ho_error *);
int ho_suspects_draw(const struct ho_suspect_list *, int images, int columns, const char *path, struct ho_error *);

#endif
