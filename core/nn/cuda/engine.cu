/* SPDX-License-Identifier: MIT
 * engine.cu - runs a network on a GPU, forward and backward over several mini-batches at once; see nn/engine.h.
 *
 * An engine is one block of device memory (plan.h) and one of page-locked host memory, through which everything crosses:
 *
 *     to the device     streams, flags, running statistics and images, in one copy as the block begins; dL/dlogits
 *     to the host       logits, features, running statistics
 *
 * Kernels' results depend on the shapes of the pass alone: they have the same bits in every run, by themselves or in a
 * graph, on an engine of any size. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "nn/cuda/plan.h"
#include "nn/cuda/replay.h"

struct cuda_engine {
  struct ho_engine base;
  struct ho_gpu *gpu;
  struct ho_gpu_plan *plan;
  int groups, images, backward;
  unsigned char *memory; /* on the device */

  /* ---- page-locked ---- */
  unsigned char *sent; /* as the block of device memory begins */
  float *dlogits, *logits, *features, *statistics;
  cudaEvent_t sent_images, sent_dlogits; /* when the device has read it */

  /* ---- the last forward pass ---- */
  struct ho_gpu_call pass; /* what is the same for all nodes */
  float *stats; /* the caller's statistics, which outputs() is to update from this pass; NULL: nothing to update */
  int intact;   /* backward has freed none of its tensors yet */

  struct ho_gpu_replay forwards, backwards;
  double *seconds; /* see ho_engine_clock */
  cudaEvent_t *events;
};

static size_t tensor_floats(const struct cuda_engine *e, int node, int images)
{
  return ho_shape_size(e->base.net->graph->node[node].out) * (size_t)images;
}

static int images_of(const struct cuda_engine *e)
{
  return e->pass.groups * e->pass.size;
}

static void *at(const struct cuda_engine *e, size_t offset)
{
  return offset == HO_ABSENT ? NULL : e->memory + offset;
}

/* ---- making one ---- */

static size_t bytes(struct ho_device *device, const struct ho_net *net, int groups, int images, int backward)
{
  (void)device;
  struct ho_gpu_plan *plan = ho_gpu_plan_new(net, groups, images, backward, NULL);
  size_t all = plan ? plan->bytes : SIZE_MAX;
  ho_free(plan);
  return all;
}

/* Page-locked memory, one block: what is sent, then what comes back. */
static int get_host_memory(struct cuda_engine *e, struct ho_error *err)
{
  const struct ho_net *net = e->base.net;
  size_t sent = e->plan->input + tensor_floats(e, 0, e->images) * sizeof(float);
  size_t k = (size_t)e->images * (size_t)net->classes, f = (size_t)e->images * (size_t)net->features;
  size_t floats = 2 * k + f + net->statistics;
  e->sent = (unsigned char *)ho_gpu_get_pinned(e->gpu, sent + floats * sizeof(float), "the engine", err);
  if (!e->sent)
    return -1;
  e->dlogits = (float *)(e->sent + sent);
  e->logits = e->dlogits + k;
  e->features = e->logits + k;
  e->statistics = e->features + f;
  return 0;
}

static void put_events(struct cuda_engine *e)
{
  if (!e->events)
    return;
  for (int i = 0; i < 3 * e->base.net->graph->nodes; i++)
    if (e->events[i])
      cudaEventDestroy(e->events[i]);
  ho_free(e->events);
  e->events = NULL;
}

/* All of it on a lost device, too, where the calls fail but free what they have on the host. */
static void free_engine(struct ho_engine *engine)
{
  struct cuda_engine *e = (struct cuda_engine *)engine;
  if (!ho_gpu_enter(e->gpu, NULL))
    ho_gpu_wait(e->gpu, "waiting for the device", NULL);
  ho_gpu_replay_free(&e->forwards);
  ho_gpu_replay_free(&e->backwards);
  put_events(e);
  if (e->sent_images)
    cudaEventDestroy(e->sent_images);
  if (e->sent_dlogits)
    cudaEventDestroy(e->sent_dlogits);
  ho_gpu_put(e->gpu, e->memory);
  ho_gpu_put_pinned(e->gpu, e->sent);
  ho_free(e->plan);
  ho_free(e);
}

static int get_memory(struct cuda_engine *e, struct ho_error *err)
{
  static const char doing[] = "making an event";
  char what[400];
  snprintf(what, sizeof what, "network %.256s, %d images at a time,", e->base.net->spec, e->images);
  e->memory = (unsigned char *)ho_gpu_get(e->gpu, e->plan->bytes, what, err);
  if (!e->memory || get_host_memory(e, err))
    return -1;
  if (ho_gpu_check(e->gpu, cudaEventCreateWithFlags(&e->sent_images, cudaEventDisableTiming), doing, err))
    return -1;
  return ho_gpu_check(e->gpu, cudaEventCreateWithFlags(&e->sent_dlogits, cudaEventDisableTiming), doing, err);
}

static struct ho_engine *create(struct ho_device *device, const struct ho_net *net, int groups, int images,
                                int backward, struct ho_error *err)
{
  struct ho_gpu *gpu = (struct ho_gpu *)device;
  if (ho_gpu_enter(gpu, err))
    return NULL;
  struct cuda_engine *e = (struct cuda_engine *)ho_alloc(1, sizeof *e, "the engine", err);
  if (!e)
    return NULL;
  e->base.device = device;
  e->base.net = net;
  e->gpu = gpu;
  e->groups = groups;
  e->images = images;
  e->backward = backward;
  e->plan = ho_gpu_plan_new(net, groups, images, backward, err);
  if (e->plan && !get_memory(e, err))
    return &e->base;
  free_engine(&e->base);
  return NULL;
}

/* ---- running layers ---- */

/* The part of the pass that is node i's. */
static struct ho_gpu_call call_of(const struct cuda_engine *e, int i)
{
  const struct ho_node *node = &e->base.net->graph->node[i];
  const struct ho_gpu_place *place = e->plan->place, *own = &place[i];
  struct ho_gpu_call call = e->pass;
  for (int k = 0; k < node->inputs; k++) {
    call.x[k] = (const float *)at(e, place[node->input[k]].y);
    call.dx[k] = own->pass[k] == HO_GPU_LEAVE ? NULL : (float *)at(e, place[node->input[k]].dy);
    call.add[k] = own->pass[k] == HO_GPU_ADD;
  }
  call.y = (float *)at(e, own->y);
  call.dy = (const float *)at(e, own->dy);
  call.relu = own->relu;
  call.residual = own->residual < 0 ? NULL : (const float *)at(e, place[own->residual].y);
  call.saved = at(e, own->saved);
  return call;
}

/* The clock has three events for each node: begin, between gradients to parameters and to inputs, end. */
static void tick(const struct cuda_engine *e, int i, int which)
{
  if (e->seconds)
    cudaEventRecord(e->events[3 * i + which], e->gpu->stream);
}

static void forward_node(const struct cuda_engine *e, int i)
{
  const struct ho_node *node = &e->base.net->graph->node[i];
  struct ho_gpu_call call = call_of(e, i);
  call.work = at(e, e->plan->place[i].forward_work);
  tick(e, i, 0);
  ho_cuda_layer(node)->forward(node, &call);
  tick(e, i, 2);
}

static void backward_node(const struct cuda_engine *e, int i)
{
  const struct ho_node *node = &e->base.net->graph->node[i];
  struct ho_gpu_call call = call_of(e, i);
  call.work = at(e, e->plan->place[i].backward_work);
  tick(e, i, 0);
  tick(e, i, 1); /* layers that have such a point record it again */
  call.between = e->seconds ? e->events[3 * i + 1] : NULL;
  ho_cuda_layer(node)->backward(node, &call);
  tick(e, i, 2);
}

/* Has node i something to do in backward? */
static int has_backward(const struct cuda_engine *e, int i)
{
  const struct ho_node *node = &e->base.net->graph->node[i];
  const struct ho_gpu_place *place = &e->plan->place[i];
  int yes = node->weight != HO_ABSENT || node->bias != HO_ABSENT;
  for (int k = 0; k < node->inputs; k++)
    yes |= place->pass[k] != HO_GPU_LEAVE;
  return place->wanted && yes;
}

static void launch_forward(const void *arg)
{
  const struct cuda_engine *e = (const struct cuda_engine *)arg;
  for (int i = 1; i < e->base.net->graph->nodes; i++)
    if (!e->plan->place[i].idle)
      forward_node(e, i);
}

static void launch_backward(const void *arg)
{
  const struct cuda_engine *e = (const struct cuda_engine *)arg;
  for (int i = e->base.net->graph->nodes - 1; i > 0; i--)
    if (has_backward(e, i))
      backward_node(e, i);
}

/* Adds the times of a pass to what the caller has. */
static int read_clock(const struct cuda_engine *e, int forward, const char *doing, struct ho_error *err)
{
  if (ho_gpu_wait(e->gpu, doing, err))
    return -1;
  for (int i = 1; i < e->base.net->graph->nodes; i++) {
    const cudaEvent_t *event = e->events + 3 * i;
    double *seconds = e->seconds + (size_t)i * HO_CLOCKS;
    float all = 0, first = 0;
    if (forward ? e->plan->place[i].idle : !has_backward(e, i))
      continue;
    cudaError_t error = cudaEventElapsedTime(&all, event[0], event[2]);
    if (!forward && error == cudaSuccess)
      error = cudaEventElapsedTime(&first, event[0], event[1]);
    if (ho_gpu_check(e->gpu, error, "reading the clock", err))
      return -1;
    seconds[HO_CLOCK_WEIGHTS] += first / 1e3;
    seconds[forward ? HO_CLOCK_FORWARD : HO_CLOCK_DATA] += (all - first) / 1e3;
  }
  return 0;
}

/* The kernels of a forward pass do not depend on the rows that a backward pass may have had before. */
static int run(struct cuda_engine *e, int forward, struct ho_error *err)
{
  const char *doing = forward ? "running the network forward" : "running the network backward";
  void (*launch)(const void *) = forward ? launch_forward : launch_backward;
  const struct ho_gpu_call *p = &e->pass;
  struct ho_gpu_key key = { p->groups, p->size, p->eval, p->theta, forward ? NULL : p->rows, forward ? 0 : p->ld };
  e->intact = forward;
  if (e->gpu->replay && !e->seconds)
    return ho_gpu_replay_run(e->gpu, forward ? &e->forwards : &e->backwards, &key, launch, e, doing, err);
  launch(e);
  if (ho_gpu_check_launch(e->gpu, doing, err))
    return -1;
  return e->seconds ? read_clock(e, forward, doing, err) : 0;
}

/* ---- the interface ---- */

static cudaError_t fetch(const struct cuda_engine *e, float *to, size_t offset, size_t floats)
{
  return cudaMemcpyAsync(to, at(e, offset), floats * sizeof *to, cudaMemcpyDeviceToHost, e->gpu->stream);
}

static int outputs(struct ho_engine *engine, float *logits, float *features, struct ho_error *err)
{
  static const char doing[] = "copying results from the device";
  struct cuda_engine *e = (struct cuda_engine *)engine;
  const struct ho_graph *graph = e->base.net->graph;
  size_t k = tensor_floats(e, graph->logits, images_of(e)), f = tensor_floats(e, graph->features, images_of(e));
  size_t s = e->base.net->statistics;
  cudaError_t error = cudaSuccess;
  if (ho_gpu_enter(e->gpu, err))
    return -1;
  if (logits)
    error = fetch(e, e->logits, e->plan->place[graph->logits].y, k);
  if (features && error == cudaSuccess)
    error = fetch(e, e->features, e->plan->place[graph->features].y, f);
  if (e->stats && error == cudaSuccess)
    error = fetch(e, e->statistics, e->plan->stats, s);
  if (ho_gpu_check(e->gpu, error, doing, err) || ho_gpu_wait(e->gpu, doing, err))
    return -1;
  if (logits)
    memcpy(logits, e->logits, k * sizeof *logits);
  if (features)
    memcpy(features, e->features, f * sizeof *features);
  if (e->stats)
    memcpy(e->stats, e->statistics, s * sizeof *e->stats);
  e->stats = NULL;
  return 0;
}

/* Copies what a pass is given to page-locked memory, as soon as the device has read what is there, and on its way. */
static int send(struct cuda_engine *e, const struct ho_forward *f, struct ho_error *err)
{
  static const char doing[] = "copying images to the device";
  const struct ho_gpu_plan *plan = e->plan;
  size_t groups = (size_t)f->groups, n = tensor_floats(e, 0, f->size);
  float *images = (float *)(e->sent + plan->input);
  if (ho_gpu_check(e->gpu, cudaEventSynchronize(e->sent_images), doing, err))
    return -1;
  if (f->mask)
    memcpy(e->sent + plan->mask, f->mask, groups * sizeof *f->mask);
  memset(e->sent + plan->advance, 0, groups);
  if (f->advance)
    memcpy(e->sent + plan->advance, f->advance, groups);
  if (e->base.net->statistics && f->stats)
    memcpy(e->sent + plan->stats, f->stats, e->base.net->statistics * sizeof(float));
  for (size_t g = 0; g < groups; g++)
    memcpy(images + g * n, f->x[g], n * sizeof *images);
  cudaError_t error = cudaMemcpyAsync(e->memory, e->sent, plan->input + groups * n * sizeof *images,
                                      cudaMemcpyHostToDevice, e->gpu->stream);
  if (error == cudaSuccess)
    error = cudaEventRecord(e->sent_images, e->gpu->stream);
  return ho_gpu_check(e->gpu, error, doing, err);
}

static int advances(const struct ho_forward *f)
{
  int any = 0;
  for (int g = 0; f->advance && g < f->groups; g++)
    any |= f->advance[g];
  return any && !f->eval;
}

static int forward(struct ho_engine *engine, const struct ho_forward *f, struct ho_error *err)
{
  struct cuda_engine *e = (struct cuda_engine *)engine;
  assert(f->groups <= e->groups && f->size <= e->images / f->groups);
  if (ho_gpu_enter(e->gpu, err))
    return -1;
  if (e->stats && outputs(engine, NULL, NULL, err)) /* the last pass's, which nobody asked for */
    return -1;
  if (send(e, f, err))
    return -1;
  e->pass = ho_gpu_call();
  e->pass.stream = e->gpu->stream;
  e->pass.precision = e->gpu->precision;
  e->pass.groups = f->groups;
  e->pass.size = f->size;
  e->pass.eval = f->eval;
  e->pass.theta = f->theta;
  e->pass.stats = (float *)at(e, e->plan->stats);
  e->pass.advance = (const unsigned char *)at(e, e->plan->advance);
  e->pass.mask = (const struct ho_stream *)at(e, e->plan->mask);
  e->stats = advances(f) && e->base.net->statistics ? f->stats : NULL;
  return run(e, 1, err);
}

/* Makes the tensors that backward has freed again.  The running statistics have moved already. */
static int renew(struct cuda_engine *e, struct ho_error *err)
{
  cudaError_t error = cudaMemsetAsync(at(e, e->plan->advance), 0, (size_t)e->pass.groups, e->gpu->stream);
  return ho_gpu_check(e->gpu, error, "preparing another backward", err) ? -1 : run(e, 1, err);
}

static int backward(struct ho_engine *engine, const float *dlogits, float *rows, size_t ld, struct ho_error *err)
{
  static const char doing[] = "copying gradients to the device";
  struct cuda_engine *e = (struct cuda_engine *)engine;
  const struct ho_gpu_place *place = &e->plan->place[e->base.net->graph->logits];
  size_t n = (size_t)images_of(e) * (size_t)e->base.net->classes * sizeof *dlogits;
  assert(e->backward);
  if (!place->wanted)
    return 0;
  if (ho_gpu_enter(e->gpu, err) || (!e->intact && renew(e, err)))
    return -1;
  if (ho_gpu_check(e->gpu, cudaEventSynchronize(e->sent_dlogits), doing, err))
    return -1;
  memcpy(e->dlogits, dlogits, n);
  cudaError_t error = cudaMemcpyAsync(at(e, place->dy), e->dlogits, n, cudaMemcpyHostToDevice, e->gpu->stream);
  if (error == cudaSuccess)
    error = cudaEventRecord(e->sent_dlogits, e->gpu->stream);
  if (ho_gpu_check(e->gpu, error, doing, err))
    return -1;
  e->pass.rows = rows;
  e->pass.ld = ld;
  return run(e, 0, err);
}

static void clock_passes(struct ho_engine *engine, double *seconds)
{
  struct cuda_engine *e = (struct cuda_engine *)engine;
  int events = 3 * e->base.net->graph->nodes;
  e->seconds = NULL;
  if (!seconds || ho_gpu_enter(e->gpu, NULL))
    return;
  if (!e->events)
    e->events = (cudaEvent_t *)ho_alloc((size_t)events, sizeof *e->events, "the clock", NULL);
  for (int i = 0; e->events && i < events; i++)
    if (!e->events[i] && ho_gpu_check(e->gpu, cudaEventCreate(&e->events[i]), "making an event", NULL))
      return;
  if (e->events)
    e->seconds = seconds;
}

static void close_device(struct ho_device *device)
{
  ho_gpu_close((struct ho_gpu *)device);
}

static void describe_device(const struct ho_device *device, char *text, size_t size)
{
  ho_gpu_describe((const struct ho_gpu *)device, text, size);
}

const struct ho_engine_kind ho_engine_cuda = { "cuda",   &ho_gpu_vectors, close_device, describe_device,
                                               bytes,    create,          forward,      outputs,
                                               backward, clock_passes,    free_engine };
