/* SPDX-License-Identifier: MIT
 * plan.c - lifetimes of tensors, and memory shared by those that never live together.
 *
 * Time runs over the nodes forward, 0 .. n-1, then backward, n .. 2n-1.  What backward reads lives to the end, for
 * backward may run again; other activations until their last reader has run; a gradient from its first writer to its
 * node's backward.  Buffers are placed largest first, each at the lowest offset where no buffer of its time lies. */
#include "nn/plan.h"

#include <stdlib.h>

#include "base/memory.h"
#include "nn/fuse.h"

struct buffer {
  size_t bytes, offset;
  int first, last;
  int index; /* breaks ties in sorting */
};

/* Where a gradient lies: buffer (-1: not decided), first channel there, floats from pixel to pixel. */
struct gradient {
  int buffer;
  size_t channel, ld;
};

struct planner {
  const struct ho_graph *g;
  int groups, images, backward, n;
  int *readers, *last_reader;                /* of each node */
  int *y, *saved, *coefficients, *moments, *products; /* buffer of each node, -1: none */
  struct gradient *dy;
  struct ho_fusion *f;
  struct buffer *buffer;
  int buffers;
};

enum { BUFFERS = 6 }; /* at most, of a node */

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

static size_t channels_of(const struct planner *p, int node)
{
  return (size_t)p->g->node[node].out.channels;
}

/* The node in whose tensor lies what readers of node i read. */
static int home_of(const struct planner *p, int i)
{
  return p->f[p->f[i].source].home;
}

/* A ReLU that its batch norm does needs nothing for backward. */
static int keeps_output(const struct planner *p, int i)
{
  return p->backward && flags_of(p, i) & HO_KEEP_OUTPUT && !p->f[i].merged;
}

/* May node i write its result over its first input?  Nobody else may want that. */
static int in_place(const struct planner *p, int i)
{
  const struct ho_node *node = &p->g->node[i];
  if (!(flags_of(p, i) & HO_IN_PLACE) || home_of(p, i) != i)
    return 0;
  for (int k = 0; k < node->inputs; k++) /* an addition that a convolution does */
    if (p->f[node->input[k]].home == i)
      return 0;
  int x = node->input[0];
  return p->readers[x] == 1 && x != p->g->features && !keeps_output(p, x);
}

static void plan_activations(struct planner *p)
{
  for (int i = 0; i < p->n; i++)
    p->y[i] = -1;
  for (int i = 0; i < p->n; i++) {
    const struct ho_node *node = &p->g->node[i];
    int home = home_of(p, i);
    if (p->y[home] < 0)
      p->y[home] = in_place(p, i) ? p->y[node->input[0]] : new_buffer(p, tensor_bytes(p, home), i, i);
    p->y[i] = p->y[home];
    live_until(p, p->y[i], i);
    for (int k = 0; k < node->inputs; k++)
      live_until(p, p->y[node->input[k]], p->backward && flags_of(p, i) & HO_KEEP_INPUT ? 2 * p->n : i);
    if (keeps_output(p, i) || i == p->g->logits || i == p->g->features)
      live_until(p, p->y[i], 2 * p->n);
  }
}

/* Coefficients of lazy batch norms, read as long as the tensors they belong to. */
static void plan_coefficients(struct planner *p)
{
  for (int i = 0; i < p->n; i++)
    p->coefficients[i] = -1;
  for (int i = 0; i < p->n; i++) {
    int owner = p->f[i].home;
    size_t bytes = ho_size_mul((size_t)p->groups, HO_COEFFICIENTS * channels_of(p, owner) * sizeof(float));
    if (!p->f[i].lazy)
      continue;
    if (p->coefficients[owner] < 0)
      p->coefficients[owner] = new_buffer(p, bytes, i, i);
    live_until(p, p->coefficients[owner], p->backward ? 2 * p->n : p->buffer[p->y[i]].last);
  }
}

/* Sums that a convolution leaves for batch norm, or that batch norm makes itself. */
static void plan_moments(struct planner *p)
{
  for (int i = 0; i < p->n; i++)
    p->moments[i] = -1;
  for (int i = 0; i < p->n; i++) {
    int writer = p->f[i].summed_by >= 0 ? p->f[i].summed_by : i;
    size_t bands = ho_size_mul(ho_shape_bands(p->g->node[i].out), (size_t)p->images);
    size_t bytes = ho_size_mul(bands, 2 * channels_of(p, i) * sizeof(double));
    if (p->g->node[i].layer != &ho_layer_batch_norm)
      continue;
    if (p->moments[writer] < 0)
      p->moments[writer] = new_buffer(p, bytes, writer, writer);
    p->moments[i] = p->moments[writer];
    live_until(p, p->moments[i], i);
  }
}

/* ---- gradients ---- */

/* Does the node have parameters, or anything before it?  Otherwise its gradient is of no use. */
static int wanted(const struct planner *p, const struct ho_plan *plan, int i)
{
  const struct ho_node *node = &p->g->node[i];
  int yes = node->weight != HO_ABSENT || node->bias != HO_ABSENT;
  for (int k = 0; k < node->inputs; k++)
    yes |= plan->place[node->input[k]].wanted;
  return p->backward && yes;
}

/* The gradient of x lies where that of its reader i does, `channel' channels further. */
static void share_gradient(struct planner *p, const struct ho_plan *plan, int i, int x, size_t channel)
{
  if (!plan->place[x].wanted)
    return;
  p->dy[x] = p->dy[i];
  p->dy[x].channel += channel;
}

/* An addition passes its gradient on as it is.  May x have the very same memory while `other' still has to read it?
 * Not if x's backward, or other readers of x, write there before. */
static int may_share(const struct planner *p, int i, int x, int other)
{
  if (p->last_reader[x] != i || (flags_of(p, x) & HO_GRADIENT_IN_PLACE && x > other))
    return 0;
  for (int j = 0; j < i; j++)
    for (int k = 0; k < p->g->node[j].inputs; k++)
      if (p->g->node[j].input[k] == x && j >= other)
        return 0;
  return 1;
}

static void share_addition(struct planner *p, const struct ho_plan *plan, int i)
{
  int a = p->g->node[i].input[0], b = p->g->node[i].input[1];
  if (a == b)
    return;
  if (may_share(p, i, a, b) && may_share(p, i, b, a)) {
    share_gradient(p, plan, i, a, 0);
    share_gradient(p, plan, i, b, 0);
  } else if (p->last_reader[a] == i)
    share_gradient(p, plan, i, a, 0);
  else if (p->last_reader[b] == i)
    share_gradient(p, plan, i, b, 0);
}

static void share_gradients(struct planner *p, const struct ho_plan *plan, int i)
{
  const struct ho_node *node = &p->g->node[i];
  int x = node->input[0], dense = p->dy[i].ld == channels_of(p, i);
  if (node->layer == &ho_layer_add)
    share_addition(p, plan, i);
  else if (node->layer == &ho_layer_concat)
    for (int k = 0; k < node->inputs; k++) {
      if (p->f[node->input[k]].home == i)
        share_gradient(p, plan, i, node->input[k], (size_t)p->f[node->input[k]].channel);
    }
  else if (flags_of(p, i) & HO_GRADIENT_IN_PLACE && p->readers[x] == 1 &&
           (dense || p->f[i].merged || flags_of(p, x) & HO_WRITES_SLICES))
    share_gradient(p, plan, i, x, 0);
}

static void plan_gradients(struct planner *p, struct ho_plan *plan)
{
  for (int i = 0; i < p->n; i++) {
    p->dy[i] = (struct gradient){ -1, 0, channels_of(p, i) };
    plan->place[i].wanted = (unsigned char)wanted(p, plan, i);
  }
  for (int i = p->n - 1; i >= 0; i--) {
    const struct ho_node *node = &p->g->node[i];
    if (!plan->place[i].wanted)
      continue;
    int from = i == p->g->logits ? p->n : backward_time(p, p->last_reader[i]);
    if (p->dy[i].buffer < 0)
      p->dy[i].buffer = new_buffer(p, tensor_bytes(p, i), from, backward_time(p, i));
    live_until(p, p->dy[i].buffer, backward_time(p, i));
    for (int k = 0; k < node->inputs; k++) {
      int x = node->input[k], earlier = 0;
      for (int j = 0; j < k; j++)
        earlier |= node->input[j] == x;
      plan->place[i].add[k] = p->last_reader[x] != i || earlier;
    }
    if (i)
      share_gradients(p, plan, i);
  }
}

static int first_reader(const struct planner *p, int i)
{
  for (int j = i + 1; j < p->n; j++)
    for (int k = 0; k < p->g->node[j].inputs; k++)
      if (p->g->node[j].input[k] == i)
        return j;
  return -1;
}

/* The tensor by whose coefficients lazy batch norm b is read: a concat's, or what it or its ReLU gives. */
static int viewed(const struct planner *p, int b)
{
  return p->f[b].home != b ? p->f[b].home : p->f[b].relu ? p->last_reader[b] : b;
}

/* Sums for the backward of lazy batch norms, left by the convolution that completes the gradient they need: the first
 * that reads the tensor is the last on the way back. */
static void plan_products(struct planner *p, const struct ho_plan *plan)
{
  for (int i = 0; i < p->n; i++)
    p->products[i] = -1;
  for (int b = 0; b < p->n; b++) {
    int t = p->f[b].lazy && plan->place[b].wanted ? viewed(p, b) : -1, writer = t < 0 ? -1 : first_reader(p, t);
    if (writer < 0 || !(flags_of(p, writer) & HO_ADDS_RESIDUAL))
      continue;
    size_t bands = ho_size_mul(ho_shape_bands(p->g->node[t].out), (size_t)p->images);
    size_t bytes = ho_size_mul(bands, 2 * channels_of(p, t) * sizeof(double)), from = (size_t)backward_time(p, writer);
    if (p->products[writer] < 0)
      p->products[writer] = new_buffer(p, bytes, (int)from, (int)from);
    p->products[b] = p->products[writer];
    live_until(p, p->products[b], backward_time(p, b));
  }
}

/* What layers ask for besides tensors. */
static void plan_needs(struct planner *p, size_t *shared, size_t *worker)
{
  *shared = *worker = 0;
  for (int i = 0; i < p->n; i++) {
    const struct ho_layer *layer = p->g->node[i].layer;
    struct ho_needs needs = { 0, 0, 0 };
    if (layer && layer->needs)
      layer->needs(&p->g->node[i], p->groups, p->images, p->backward, &needs);
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

static size_t offset_of(const struct planner *p, int buffer, size_t floats)
{
  return buffer < 0 ? HO_ABSENT : ho_size_add(p->buffer[buffer].offset, floats * sizeof(float));
}

static size_t round_up(size_t bytes)
{
  return ho_size_add(bytes, HO_ALIGNMENT - 1) / HO_ALIGNMENT * HO_ALIGNMENT;
}

/* Coefficients by which readers of node i read its tensor. */
static size_t view_of(const struct planner *p, int i)
{
  int norm = p->f[i].norm;
  if (norm < 0) /* a concat with lazy inputs has some of its own */
    return offset_of(p, p->coefficients[i], 0);
  return offset_of(p, p->coefficients[p->f[norm].home], (size_t)p->f[norm].channel);
}

static void fill_place(const struct planner *p, int i, struct ho_place *place)
{
  const struct ho_fusion *f = &p->f[i];
  int source = f->source, owner = f->home;
  int writes = f->lazy || p->g->node[i].layer == &ho_layer_concat;
  place->y = offset_of(p, p->y[i], (size_t)p->f[source].channel);
  place->ld_y = channels_of(p, home_of(p, i));
  place->dy = offset_of(p, p->dy[i].buffer, p->dy[i].channel);
  place->ld_dy = p->dy[i].ld;
  place->saved = offset_of(p, p->saved[i], 0);
  place->moments = offset_of(p, p->moments[i], 0);
  place->products = offset_of(p, p->products[i], 0);
  place->products_wide = channels_of(p, f->lazy ? viewed(p, i) : i ? p->g->node[i].input[0] : i);
  if (f->lazy && place->products != HO_ABSENT)
    place->products += (size_t)f->channel * sizeof(double);
  place->residual = f->residual < 0 ? HO_ABSENT : offset_of(p, p->y[f->residual], 0);
  place->view = view_of(p, i);
  place->coefficients = writes ? offset_of(p, p->coefficients[owner], (size_t)f->channel) : HO_ABSENT;
  place->coefficients_wide = channels_of(p, owner);
  place->lazy = (unsigned char)f->lazy;
  place->relu = (unsigned char)f->relu;
  place->summed = f->summed_by >= 0;
  place->nothing = place->merged = (unsigned char)f->merged;
  for (int k = 0; k < p->g->node[i].inputs; k++) /* an addition that a convolution does */
    place->nothing |= p->g->node[i].layer == &ho_layer_add && p->f[p->g->node[i].input[k]].residual >= 0 &&
                      p->f[p->g->node[i].input[k]].home == i;
}

static void lay_out(struct planner *p, struct ho_plan *plan, int workers, struct buffer **order, size_t base)
{
  size_t shared, worker;
  count_readers(p);
  ho_fuse(p->g, p->readers, p->last_reader, p->f);
  plan_activations(p);
  plan_coefficients(p);
  plan_moments(p);
  plan_gradients(p, plan);
  plan_products(p, plan);
  plan_needs(p, &shared, &worker);
  size_t end = place_buffers(p, order, round_up(base));
  for (int i = 0; i < p->n; i++)
    fill_place(p, i, &plan->place[i]);
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
  static const char what[] = "the plan of a network's memory";
  size_t n = (size_t)g->nodes;
  struct planner p = { .g = g, .groups = groups, .images = images, .backward = backward, .n = g->nodes };
  struct ho_plan *plan = ho_alloc(1, ho_plan_size(g), what, err);
  int *numbers = ho_alloc(7 * n, sizeof *numbers, what, err);
  struct buffer **order = ho_alloc(BUFFERS * n, sizeof *order, what, err);
  p.buffer = ho_alloc(BUFFERS * n, sizeof *p.buffer, what, err);
  p.dy = ho_alloc(n, sizeof *p.dy, what, err);
  p.f = ho_alloc(n, sizeof *p.f, what, err);
  if (plan && numbers && order && p.buffer && p.dy && p.f) {
    plan->nodes = g->nodes;
    p.readers = numbers;
    p.last_reader = numbers + n;
    p.y = numbers + 2 * n;
    p.saved = numbers + 3 * n;
    p.coefficients = numbers + 4 * n;
    p.moments = numbers + 5 * n;
    p.products = numbers + 6 * n;
    lay_out(&p, plan, workers, order, base);
  } else {
    ho_free(plan);
    plan = NULL;
  }
  ho_free(numbers);
  ho_free(order);
  ho_free(p.buffer);
  ho_free(p.dy);
  ho_free(p.f);
  return plan;
}
