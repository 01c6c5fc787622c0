/* SPDX-License-Identifier: MIT
 * response_norm.c - local response normalisation.  Forward: y_c = x_c s_c^-beta, with s_c as in
 * nn/layers/response_norm.c.  Backward, by the chain rule:
 *
 *     dx_c = dy_c s_c^-beta - 2 alpha beta x_c sum of dy_j x_j s_j^(-beta-1) over |j - c| <= radius. */
#include <math.h>
#include <string.h>

#include "compute/parallel.h"
#include "nn/cpu/layer.h"

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  size_t channels, radius, pixels, chunk; /* pixels of all images; of a task */
};

/* One worker's rows: `wide' has a border of zeros of the radius on both sides. */
struct rows {
  float *wide, *scale, *sum; /* [radius + C + radius], [C], [C] */
};

static size_t room(const struct ho_node *node)
{
  return 3 * (size_t)node->out.channels + 2 * (size_t)node->u.response.radius;
}

static struct work work_new(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = {
    .node = node, .call = call, .channels = (size_t)node->out.channels, .radius = (size_t)node->u.response.radius
  };
  w.pixels = (size_t)call->groups * (size_t)call->size * (size_t)node->out.height * (size_t)node->out.width;
  w.chunk = w.channels < HO_CHUNK ? HO_CHUNK / w.channels : 1;
  return w;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  (void)groups, (void)images, (void)backward;
  n->worker = ho_size_mul(room(node), sizeof(float));
}

static struct rows rows_of(const struct work *w, int worker)
{
  float *wide = (float *)(void *)(w->call->worker + (size_t)worker * w->call->worker_bytes);
  memset(wide, 0, room(w->node) * sizeof *wide);
  return (struct rows){ wide, wide + w->channels + 2 * w->radius, wide + 2 * w->channels + 2 * w->radius };
}

/* sum[c] = sum of wide over the channel's neighbours. */
static void neighbours(const struct work *w, const float *restrict wide, float *restrict sum)
{
  for (size_t c = 0; c < w->channels; c++)
    sum[c] = wide[c];
  for (size_t d = 1; d <= 2 * w->radius; d++)
    for (size_t c = 0; c < w->channels; c++)
      sum[c] += wide[c + d];
}

/* scale = s^-beta and sum = s of one pixel. */
static void scales(const struct work *w, const float *restrict x, const struct rows *r)
{
  const struct ho_node *node = w->node;
  float k = (float)node->u.response.k, alpha = (float)node->u.response.alpha, beta = (float)node->u.response.beta;
  float *restrict square = r->wide + w->radius, *restrict sum = r->sum, *restrict scale = r->scale;
  for (size_t c = 0; c < w->channels; c++)
    square[c] = x[c] * x[c];
  neighbours(w, r->wide, sum);
  for (size_t c = 0; c < w->channels; c++)
    sum[c] = k + alpha * sum[c];
  if (beta == 0.75f) /* the usual one, many times faster than powf */
    for (size_t c = 0; c < w->channels; c++)
      scale[c] = 1 / (sqrtf(sum[c]) * sqrtf(sqrtf(sum[c])));
  else
    for (size_t c = 0; c < w->channels; c++)
      scale[c] = powf(sum[c], -beta);
}

static size_t chunk_end(const struct work *w, int i)
{
  size_t end = ((size_t)i + 1) * w->chunk;
  return end < w->pixels ? end : w->pixels;
}

static void forward_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  struct rows r = rows_of(w, worker);
  for (size_t p = (size_t)i * w->chunk; p < chunk_end(w, i); p++) {
    const float *restrict x = w->call->x[0] + p * w->channels, *restrict scale = r.scale;
    float *restrict y = w->call->y + p * w->channels;
    scales(w, x, &r);
    for (size_t c = 0; c < w->channels; c++)
      y[c] = x[c] * scale[c];
  }
}

static void backward_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  struct rows r = rows_of(w, worker);
  float factor = (float)(-2 * node->u.response.alpha * node->u.response.beta);
  float *restrict product = r.wide + w->radius, *restrict sum = r.sum;
  for (size_t p = (size_t)i * w->chunk; p < chunk_end(w, i); p++) {
    const float *restrict x = w->call->x[0] + p * w->channels, *restrict scale = r.scale;
    const float *dy = w->call->dy + p * w->channels; /* may be dx */
    float *dx = w->call->dx[0] + p * w->channels;
    scales(w, x, &r);
    for (size_t c = 0; c < w->channels; c++)
      product[c] = dy[c] * x[c] * scale[c] / sum[c];
    neighbours(w, r.wide, sum);
    if (w->call->add[0])
      for (size_t c = 0; c < w->channels; c++)
        dx[c] += dy[c] * scale[c] + factor * x[c] * sum[c];
    else
#pragma omp simd
      for (size_t c = 0; c < w->channels; c++)
        dx[c] = dy[c] * scale[c] + factor * x[c] * sum[c];
  }
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  ho_parallel((int)((w.pixels + w.chunk - 1) / w.chunk), forward_task, &w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  if (call->dx[0])
    ho_parallel((int)((w.pixels + w.chunk - 1) / w.chunk), backward_task, &w);
}

const struct ho_cpu_layer ho_cpu_response_norm = {
  .flags = HO_KEEP_INPUT | HO_GRADIENT_IN_PLACE, .needs = needs, .forward = forward, .backward = backward
};
