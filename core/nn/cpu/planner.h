/* SPDX-License-Identifier: MIT
 * planner.h - what the parts of a plan share while it is made: plan.c, plan_gradients.c, plan_memory.c.
 *
 * Time runs over the nodes forward, 0 .. n-1, then backward, n .. 2n-1. */
#ifndef HO_PLANNER_H
#define HO_PLANNER_H

#include "base/memory.h"
#include "nn/cpu/fuse.h"
#include "nn/cpu/plan.h"

struct ho_buffer {
  size_t bytes, offset;
  int first, last;
  int index; /* breaks ties in sorting */
};

/* Where a gradient lies: buffer (-1: not decided), first channel there, floats from pixel to pixel. */
struct ho_gradient {
  int buffer;
  size_t channel, ld;
};

struct ho_planner {
  const struct ho_graph *g;
  int groups, images, backward, n;
  int *readers, *last_reader;                         /* of each node */
  int *y, *saved, *coefficients, *moments, *products; /* buffer of each node, -1: none */
  struct ho_gradient *dy;
  struct ho_fusion *f;
  struct ho_buffer *buffer;
  int buffers;
};

enum { BUFFERS = 6 }; /* at most, of a node */

static inline int ho_planner_buffer(struct ho_planner *p, size_t bytes, int first, int last)
{
  size_t whole = ho_size_add(bytes, HO_ALIGNMENT - 1);
  p->buffer[p->buffers] =
      (struct ho_buffer){ whole == SIZE_MAX ? whole : whole / HO_ALIGNMENT * HO_ALIGNMENT, 0, first, last, p->buffers };
  return p->buffers++;
}

static inline size_t ho_planner_bytes(const struct ho_planner *p, int node)
{
  return ho_size_mul(ho_size_mul(ho_shape_size(p->g->node[node].out), (size_t)p->images), sizeof(float));
}

static inline int ho_planner_backward(const struct ho_planner *p, int node)
{
  return 2 * p->n - 1 - node;
}

static inline void ho_planner_live(struct ho_planner *p, int buffer, int time)
{
  if (p->buffer[buffer].last < time)
    p->buffer[buffer].last = time;
}

static inline unsigned ho_planner_flags(const struct ho_planner *p, int node)
{
  return ho_cpu_layer(&p->g->node[node])->flags;
}

static inline size_t ho_planner_channels(const struct ho_planner *p, int node)
{
  return (size_t)p->g->node[node].out.channels;
}

/* The tensor by whose coefficients lazy batch norm b is read: a concat's, or what it or its ReLU gives. */
static inline int ho_planner_viewed(const struct ho_planner *p, int b)
{
  return p->f[b].home != b ? p->f[b].home : p->f[b].relu ? p->last_reader[b] : b;
}

/* plan_gradients.c: where the gradient of each node lies, and the sums that convolutions leave for batch norm. */
void ho_planner_gradients(struct ho_planner *, struct ho_plan *);
/* plan_memory.c: gives every buffer its offset, from `base' on; order has room for all.  Gives the end of the last. */
size_t ho_planner_place(struct ho_planner *, struct ho_buffer **order, size_t base);

#endif
