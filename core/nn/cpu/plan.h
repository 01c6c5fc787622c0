/* SPDX-License-Identifier: MIT
 * plan.h - where every tensor of an engine lies in its memory, computed before anything is allocated. */
#ifndef HO_PLAN_H
#define HO_PLAN_H

#include "nn/cpu/layer.h"

/* The memory of one node, in bytes from the start of the engine's block, or HO_ABSENT.  See struct ho_call for what
 * each is for. */
struct ho_place {
  size_t y, dy, saved;
  size_t ld_y, ld_dy;               /* of y and dy: floats from one pixel to the next */
  size_t view;                      /* the coefficients with which to read y; HO_ABSENT: none */
  size_t coefficients;              /* those that the node writes: lazy batch norm, concat */
  size_t coefficients_wide;         /* channels of the tensor that they belong to */
  size_t residual;                  /* what the node adds to its result */
  size_t moments;                   /* for batch norm; written by a convolution or by itself */
  size_t products;                  /* for the backward of lazy batch norm; written by a convolution */
  size_t products_wide;             /* channels of the tensor that they belong to */
  unsigned char nothing;            /* forward: another node does this one's work */
  unsigned char merged;             /* ReLU: its batch norm does this one's work, forward and backward */
  unsigned char lazy, relu, summed; /* batch norm */
  unsigned char wanted;             /* the node needs a backward: it or a node before it has parameters */
  unsigned char add[HO_INPUTS];     /* add dx to the part that a later reader of the same input has written */
};

struct ho_plan {
  size_t shared, worker;      /* offsets of what functions use while they run: for all workers; for the first */
  size_t worker_bytes, bytes; /* of one worker; of the whole block: SIZE_MAX if a size_t cannot hold it */
  int nodes;
  struct ho_place place[];
};

/* A plan for passes of at most `groups' mini-batches and `images' images in all, with so many workers.  Offsets start
 * at `base'.  The caller frees it by ho_free.  NULL with a message if there is no memory for the plan itself. */
struct ho_plan *ho_plan_new(const struct ho_graph *, int groups, int images, int backward, int workers, size_t base,
                            struct ho_error *);
size_t ho_plan_size(const struct ho_graph *); /* bytes of struct ho_plan with its places */

#endif
