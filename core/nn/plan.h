/* SPDX-License-Identifier: MIT
 * plan.h - where every tensor of an engine lies, known before anything is allocated. */
#ifndef HO_PLAN_H
#define HO_PLAN_H

#include "nn/graph.h"

/* Offsets in bytes from the beginning of the engine's memory; HO_ABSENT where there is none. */
struct ho_place {
  size_t y, dy, saved;
  unsigned char wanted;         /* does anything need this node's backward */
  unsigned char add[HO_INPUTS]; /* dx: add to what a later reader of the same tensor has left */
};

struct ho_plan {
  size_t shared, worker;        /* offsets */
  size_t worker_bytes, bytes;   /* of one worker; of everything: SIZE_MAX when it does not fit */
  int nodes;
  struct ho_place place[];
};

/* Freed by ho_free; NULL when there is no memory even for the plan.  Offsets begin at `base'. */
struct ho_plan *ho_plan_new(const struct ho_graph *, int groups, int images, int backward, int workers, size_t base,
                            struct ho_error *);
size_t ho_plan_size(const struct ho_graph *); /* of the struct itself */

#endif
