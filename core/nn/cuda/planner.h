/* SPDX-License-Identifier: MIT
 * planner.h - what plan.cu and plan_gradients.cu share while they make a plan. */
#ifndef HO_CUDA_PLANNER_H
#define HO_CUDA_PLANNER_H

#include <stdint.h>

#include "nn/cuda/plan.h"

extern "C" {
#include "nn/buffers.h"
}

struct ho_gpu_planner {
  const struct ho_graph *graph;
  const struct ho_node *node;
  int groups, images, backward, n;
  int *readers, *last_reader; /* [n]: how often a node is read; by which last, or -1 */
  int *home;                  /* [n]: the node that writes this one's result: itself, or one that does its work */
  int *acts;                  /* [n]: the node whose backward reads this one's gradient: itself, or its batch norm */
  int *y, *dy, *saved, *forward_work, *backward_work; /* [n]: number of the buffer, or -1 */
  struct ho_gpu_place *place;
  struct ho_buffer *buffer;
  int buffers;
};

enum { HO_GPU_ALIGNMENT = 256 }; /* bytes; that of cudaMalloc */

static inline size_t ho_gpu_round_up(size_t bytes)
{
  size_t whole = ho_size_add(bytes, HO_GPU_ALIGNMENT - 1);
  return whole == SIZE_MAX ? whole : whole / HO_GPU_ALIGNMENT * HO_GPU_ALIGNMENT;
}

/* Adds a buffer that is used from `first' to `last'; returns its number. */
static inline int ho_gpu_buffer(struct ho_gpu_planner *p, size_t bytes, int first, int last)
{
  p->buffer[p->buffers] = { ho_gpu_round_up(bytes), 0, first, last, p->buffers };
  return p->buffers++;
}

/* Makes a buffer last until `time'; -1 is no buffer. */
static inline void ho_gpu_live(struct ho_gpu_planner *p, int buffer, int time)
{
  if (buffer >= 0 && p->buffer[buffer].last < time)
    p->buffer[buffer].last = time;
}

static inline int ho_gpu_backward_time(const struct ho_gpu_planner *p, int i)
{
  return 2 * p->n - 1 - i;
}

static inline size_t ho_gpu_tensor_bytes(const struct ho_gpu_planner *p, int i)
{
  return ho_size_mul(ho_size_mul(ho_shape_size(p->node[i].out), (size_t)p->images), sizeof(float));
}

static inline unsigned ho_gpu_flags(const struct ho_gpu_planner *p, int i)
{
  return ho_cuda_layer(&p->node[i])->flags;
}

/* Decides where gradients lie; sets dy, and pass of each place. */
void ho_gpu_plan_gradients(struct ho_gpu_planner *);

#endif
