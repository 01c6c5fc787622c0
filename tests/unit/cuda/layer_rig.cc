/* SPDX-License-Identifier: MIT
 * layer_rig.cc - see layer_rig.h. */
#include "layer_rig.h"

extern "C" {
#include "compute/parallel.h"
#include "nn/cpu/layer.h"
}

/* What one engine made of a case, in host memory. */
struct made {
  float *y, *dx[HO_INPUTS], *rows, *stats;
};

struct both {
  const struct layer_case *c;
  size_t images, in[HO_INPUTS], out, inputs; /* floats of each tensor */
  float *x[HO_INPUTS], *dy, *theta, *stats, *rows, *dx[HO_INPUTS];
  unsigned char *advance;
  struct ho_stream *mask;
};

const struct ho_node *node_of_kind(const struct ho_net *net, enum ho_layer_kind kind)
{
  for (int i = 0; i < net->graph->nodes; i++)
    if (net->graph->node[i].layer->kind == kind)
      return &net->graph->node[i];
  ck_abort_msg("no such node");
  return NULL;
}

static float *copy(size_t n, const float *from)
{
  float *to = (float *)ho_alloc(n, sizeof *to, "a test", NULL);
  memcpy(to, from, n * sizeof *to);
  return to;
}

/* An input that is the same tensor as one before: that one's number; else its own. */
static int same_as(const struct ho_node *node, int k)
{
  for (int before = 0; before < k; before++)
    if (node->input[before] == node->input[k])
      return before;
  return k;
}

static struct both both_of(const struct layer_case *c)
{
  struct both b = {};
  b.c = c;
  b.images = (size_t)c->groups * (size_t)c->size;
  b.out = b.images * ho_shape_size(c->node->out);
  struct trial *t = trial_new(c->net, c->groups, c->size, c->eval, c->seed); /* for its parameters and streams */
  b.theta = copy(c->net->parameters, t->theta);
  b.stats = copy(c->net->statistics, t->stats);
  b.advance = (unsigned char *)ho_alloc((size_t)c->groups, 1, "a test", NULL);
  b.mask = (struct ho_stream *)ho_alloc((size_t)c->groups, sizeof *b.mask, "a test", NULL);
  memcpy(b.advance, t->advance, (size_t)c->groups);
  memcpy(b.mask, t->mask, (size_t)c->groups * sizeof *b.mask);
  trial_free(t);
  for (int k = 0; k < c->node->inputs; k++) {
    int input = c->node->input[k];
    b.in[k] = b.images * ho_shape_size(c->net->graph->node[input].out);
    b.x[k] = c->x && k == 0 ? copy(b.in[k], c->x) : random_floats(b.in[k], c->seed + 10 + (uint64_t)input);
    b.dx[k] = random_floats(b.in[k], c->seed + 20 + (uint64_t)input);
  }
  b.dy = random_floats(b.out, c->seed + 30);
  b.rows = random_floats((size_t)c->groups * c->net->parameters, c->seed + 31);
  return b;
}

static void both_free(struct both *b)
{
  for (int k = 0; k < HO_INPUTS; k++) {
    ho_free(b->x[k]);
    ho_free(b->dx[k]);
  }
  ho_free(b->dy);
  ho_free(b->theta);
  ho_free(b->stats);
  ho_free(b->rows);
  ho_free(b->advance);
  ho_free(b->mask);
}

/* Does input k get a gradient? */
static int wants(const struct layer_case *c, int k)
{
  return k != c->none;
}

static int adds(const struct layer_case *c, int k)
{
  return c->add[k] || same_as(c->node, k) != k;
}

/* ---- the CPU engine's functions ---- */

static struct made run_cpu(const struct both *b)
{
  const struct layer_case *c = b->c;
  const struct ho_cpu_layer *layer = ho_cpu_layer(c->node);
  struct ho_needs needs = {};
  struct ho_call call = {};
  struct made m = {};
  size_t channels = (size_t)c->node->out.channels, bands = b->images * ho_shape_bands(c->node->out);
  if (layer->needs)
    layer->needs(c->node, c->groups, (int)b->images, 1, &needs);
  void *saved = ho_alloc(needs.saved + 1, 1, "a test", NULL), *shared = ho_alloc(needs.shared + 1, 1, "a test", NULL);
  call.worker_bytes = (needs.worker + 63) / 64 * 64;
  call.worker = (unsigned char *)ho_alloc((size_t)ho_parallel_workers(), call.worker_bytes + 1, "a test", NULL);
  call.moments = (double *)ho_alloc(bands * 2 * channels, sizeof(double), "a test", NULL);
  call.saved = saved;
  call.shared = shared;
  call.groups = c->groups, call.size = c->size, call.eval = c->eval, call.relu = c->relu;
  call.theta = b->theta, call.advance = b->advance, call.mask = b->mask;
  call.stats = m.stats = copy(c->net->statistics, b->stats);
  call.ld = call.ld_dx = (size_t)c->node->in.channels;
  call.ld_y = call.ld_dy = channels;
  call.y = m.y = random_floats(b->out, 1);
  call.rows = m.rows = copy((size_t)c->groups * c->net->parameters, b->rows);
  call.ld_rows = c->net->parameters;
  call.dy = b->dy;
  for (int k = 0; k < c->node->inputs; k++) {
    int same = same_as(c->node, k);
    call.x[k] = b->x[same];
    m.dx[k] = same == k ? copy(b->in[k], b->dx[k]) : NULL;
    call.dx[k] = wants(c, k) ? m.dx[same] : NULL;
    call.add[k] = (unsigned char)adds(c, k);
  }
  layer->forward(c->node, &call);
  if (layer->weights)
    layer->weights(c->node, &call);
  layer->backward(c->node, &call);
  ho_free(saved);
  ho_free(shared);
  ho_free(call.worker);
  ho_free(call.moments);
  return m;
}

/* ---- the CUDA engine's ---- */

static void *device_bytes(size_t n, const void *from)
{
  void *p;
  if (n == 0)
    return NULL;
  cudaMalloc(&p, n);
  if (from)
    cudaMemcpy(p, from, n, cudaMemcpyHostToDevice);
  device_check();
  return p;
}

static struct made run_cuda(const struct both *b)
{
  const struct layer_case *c = b->c;
  const struct ho_cuda_layer *layer = ho_cuda_layer(c->node);
  struct ho_gpu_needs needs = {};
  struct ho_gpu_call call = {};
  struct made m = {};
  size_t rows = (size_t)c->groups * c->net->parameters;
  float *x[HO_INPUTS] = {}, *dx[HO_INPUTS] = {}, *dy = device_copy(b->out, b->dy);
  if (layer->needs)
    layer->needs(c->node, c->groups, (int)b->images, 1, &needs);
  float *theta = device_copy(c->net->parameters, b->theta);
  void *advance = device_bytes((size_t)c->groups, b->advance);
  void *mask = device_bytes((size_t)c->groups * sizeof *b->mask, b->mask);
  call.groups = c->groups, call.size = c->size, call.eval = c->eval, call.relu = c->relu;
  call.theta = theta, call.advance = (unsigned char *)advance, call.mask = (struct ho_stream *)mask;
  call.stats = device_copy(c->net->statistics, b->stats);
  call.saved = device_bytes(needs.saved, NULL);
  call.work = device_bytes(needs.work, NULL);
  call.rows = device_copy(rows, b->rows);
  call.ld = c->net->parameters;
  for (int k = 0; k < c->node->inputs; k++) {
    int same = same_as(c->node, k);
    x[k] = same == k ? device_copy(b->in[k], b->x[k]) : x[same];
    call.x[k] = x[k];
  }
  call.y = device_floats(b->out);
  layer->forward(c->node, &call);
  device_check();
  m.y = host_copy(b->out, call.y);
  for (int k = 0; k < c->node->inputs; k++) {
    int same = same_as(c->node, k);
    dx[k] = same != k ? dx[same] : k == 0 && c->in_place ? dy : device_copy(b->in[k], b->dx[k]);
    call.dx[k] = wants(c, k) ? dx[k] : NULL;
    call.add[k] = (unsigned char)adds(c, k);
    if (!(layer->flags & HO_GPU_KEEPS_INPUT))
      call.x[k] = NULL;
  }
  cudaFree(layer->flags & HO_GPU_KEEPS_OUTPUT ? NULL : call.y);
  if (!(layer->flags & HO_GPU_KEEPS_OUTPUT))
    call.y = NULL;
  cudaFree(call.work); /* nothing in it outlives a call */
  call.work = device_bytes(needs.work, NULL);
  call.dy = dy;
  cudaEventCreate(&call.between);
  layer->backward(c->node, &call);
  device_check();
  if (c->node->weight != HO_ABSENT || c->node->bias != HO_ABSENT) { /* it was recorded */
    float none;
    ck_assert_int_eq(cudaEventElapsedTime(&none, call.between, call.between), cudaSuccess);
  }
  cudaEventDestroy(call.between);
  for (int k = 0; k < c->node->inputs; k++)
    m.dx[k] = same_as(c->node, k) == k ? host_copy(b->in[k], dx[k]) : NULL;
  m.rows = host_copy(rows, call.rows);
  m.stats = host_copy(c->net->statistics, call.stats);
  for (int k = 0; k < c->node->inputs; k++)
    if (same_as(c->node, k) == k) {
      cudaFree(x[k]);
      cudaFree(dx[k] == dy ? NULL : dx[k]);
    }
  void *all[] = { dy, theta, advance, mask, call.stats, call.saved, call.work, call.rows, call.y };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    cudaFree(all[i]);
  device_check();
  return m;
}

/* ---- comparison ---- */

static void compare(const char *what, size_t n, const float *got, const float *want, double tolerance)
{
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    largest = fmax(largest, fabs((double)want[i]));
  for (size_t i = 0; i < n; i++)
    if (tolerance > 0 ? !(fabs((double)got[i] - want[i]) <= tolerance * (largest + 1)) &&
                            !(got[i] != got[i] && want[i] != want[i])
                      : memcmp(&got[i], &want[i], sizeof *got) != 0)
      ck_abort_msg("%s %zu of %zu: %.9g, on the CPU %.9g (largest %g)", what, i, n, (double)got[i], (double)want[i],
                   largest);
}

void layer_check(const struct layer_case *c)
{
  struct both b = both_of(c);
  struct made cpu = run_cpu(&b), cuda = run_cuda(&b);
  compare("result", b.out, cuda.y, cpu.y, c->tolerance);
  compare("running statistics", c->net->statistics, cuda.stats, cpu.stats, c->tolerance);
  compare("rows", (size_t)c->groups * c->net->parameters, cuda.rows, cpu.rows, c->tolerance);
  for (int k = 0; k < c->node->inputs; k++)
    if (wants(c, k) && same_as(c->node, k) == k)
      compare("gradient", b.in[k], cuda.dx[k], cpu.dx[k], c->tolerance);
  struct made *both[] = { &cpu, &cuda };
  for (int i = 0; i < 2; i++) {
    ho_free(both[i]->y);
    ho_free(both[i]->rows);
    ho_free(both[i]->stats);
    for (int k = 0; k < HO_INPUTS; k++)
      ho_free(both[i]->dx[k]);
  }
  both_free(&b);
}
