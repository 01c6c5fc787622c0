/* SPDX-License-Identifier: MIT
 * plan.c - the lifetimes of tensors; those that never live at the same time may share memory.  See planner.h.
 *
 * What backward reads lives to the end, because backward may run again; other activations live until their last reader
 * has run; a gradient lives from its first writer to its node's backward. */
#include "nn/cpu/plan.h"

#include "base/memory.h"
#include "nn/cpu/planner.h"

static void count_readers(struct ho_planner *p)
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

/* The node in whose tensor the readers of node i read. */
static int home_of(const struct ho_planner *p, int i)
{
  return p->f[p->f[i].source].home;
}

/* A ReLU computed by its batch norm keeps nothing for backward. */
static int keeps_output(const struct ho_planner *p, int i)
{
  return p->backward && ho_planner_flags(p, i) & HO_KEEP_OUTPUT && !p->f[i].merged;
}

/* May node i overwrite its first input?  Not if anything else reads that. */
static int in_place(const struct ho_planner *p, int i)
{
  const struct ho_node *node = &p->g->node[i];
  if (!(ho_planner_flags(p, i) & HO_IN_PLACE) || home_of(p, i) != i)
    return 0;
  for (int k = 0; k < node->inputs; k++) /* a convolution computes the addition */
    if (p->f[node->input[k]].home == i)
      return 0;
  int x = node->input[0];
  return p->readers[x] == 1 && x != p->g->features && !keeps_output(p, x);
}

static void plan_activations(struct ho_planner *p)
{
  for (int i = 0; i < p->n; i++)
    p->y[i] = -1;
  for (int i = 0; i < p->n; i++) {
    const struct ho_node *node = &p->g->node[i];
    int home = home_of(p, i);
    if (p->y[home] < 0)
      p->y[home] = in_place(p, i) ? p->y[node->input[0]] : ho_planner_buffer(p, ho_planner_bytes(p, home), i, i);
    p->y[i] = p->y[home];
    ho_planner_live(p, p->y[i], i);
    for (int k = 0; k < node->inputs; k++)
      ho_planner_live(p, p->y[node->input[k]], p->backward && ho_planner_flags(p, i) & HO_KEEP_INPUT ? 2 * p->n : i);
    if (keeps_output(p, i) || i == p->g->logits || i == p->g->features)
      ho_planner_live(p, p->y[i], 2 * p->n);
  }
}

/* The coefficients of lazy batch norms live as long as the tensors that they belong to. */
static void plan_coefficients(struct ho_planner *p)
{
  for (int i = 0; i < p->n; i++)
    p->coefficients[i] = -1;
  for (int i = 0; i < p->n; i++) {
    int owner = p->f[i].home;
    size_t bytes = ho_size_mul((size_t)p->groups, HO_COEFFICIENTS * ho_planner_channels(p, owner) * sizeof(float));
    if (!p->f[i].lazy)
      continue;
    if (p->coefficients[owner] < 0)
      p->coefficients[owner] = ho_planner_buffer(p, bytes, i, i);
    ho_planner_live(p, p->coefficients[owner], p->backward ? 2 * p->n : p->buffer[p->y[i]].last);
  }
}

/* Sums that a convolution leaves for batch norm, or that batch norm takes itself. */
static void plan_moments(struct ho_planner *p)
{
  for (int i = 0; i < p->n; i++)
    p->moments[i] = -1;
  for (int i = 0; i < p->n; i++) {
    int writer = p->f[i].summed_by >= 0 ? p->f[i].summed_by : i;
    size_t bands = ho_size_mul(ho_shape_bands(p->g->node[i].out), (size_t)p->images);
    size_t bytes = ho_size_mul(bands, 2 * ho_planner_channels(p, i) * sizeof(double));
    if (p->g->node[i].layer->kind != HO_LAYER_BATCH_NORM)
      continue;
    if (p->moments[writer] < 0)
      p->moments[writer] = ho_planner_buffer(p, bytes, writer, writer);
    p->moments[i] = p->moments[writer];
    ho_planner_live(p, p->moments[i], i);
  }
}

/* The memory that layers need besides tensors. */
static void plan_needs(struct ho_planner *p, size_t *shared, size_t *worker)
{
  *shared = *worker = 0;
  for (int i = 0; i < p->n; i++) {
    const struct ho_cpu_layer *layer = ho_cpu_layer(&p->g->node[i]);
    struct ho_needs needs = { 0, 0, 0 };
    if (layer->needs)
      layer->needs(&p->g->node[i], p->groups, p->images, p->backward, &needs);
    p->saved[i] = needs.saved ? ho_planner_buffer(p, needs.saved, i, p->backward ? 2 * p->n : i) : -1;
    *shared = needs.shared > *shared ? needs.shared : *shared;
    *worker = needs.worker > *worker ? needs.worker : *worker;
  }
}

static size_t offset_of(const struct ho_planner *p, int buffer, size_t floats)
{
  return buffer < 0 ? HO_ABSENT : ho_size_add(p->buffer[buffer].offset, floats * sizeof(float));
}

static size_t round_up(size_t bytes)
{
  return ho_size_add(bytes, HO_ALIGNMENT - 1) / HO_ALIGNMENT * HO_ALIGNMENT;
}

/* The coefficients with which the readers of node i read. */
static size_t view_of(const struct ho_planner *p, int i)
{
  int norm = p->f[i].norm;
  if (norm < 0) /* a concat with lazy inputs has some of its own */
    return offset_of(p, p->coefficients[i], 0);
  return offset_of(p, p->coefficients[p->f[norm].home], (size_t)p->f[norm].channel);
}

static void fill_place(const struct ho_planner *p, int i, struct ho_place *place)
{
  const struct ho_fusion *f = &p->f[i];
  int source = f->source, owner = f->home;
  int writes = f->lazy || p->g->node[i].layer->kind == HO_LAYER_CONCAT;
  place->y = offset_of(p, p->y[i], (size_t)p->f[source].channel);
  place->ld_y = ho_planner_channels(p, home_of(p, i));
  place->dy = offset_of(p, p->dy[i].buffer, p->dy[i].channel);
  place->ld_dy = p->dy[i].ld;
  place->saved = offset_of(p, p->saved[i], 0);
  place->moments = offset_of(p, p->moments[i], 0);
  place->products = offset_of(p, p->products[i], 0);
  place->products_wide = ho_planner_channels(p, f->lazy ? ho_planner_viewed(p, i) : i ? p->g->node[i].input[0] : i);
  if (f->lazy && place->products != HO_ABSENT)
    place->products += (size_t)f->channel * sizeof(double);
  place->residual = f->residual < 0 ? HO_ABSENT : offset_of(p, p->y[f->residual], 0);
  place->view = view_of(p, i);
  place->coefficients = writes ? offset_of(p, p->coefficients[owner], (size_t)f->channel) : HO_ABSENT;
  place->coefficients_wide = ho_planner_channels(p, owner);
  place->lazy = (unsigned char)f->lazy;
  place->relu = (unsigned char)f->relu;
  place->summed = f->summed_by >= 0;
  place->nothing = place->merged = (unsigned char)f->merged;
  for (int k = 0; k < p->g->node[i].inputs; k++) /* a convolution computes the addition */
    place->nothing |= p->g->node[i].layer->kind == HO_LAYER_ADD && p->f[p->g->node[i].input[k]].residual >= 0 &&
                      p->f[p->g->node[i].input[k]].home == i;
}

static void lay_out(struct ho_planner *p, struct ho_plan *plan, int workers, struct ho_buffer **order, size_t base)
{
  size_t shared, worker;
  count_readers(p);
  ho_fuse(p->g, p->readers, p->last_reader, p->f);
  plan_activations(p);
  plan_coefficients(p);
  plan_moments(p);
  ho_planner_gradients(p, plan);
  plan_needs(p, &shared, &worker);
  size_t end = ho_buffers_place(p->buffer, p->buffers, order, round_up(base));
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
  struct ho_planner p = { .g = g, .groups = groups, .images = images, .backward = backward, .n = g->nodes };
  struct ho_plan *plan = ho_alloc(1, ho_plan_size(g), what, err);
  int *numbers = ho_alloc(7 * n, sizeof *numbers, what, err);
  struct ho_buffer **order = ho_alloc(BUFFERS * n, sizeof *order, what, err);
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
