/* SPDX-License-Identifier: MIT
 * layer_rig.h - one layer of the CUDA engine beside the CPU engine's, on the same random tensors. */
#ifndef HO_LAYER_RIG_H
#define HO_LAYER_RIG_H

#include "nn/cuda/layer.h"

#include "device_rig.h"

struct layer_case {
  const struct ho_net *net;
  const struct ho_node *node;
  int groups, size, eval, relu; /* relu: of a batch norm */
  unsigned char add[HO_INPUTS]; /* as in struct ho_gpu_call; input k may not be the first to leave a gradient */
  int none;                     /* that input gets no gradient; -1: all do */
  int in_place;                 /* dx[0] is dy */
  double tolerance;             /* of the largest element plus 1; 0: equal bits */
  uint64_t seed;
  const float *x; /* of input 0, instead of random numbers; or NULL */
};

/* Runs both, forward and backward, and compares results, gradients, rows and running statistics. */
void layer_check(const struct layer_case *);

/* The only node of a kind in a network. */
const struct ho_node *node_of_kind(const struct ho_net *, enum ho_layer_kind);

#endif
