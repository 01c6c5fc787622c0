/* SPDX-License-Identifier: MIT
 * planner.h - what plan.c and plan_gradients.c share while they make a plan.
 *
 * A buffer is memory for one tensor or more, used from a first to a last point in time (nn/buffers.h). */
#ifndef HO_PLANNER_H
#define HO_PLANNER_H

#include "base/memory.h"
#include "nn/buffers.h"
#include "nn/cpu/fuse.h"
#include "nn/cpu/plan.h"

/* Where a gradient lies: in which buffer (-1: not yet known), from which channel on, floats from one pixel to the
 * next. */
struct ho_gradient {
  int buffer;
  size_t channel, ld;
};

struct ho_planner {
  const struct ho_graph *g;
  int groups, images, backward, n;
  int *readers, *last_reader;                         /* [n]: as for ho_fuse */
  int *y, *saved, *coefficients, *moments, *products; /* [n]: number of the node's buffer, or -1 */
  struct ho_gradient *dy;
  struct ho_fusion *f;
  struct ho_buffer *buffer;
  int buffers;
};

enum { BUFFERS = 6 }; /* most buffers of a node */

/* Adds a buffer that is used from `first' to `last'; returns its number. */
static inline int ho_planner_buffer(struct ho_planner *p, size_t bytes, int first, int last)
{
  size_t whole = ho_size_add(bytes, HO_ALIGNMENT - 1);
  p->buffer[p->buffers] =
      (struct ho_buffer){ whole == SIZE_MAX ? whole : whole / HO_ALIGNMENT * HO_ALIGNMENT, 0, first, last, p->buffers };
  return p->buffers++;
}

/* Bytes of a node's result. */
static inline size_t ho_planner_bytes(const struct ho_planner *p, int node)
{
  return ho_size_mul(ho_size_mul(ho_shape_size(p->g->node[node].out), (size_t)p->images), sizeof(float));
}

/* The time of a node's backward. */
static inline int ho_planner_backward(const struct ho_planner *p, int node)
{
  return 2 * p->n - 1 - node;
}

/* Makes a buffer last until `time'. */
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

/* The node whose readers apply the coefficients of lazy batch norm b: a concat, its ReLU or itself. */
static inline int ho_planner_viewed(const struct ho_planner *p, int b)
{
  return p->f[b].home != b ? p->f[b].home : p->f[b].relu ? p->last_reader[b] : b;
}

/* plan_gradients.c: decides where the gradients lie, and the products that convolutions leave for batch norms; fills
 * wanted and add of each place. */
void ho_planner_gradients(struct ho_planner *, struct ho_plan *);

#endif
