/* SPDX-License-Identifier: MIT
 * engine.c - runs a network forward and backward over several mini-batches at once; see nn/engine.h.
 *
 * An engine is one block of memory: this struct, its plan, every buffer of every layer.  A pass allocates nothing.
 * Results have the same bits for any number of threads and any size of the engine.  But the last digits of a
 * mini-batch's results depend on how many run together: a task may have images of several, and the bits of a matrix
 * product depend on its shape. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "compute/parallel.h"
#include "nn/cpu/plan.h"
#include "nn/engine.h"

struct cpu_engine {
  struct ho_engine base;
  const struct ho_plan *plan;
  int groups, images, backward, workers;
  struct ho_call pass; /* the last forward pass: what is the same for all nodes */
  const float *const *x;
  double *seconds; /* see ho_engine_clock */
};

static size_t header_bytes(const struct ho_graph *g)
{
  return sizeof(struct cpu_engine) + ho_plan_size(g);
}

static size_t bytes(struct ho_device *device, const struct ho_net *net, int groups, int images, int backward)
{
  (void)device;
  struct ho_plan *plan =
      ho_plan_new(net->graph, groups, images, backward, ho_parallel_workers(), header_bytes(net->graph), NULL);
  size_t all = plan ? plan->bytes : SIZE_MAX;
  ho_free(plan);
  return all;
}

static struct ho_engine *create(struct ho_device *device, const struct ho_net *net, int groups, int images,
                                int backward, struct ho_error *err)
{
  (void)device;
  int workers = ho_parallel_workers();
  struct ho_plan *plan = ho_plan_new(net->graph, groups, images, backward, workers, header_bytes(net->graph), err);
  if (!plan)
    return NULL;
  struct cpu_engine *e = ho_alloc(1, plan->bytes, "the engine", err);
  if (e) {
    void *copy = e + 1;
    *e = (struct cpu_engine){ .plan = memcpy(copy, plan, ho_plan_size(net->graph)),
                              .groups = groups,
                              .images = images,
                              .backward = backward,
                              .workers = workers };
  } else
    ho_error_prefix(err, "network %s, %d images at a time", net->spec, images);
  ho_free(plan);
  return e ? &e->base : NULL;
}

static void *at(const struct cpu_engine *e, size_t offset)
{
  return offset == HO_ABSENT ? NULL : (unsigned char *)(uintptr_t)e + offset;
}

/* Fills in node i's part of the pass. */
static struct ho_call call_of(const struct cpu_engine *e, int i)
{
  const struct ho_node *node = &e->base.net->graph->node[i];
  const struct ho_place *place = e->plan->place, *own = &place[i], *input = &place[node->input[0]];
  struct ho_call call = e->pass;
  for (int k = 0; k < node->inputs; k++) {
    call.x[k] = at(e, place[node->input[k]].y);
    call.view[k] = at(e, place[node->input[k]].view);
    call.dx[k] = at(e, place[node->input[k]].dy);
    call.add[k] = own->add[k];
  }
  call.ld = input->ld_y;
  call.ld_dx = input->ld_dy;
  call.y = at(e, own->y);
  call.ld_y = own->ld_y;
  call.dy = at(e, own->dy);
  call.ld_dy = own->ld_dy;
  call.residual = at(e, own->residual);
  call.moments = e->pass.eval ? NULL : at(e, own->moments);
  call.products = at(e, own->products);
  call.products_wide = own->products_wide;
  call.coefficients = at(e, own->coefficients);
  call.coefficients_wide = own->coefficients_wide;
  call.lazy = own->lazy;
  call.relu = own->relu;
  call.summed = own->summed;
  call.saved = at(e, own->saved);
  call.shared = at(e, e->plan->shared);
  call.worker = at(e, e->plan->worker);
  call.worker_bytes = e->plan->worker_bytes;
  return call;
}

/* Runs one function of node i's layer, unless NULL, and adds up its time if wanted. */
static void run(const struct cpu_engine *e, int i, int clock, ho_cpu_function *function, const struct ho_call *call)
{
  if (!function)
    return;
  double start = e->seconds ? ho_clock_now() : 0;
  function(&e->base.net->graph->node[i], call);
  if (e->seconds)
    e->seconds[i * HO_CLOCKS + clock] += ho_clock_now() - start;
}

static void copy_input(int g, int worker, void *arg)
{
  const struct cpu_engine *e = arg;
  size_t n = (size_t)e->pass.size * ho_shape_size(e->base.net->input);
  (void)worker;
  memcpy((float *)at(e, e->plan->place[0].y) + (size_t)g * n, e->x[g], n * sizeof(float));
}

static int forward(struct ho_engine *engine, const struct ho_forward *f, struct ho_error *err)
{
  struct cpu_engine *e = (struct cpu_engine *)engine;
  const struct ho_graph *graph = e->base.net->graph;
  (void)err;
  assert(f->groups <= e->groups && f->size <= e->images / f->groups);
  assert(ho_parallel_workers() <= e->workers);
  e->pass = (struct ho_call){ .groups = f->groups,
                              .size = f->size,
                              .eval = f->eval,
                              .theta = f->theta,
                              .stats = f->stats,
                              .advance = f->advance,
                              .mask = f->mask };
  e->x = f->x;
  ho_parallel(f->groups, copy_input, e);
  for (int i = 1; i < graph->nodes; i++) {
    struct ho_call call = call_of(e, i);
    if (!e->plan->place[i].nothing)
      run(e, i, HO_CLOCK_FORWARD, ho_cpu_layer(&graph->node[i])->forward, &call);
  }
  return 0;
}

/* Copies the tensor of one node, of all images of the last pass. */
static void copy_out(const struct cpu_engine *e, int node, float *to)
{
  size_t images = (size_t)e->pass.groups * (size_t)e->pass.size;
  memcpy(to, at(e, e->plan->place[node].y), images * ho_shape_size(e->base.net->graph->node[node].out) * sizeof *to);
}

static int outputs(struct ho_engine *engine, float *logits, float *features, struct ho_error *err)
{
  const struct cpu_engine *e = (const struct cpu_engine *)engine;
  (void)err;
  if (logits)
    copy_out(e, e->base.net->graph->logits, logits);
  if (features)
    copy_out(e, e->base.net->graph->features, features);
  return 0;
}

static int backward(struct ho_engine *engine, const float *dlogits, float *rows, size_t ld, struct ho_error *err)
{
  struct cpu_engine *e = (struct cpu_engine *)engine;
  const struct ho_graph *graph = e->base.net->graph;
  const struct ho_place *place = e->plan->place;
  (void)err;
  assert(e->backward);
  size_t n = (size_t)e->pass.groups * (size_t)e->pass.size * (size_t)e->base.net->classes;
  if (place[graph->logits].wanted)
    memcpy(at(e, place[graph->logits].dy), dlogits, n * sizeof *dlogits);
  for (int i = graph->nodes - 1; i > 0; i--) {
    const struct ho_cpu_layer *layer = ho_cpu_layer(&graph->node[i]);
    if (!place[i].wanted)
      continue;
    struct ho_call call = call_of(e, i);
    call.rows = rows;
    call.ld_rows = ld;
    if (place[i].merged)
      continue;
    run(e, i, HO_CLOCK_WEIGHTS, layer->weights, &call);
    if (!layer->weights || call.dx[0])
      run(e, i, HO_CLOCK_DATA, layer->backward, &call);
  }
  return 0;
}

static void clock_passes(struct ho_engine *engine, double *seconds)
{
  ((struct cpu_engine *)engine)->seconds = seconds;
}

static void free_engine(struct ho_engine *engine)
{
  ho_free(engine);
}

const struct ho_engine_kind ho_engine_cpu = { .name = "cpu",
                                              .bytes = bytes,
                                              .create = create,
                                              .forward = forward,
                                              .outputs = outputs,
                                              .backward = backward,
                                              .clock = clock_passes,
                                              .free = free_engine };
