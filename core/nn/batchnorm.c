/* SPDX-License-Identifier: MIT
 * batchnorm.c - batch normalisation (Ioffe and Szegedy 2015), each mini-batch by its own statistics:
 * y = gamma (x - mean)/sqrt(var + eps) + beta.
 *
 * With m values per channel, var is biased (over m) in y; the running average takes the unbiased one (over m - 1; the
 * biased one when m is 1), as PyTorch does.  Sums are taken in double, per chunk of pixels of a mini-batch, then over
 * its chunks in order; a product of two float32 is exact in double, so E[x^2] - E[x]^2 loses nothing float32 had. */
#include <math.h>

#include "base/parallel.h"
#include "nn/graph.h"

/* Float arrays are [groups][2][C]: mean, 1/sqrt(var + eps).  Partial sums are [groups][chunks][2][C] doubles. */
struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  size_t channels, pixels;  /* pixels of a mini-batch */
  size_t chunk, chunks;     /* pixels of a task, tasks of a mini-batch */
  double *partial;
  float *saved, *slope;     /* slope: [groups][3][C], backward: dx = s0 dy + s1 (x - mean) + s2 */
};

static size_t chunk_pixels(size_t channels)
{
  return channels < HO_CHUNK ? HO_CHUNK / channels : 1;
}

static struct work work_new(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { .node = node, .call = call, .channels = (size_t)node->out.channels, .saved = call->saved,
                    .partial = call->shared };
  w.pixels = (size_t)call->size * (size_t)node->out.height * (size_t)node->out.width;
  w.chunk = chunk_pixels(w.channels);
  w.chunks = (w.pixels + w.chunk - 1) / w.chunk;
  w.slope = (float *)(w.partial + (size_t)call->groups * w.chunks * 2 * w.channels);
  return w;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  size_t c = (size_t)node->out.channels, g = (size_t)groups;
  size_t pixels = ho_size_mul((size_t)images, (size_t)node->out.height * (size_t)node->out.width);
  size_t chunks = ho_size_add(g, pixels / chunk_pixels(c));
  n->saved = ho_size_mul(g, 2 * c * sizeof(float));
  n->shared = ho_size_mul(chunks, 2 * c * sizeof(double));
  if (backward)
    n->shared = ho_size_add(n->shared, ho_size_mul(g, 3 * c * sizeof(float)));
}

/* Task i's pixels: where they begin, how many. */
static size_t chunk_of(const struct work *w, int i, size_t *pixels, size_t *g)
{
  size_t first = (size_t)i % w->chunks * w->chunk;
  *g = (size_t)i / w->chunks;
  *pixels = w->pixels - first < w->chunk ? w->pixels - first : w->chunk;
  return *g * w->pixels + first;
}

/* s[c] += sum of x, q[c] += sum of x^2. */
static void add_moments(size_t pixels, size_t channels, const float *restrict x, double *restrict s,
                        double *restrict q)
{
  for (size_t p = 0; p < pixels; p++, x += channels)
    for (size_t c = 0; c < channels; c++) {
      double v = x[c];
      s[c] += v;
      q[c] += v * v;
    }
}

static void moments_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t pixels, g, at = chunk_of(w, i, &pixels, &g), c = w->channels;
  double *sum = w->partial + (size_t)i * 2 * c;
  (void)worker;
  for (size_t j = 0; j < 2 * c; j++)
    sum[j] = 0;
  add_moments(pixels, c, w->call->x[0] + at * c, sum, sum + c);
}

/* The sums of one mini-batch end up in its first chunk's place. */
static double *total(const struct work *w, size_t g)
{
  size_t n = 2 * w->channels;
  double *restrict sum = w->partial + g * w->chunks * n;
  for (size_t k = 1; k < w->chunks; k++)
    for (size_t j = 0; j < n; j++)
      sum[j] += sum[k * n + j];
  return sum;
}

static void use_batch_statistics(const struct work *w, size_t g)
{
  const struct ho_node *node = w->node;
  size_t n = w->channels;
  double m = (double)w->pixels, momentum = node->u.norm.momentum, unbiased = m > 1 ? m / (m - 1) : 1;
  const double *sum = total(w, g);
  float *mean = w->saved + g * 2 * n, *inverse = mean + n;
  int advance = w->call->advance && w->call->advance[g];
  for (size_t c = 0; c < n; c++) {
    double mu = sum[c] / m, var = sum[n + c] / m - mu * mu;
    var = var < 0 ? 0 : var; /* rounding; NaN stays NaN */
    mean[c] = (float)mu;
    inverse[c] = (float)(1 / sqrt(var + node->u.norm.eps));
    if (advance) {
      float *running_mean = w->call->stats + node->mean + c, *running_var = w->call->stats + node->variance + c;
      *running_mean = (float)((1 - momentum) * *running_mean + momentum * mu);
      *running_var = (float)((1 - momentum) * *running_var + momentum * var * unbiased);
    }
  }
}

static void use_running_averages(const struct work *w, size_t g)
{
  const float *running_mean = w->call->stats + w->node->mean, *running_var = w->call->stats + w->node->variance;
  float *mean = w->saved + g * 2 * w->channels, *inverse = mean + w->channels;
  for (size_t c = 0; c < w->channels; c++) {
    mean[c] = running_mean[c];
    inverse[c] = (float)(1 / sqrt(running_var[c] + w->node->u.norm.eps));
  }
}

static void normalise_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t pixels, g, at = chunk_of(w, i, &pixels, &g), n = w->channels;
  const struct ho_node *node = w->node;
  const float *restrict x = w->call->x[0] + at * n, *restrict mean = w->saved + g * 2 * n;
  const float *restrict inverse = mean + n, *restrict beta = w->call->theta + node->bias;
  float *restrict y = w->call->y + at * n;
  (void)worker;
  if (node->weight == HO_ABSENT) {
    for (size_t p = 0; p < pixels; p++, x += n, y += n)
      for (size_t c = 0; c < n; c++)
        y[c] = (x[c] - mean[c]) * inverse[c] + beta[c];
    return;
  }
  const float *restrict gamma = w->call->theta + node->weight;
  for (size_t p = 0; p < pixels; p++, x += n, y += n)
    for (size_t c = 0; c < n; c++)
      y[c] = (x[c] - mean[c]) * (inverse[c] * gamma[c]) + beta[c];
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  int tasks = (int)((size_t)call->groups * w.chunks);
  if (!call->eval)
    ho_parallel(tasks, moments_task, &w);
  for (int g = 0; g < call->groups; g++) /* in order: the running averages depend on it */
    (call->eval ? use_running_averages : use_batch_statistics)(&w, (size_t)g);
  ho_parallel(tasks, normalise_task, &w);
}

/* s[c] += sum of dy, q[c] += sum of dy (x - mean). */
static void add_products(size_t pixels, size_t channels, const float *restrict dy, const float *restrict x,
                         const float *restrict mean, double *restrict s, double *restrict q)
{
  for (size_t p = 0; p < pixels; p++, x += channels, dy += channels)
    for (size_t c = 0; c < channels; c++) {
      double d = dy[c];
      s[c] += d;
      q[c] += d * ((double)x[c] - mean[c]);
    }
}

static void products_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t pixels, g, at = chunk_of(w, i, &pixels, &g), c = w->channels;
  double *sum = w->partial + (size_t)i * 2 * c;
  (void)worker;
  for (size_t j = 0; j < 2 * c; j++)
    sum[j] = 0;
  add_products(pixels, c, w->call->dy + at * c, w->call->x[0] + at * c, w->saved + g * 2 * c, sum, sum + c);
}

/* dbeta = sum dy, dgamma = sum dy xhat; with batch statistics dx = gamma/sigma (dy - dbeta/m - xhat dgamma/m), with
 * running averages, which are constants, gamma/sigma dy. */
static void backward_channels(const struct work *w, size_t g)
{
  const struct ho_node *node = w->node;
  size_t n = w->channels;
  const double *sum = total(w, g);
  const float *inverse = w->saved + g * 2 * n + n;
  float *row = w->call->rows + g * w->call->ld, *slope = w->slope + g * 3 * n;
  double share = w->call->eval ? 0 : 1 / (double)w->pixels;
  for (size_t c = 0; c < n; c++) {
    double dgamma = sum[n + c] * inverse[c], gamma = 1;
    if (node->weight != HO_ABSENT) {
      gamma = w->call->theta[node->weight + c];
      row[node->weight + c] = (float)dgamma;
    }
    row[node->bias + c] = (float)sum[c];
    slope[c] = (float)(gamma * inverse[c]);
    slope[n + c] = (float)(-gamma * inverse[c] * dgamma * inverse[c] * share);
    slope[2 * n + c] = (float)(-gamma * inverse[c] * sum[c] * share);
  }
}

static void slope_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t pixels, g, at = chunk_of(w, i, &pixels, &g), n = w->channels;
  const float *restrict x = w->call->x[0] + at * n, *restrict mean = w->saved + g * 2 * n;
  const float *restrict s0 = w->slope + g * 3 * n, *restrict s1 = s0 + n, *restrict s2 = s1 + n;
  const float *dy = w->call->dy + at * n; /* may be dx */
  float *dx = w->call->dx[0] + at * n;
  (void)worker;
  if (w->call->add[0])
    for (size_t p = 0; p < pixels; p++, x += n, dy += n, dx += n)
#pragma omp simd
      for (size_t c = 0; c < n; c++)
        dx[c] += s0[c] * dy[c] + (s1[c] * (x[c] - mean[c]) + s2[c]);
  else
    for (size_t p = 0; p < pixels; p++, x += n, dy += n, dx += n)
#pragma omp simd
      for (size_t c = 0; c < n; c++)
        dx[c] = s0[c] * dy[c] + (s1[c] * (x[c] - mean[c]) + s2[c]);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  int tasks = (int)((size_t)call->groups * w.chunks);
  ho_parallel(tasks, products_task, &w);
  for (int g = 0; g < call->groups; g++)
    backward_channels(&w, (size_t)g);
  if (call->dx[0])
    ho_parallel(tasks, slope_task, &w);
}

static const struct ho_layer layer = { .name = "batch norm", .flags = HO_KEEP_INPUT | HO_GRADIENT_IN_PLACE,
                                       .needs = needs, .forward = forward, .backward = backward };

int ho_graph_batch_norm(struct ho_graph *g, int x, const char *name, int scale, double eps, double momentum)
{
  if (g->failed)
    return -1;
  struct ho_node *node = ho_graph_node(g, &layer, 1, &x, g->node[x].out);
  if (!node)
    return -1;
  node->u.norm.eps = eps;
  node->u.norm.momentum = momentum;
  struct ho_param p = { .layout = HO_VECTOR, .kh = 1, .kw = 1, .in = 1, .out = node->out.channels };
  struct ho_param one = p;
  one.init = HO_INIT_ONE;
  if (scale)
    node->weight = ho_graph_param(g, name, "weight", &one);
  node->bias = ho_graph_param(g, name, "bias", &p);
  node->mean = ho_graph_stat(g, name, "running_mean", &p);
  node->variance = ho_graph_stat(g, name, "running_var", &one);
  return g->failed ? -1 : node->index;
}
