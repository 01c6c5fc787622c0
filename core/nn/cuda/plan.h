/* SPDX-License-Identifier: MIT
 * plan.h - where every tensor of an engine lies in its block of device memory, computed before anything is allocated.
 *
 * Tensors that are never needed at the same time share memory.  Backward frees what it has read, as it goes: gradients
 * of early layers lie where activations of late ones were.  Before a second backward, forward runs again. */
#ifndef HO_CUDA_PLAN_H
#define HO_CUDA_PLAN_H

#include "nn/cuda/layer.h"

/* How a node's backward treats the gradient of one of its inputs. */
enum ho_gpu_pass {
  HO_GPU_LEAVE, /* does nothing: nobody needs it, or it is the node's own gradient, unchanged */
  HO_GPU_WRITE,
  HO_GPU_ADD /* to what a later reader of the input has left there */
};

/* One node.  Offsets are in bytes, or HO_ABSENT. */
struct ho_gpu_place {
  size_t y, dy, saved;
  size_t forward_work, backward_work;
  int residual;                  /* the node whose result is added to this one's, or -1 */
  unsigned char relu;            /* batch norm: computes the ReLU that reads it, too */
  unsigned char idle;            /* another node does this one's work in forward */
  unsigned char wanted;          /* the node's backward runs: it or a node before it has parameters */
  unsigned char pass[HO_INPUTS]; /* enum ho_gpu_pass */
};

struct ho_gpu_plan {
  /* The block begins with what the host sends before a pass, in one copy: streams, flags, statistics, images. */
  size_t mask, advance, stats, input;
  size_t bytes; /* of the whole block: SIZE_MAX if a size_t cannot hold it */
  struct ho_gpu_place *place;
};

/* Plans passes of at most `groups' mini-batches and `images' images in all.  The caller frees the plan by ho_free.  NULL
 * with a message if a layer is one that the engine lacks, or if there is no memory for the plan itself. */
struct ho_gpu_plan *ho_gpu_plan_new(const struct ho_net *, int groups, int images, int backward, struct ho_error *);

#endif
