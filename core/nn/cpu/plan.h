/* SPDX-License-Identifier: MIT
 * plan.h - where every tensor of an engine lies, known before anything is allocated. */
#ifndef HO_PLAN_H
#define HO_PLAN_H

#include "nn/cpu/layer.h"

/* Offsets in bytes from the beginning of the engine's memory; HO_ABSENT where there is none. */
struct ho_place {
  size_t y, dy, saved;
  size_t ld_y, ld_dy;               /* floats from pixel to pixel there */
  size_t view;                      /* coefficients by which y is to be read, or HO_ABSENT: as it is */
  size_t coefficients;              /* those that this node has to write: lazy batch norm, concat */
  size_t coefficients_wide;         /* channels that they are for */
  size_t residual;                  /* what the node adds to its result */
  size_t moments;                   /* sums for batch norm: left by a convolution, read by batch norm */
  size_t products;                  /* sums for batch norm's backward: left by a convolution, read by batch norm */
  size_t products_wide;             /* channels of the tensor that they are of */
  unsigned char nothing;            /* forward: another node does its work */
  unsigned char merged;             /* ReLU: its batch norm does all */
  unsigned char lazy, relu, summed; /* batch norm: see struct ho_call */
  unsigned char wanted;             /* does anything need this node's backward */
  unsigned char add[HO_INPUTS];     /* dx: add to what a later reader of the same tensor has left */
};

struct ho_plan {
  size_t shared, worker;      /* offsets */
  size_t worker_bytes, bytes; /* of one worker; of everything: SIZE_MAX when it does not fit */
  int nodes;
  struct ho_place place[];
};

/* Freed by ho_free; NULL when there is no memory even for the plan.  Offsets begin at `base'. */
struct ho_plan *ho_plan_new(const struct ho_graph *, int groups, int images, int backward, int workers, size_t base,
                            struct ho_error *);
size_t ho_plan_size(const struct ho_graph *); /* of the struct itself */

#endif
