/* SPDX-License-Identifier: MIT
 * plan.c - lifetimes of tensors, and memory shared by those that never live together.
 *
 * Time runs over the nodes forward, 0 .. n-1, then backward, n .. 2n-1.  What backward reads lives to the end, for
 * backward may run again; other activations until their last reader has run; a gradient from its first writer to its
 * node's backward.  Buffers are placed largest first, each at the lowest offset where no buffer of its time lies. */
#include "nn/plan.h"

#include <stdlib.h>

#include "base/memory.h"

struct buffer {
  size_t bytes, offset;
  int first, last;
  int index; /* breaks ties in sorting */
};

struct planner {
  const struct ho_graph *g;
  int images, backward, n;
  int *readers, *last_reader; /* of each node */
  int *y, *dy, *saved;        /* buffer of each node, -1: none */
  struct buffer *buffer;
  int buffers;
};

static int new_buffer(struct planner *p, size_t bytes, int first, int last)
{
  size_t whole = ho_size_add(bytes, HO_ALIGNMENT - 1);
  p->buffer[p->buffers] = (struct buffer){ whole == SIZE_MAX ? whole : whole / HO_ALIGNMENT * HO_ALIGNMENT, 0, first,
                                           last, p->buffers };
  return p->buffers++;
}

static size_t tensor_bytes(const struct planner *p, int node)
{
  return ho_size_mul(ho_size_mul(ho_shape_size(p->g->node[node].out), (size_t)p->images), sizeof(float));
}

static int backward_time(const struct planner *p, int node)
{
  return 2 * p->n - 1 - node;
}

static void live_until(struct planner *p, int buffer, int time)
{
  if (p->buffer[buffer].last < time)
    p->buffer[buffer].last = time;
}

static void count_readers(struct planner *p)
{
  for (int i = 0; i < p->n; i++) {
    p->readers[i] = 0;
    p->last_reader[i] = -1;
  }
  for (int i = 0; i < p->n; i++)
    for (int k = 0; k < p->g->node[i].inputs; k++) {
      p->readers[p->g->node[i].input[k]]++;
      p->last_reader[p->g->node[i].input[k]] = i;
    }
}

static unsigned flags_of(const struct planner *p, int node)
{
  return p->g->node[node].layer ? p->g->node[node].layer->flags : 0;
}

/* May node i write its result over its first input?  Nobody else may want that. */
static int in_place(const struct planner *p, int i)
{
  if (!(flags_of(p, i) & HO_IN_PLACE))
    return 0;
  int x = p->g->node[i].input[0];
  return p->readers[x] == 1 && x != p->g->features && !(p->backward && flags_of(p, x) & HO_KEEP_OUTPUT);
}

static void plan_activations(struct planner *p)
{
  for (int i = 0; i < p->n; i++) {
    const struct ho_node *node = &p->g->node[i];
    p->y[i] = in_place(p, i) ? p->y[node->input[0]] : new_buffer(p, tensor_bytes(p, i), i, i);
    live_until(p, p->y[i], i);
    for (int k = 0; k < node->inputs; k++)
      live_until(p, p->y[node->input[k]], p->backward && flags_of(p, i) & HO_KEEP_INPUT ? 2 * p->n : i);
    if ((p->backward && flags_of(p, i) & HO_KEEP_OUTPUT) || i == p->g->logits || i == p->g->features)
      live_until(p, p->y[i], 2 * p->n);
  }
}

/* Does the node have parameters, or anything before it?  Otherwise its gradient is of no use. */
static int wanted(const struct planner *p, const struct ho_plan *plan, int i)
{
  const struct ho_node *node = &p->g->node[i];
  int yes = node->weight != HO_ABSENT || node->bias != HO_ABSENT;
  for (int k = 0; k < node->inputs; k++)
    yes |= plan->place[node->input[k]].wanted;
  return p->backward && yes;
}

static void plan_gradients(struct planner *p, struct ho_plan *plan)
{
  for (int i = 0; i < p->n; i++) {
    p->dy[i] = -1;
    plan->place[i].wanted = (unsigned char)wanted(p, plan, i);
  }
  for (int i = p->n - 1; i >= 0; i--) {
    const struct ho_node *node = &p->g->node[i];
    if (!plan->place[i].wanted)
      continue;
    int from = i == p->g->logits ? p->n : backward_time(p, p->last_reader[i]);
    if (p->dy[i] < 0)
      p->dy[i] = new_buffer(p, tensor_bytes(p, i), from, backward_time(p, i));
    live_until(p, p->dy[i], backward_time(p, i));
    for (int k = 0; k < node->inputs; k++) {
      int x = node->input[k], earlier = 0;
      for (int j = 0; j < k; j++)
        earlier |= node->input[j] == x;
      plan->place[i].add[k] = p->last_reader[x] != i || earlier;
      if (k == 0 && flags_of(p, i) & HO_GRADIENT_IN_PLACE && plan->place[x].wanted && p->readers[x] == 1)
        p->dy[x] = p->dy[i];
    }
  }
}

/* What layers ask for besides tensors. */
static void plan_needs(struct planner *p, int groups, size_t *shared, size_t *worker)
{
  *shared = *worker = 0;
  for (int i = 0; i < p->n; i++) {
    const struct ho_layer *layer = p->g->node[i].layer;
    struct ho_needs needs = { 0, 0, 0 };
    if (layer && layer->needs)
      layer->needs(&p->g->node[i], groups, p->images, p->backward, &needs);
    p->saved[i] = needs.saved ? new_buffer(p, needs.saved, i, p->backward ? 2 * p->n : i) : -1;
    *shared = needs.shared > *shared ? needs.shared : *shared;
    *worker = needs.worker > *worker ? needs.worker : *worker;
  }
}

static int larger_first(const void *a, const void *b)
{
  const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;
  if (x->bytes != y->bytes)
    return x->bytes > y->bytes ? -1 : 1;
  return x->index - y->index;
}

/* Gives the end of the last buffer.  order[0 .. placed) is kept sorted by offset. */
static size_t place_buffers(struct planner *p, struct buffer **order, size_t base)
{
  size_t end = base;
  for (int i = 0; i < p->buffers; i++)
    order[i] = &p->buffer[i];
  qsort(order, (size_t)p->buffers, sizeof(struct buffer *), larger_first);
  for (int i = 0; i < p->buffers; i++) {
    struct buffer *b = order[i];
    int at = i;
    b->offset = base;
    for (int j = 0; j < i; j++) {
      const struct buffer *o = order[j];
      if (o->last < b->first || b->last < o->first)
        continue;
      if (o->offset >= ho_size_add(b->offset, b->bytes))
        break;
      if (ho_size_add(o->offset, o->bytes) > b->offset)
        b->offset = ho_size_add(o->offset, o->bytes);
    }
    while (at > 0 && order[at - 1]->offset > b->offset) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = b;
    if (ho_size_add(b->offset, b->bytes) > end)
      end = ho_size_add(b->offset, b->bytes);
  }
  return end;
}

static size_t offset_of(const struct planner *p, int buffer)
{
  return buffer < 0 ? HO_ABSENT : p->buffer[buffer].offset;
}

static size_t round_up(size_t bytes)
{
  return ho_size_add(bytes, HO_ALIGNMENT - 1) / HO_ALIGNMENT * HO_ALIGNMENT;
}

static void lay_out(struct planner *p, struct ho_plan *plan, int groups, int workers, struct buffer **order,
                    size_t base)
{
  size_t shared, worker;
  count_readers(p);
  plan_activations(p);
  plan_gradients(p, plan);
  plan_needs(p, groups, &shared, &worker);
  size_t end = place_buffers(p, order, round_up(base));
  for (int i = 0; i < p->n; i++) {
    plan->place[i].y = offset_of(p, p->y[i]);
    plan->place[i].dy = offset_of(p, p->dy[i]);
    plan->place[i].saved = offset_of(p, p->saved[i]);
  }
  plan->shared = end;
  plan->worker = ho_size_add(plan->shared, round_up(shared));
  plan->worker_bytes = round_up(worker);
  plan->bytes = ho_size_add(plan->worker, ho_size_mul(plan->worker_bytes, (size_t)workers));
  if (worker > SIZE_MAX / 2 || shared > SIZE_MAX / 2 || end > SIZE_MAX / 2)
    plan->bytes = SIZE_MAX;
}

size_t ho_plan_size(const struct ho_graph *g)
{
  return sizeof(struct ho_plan) + (size_t)g->nodes * sizeof(struct ho_place);
}

struct ho_plan *ho_plan_new(const struct ho_graph *g, int groups, int images, int backward, int workers, size_t base,
                            struct ho_error *err)
{
  size_t n = (size_t)g->nodes;
  struct planner p = { .g = g, .images = images, .backward = backward, .n = g->nodes };
  struct ho_plan *plan = ho_alloc(1, ho_plan_size(g), "the plan of a network's memory", err);
  int *numbers = ho_alloc(5 * n, sizeof *numbers, "the plan of a network's memory", err);
  struct buffer **order = ho_alloc(3 * n, sizeof *order, "the plan of a network's memory", err);
  p.buffer = ho_alloc(3 * n, sizeof *p.buffer, "the plan of a network's memory", err);
  if (plan && numbers && order && p.buffer) {
    plan->nodes = g->nodes;
    p.readers = numbers;
    p.last_reader = numbers + n;
    p.y = numbers + 2 * n;
    p.dy = numbers + 3 * n;
    p.saved = numbers + 4 * n;
    lay_out(&p, plan, groups, workers, order, base);
  } else {
    ho_free(plan);
    plan = NULL;
  }
  ho_free(numbers);
  ho_free(order);
  ho_free(p.buffer);
  return plan;
}
