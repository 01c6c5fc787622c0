/* SPDX-License-Identifier: MIT
 * suspects.h - the output of `holdout suspects': standard output, a TSV file, a sheet of images. */
#ifndef HO_CLI_SUSPECTS_H
#define HO_CLI_SUSPECTS_H

#include "data/dataset.h"
#include "run/rundir.h"
#include "report/suspects.h"

struct ho_suspect_list {
  const struct ho_run_record *run;
  const struct ho_dataset *data; /* NULL if it is not needed */
  const struct ho_suspects *suspects;
  enum ho_ranking by;
  const uint32_t *order; /* of that ranking */
  size_t top;            /* how many are listed */
};

/* Prints how well each ranking finds the wrong labels or, if they are not known, the first ten suspects. */
int ho_suspects_print(const struct ho_suspect_list *, struct ho_error *);

/* Write the list as TSV, and its first `images' images as PNG.  Each file appears complete or not at all. */
int ho_suspects_write(const struct ho_suspect_list *, const char *path, struct ho_error *);
int ho_suspects_draw(const struct ho_suspect_list *, int images, int columns, const char *path, struct ho_error *);

#endif
