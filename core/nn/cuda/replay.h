/* SPDX-License-Identifier: MIT
 * replay.h - runs sequences of kernels, those that come again as CUDA graphs.
 *
 * A graph is launched by one call instead of one for each kernel.  It is made at the second run with the same key, so that
 * what runs once pays nothing; the least recently used is forgotten. */
#ifndef HO_CUDA_REPLAY_H
#define HO_CUDA_REPLAY_H

#include <stddef.h>

#include "nn/cuda/device.h"

/* Everything that the arguments of the kernels depend on. */
struct ho_gpu_key {
  int groups, size, eval;
  const float *theta, *rows;
  size_t ld;
};

struct ho_gpu_replay {
  struct {
    struct ho_gpu_key key;
    cudaGraphExec_t graph; /* NULL: was run once */
    unsigned long used;    /* the time of its last run; 0: the slot is free */
  } slot[8];
  unsigned long time;
};

/* Runs launch(arg), which launches kernels on the device's stream and does nothing else. */
int ho_gpu_replay_run(struct ho_gpu *, struct ho_gpu_replay *, const struct ho_gpu_key *,
                      void (*launch)(const void *arg), const void *arg, const char *doing, struct ho_error *);
void ho_gpu_replay_free(struct ho_gpu_replay *); /* the device must have done what was asked for */

#endif
