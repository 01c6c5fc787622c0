/* SPDX-License-Identifier: MIT
 * concat.c - copies the channels of its inputs into one tensor, unless their layers have written them there already;
 * adds channels of zeros. */
#include <math.h>
#include <string.h>

#include "compute/parallel.h"
#include "nn/cpu/layer.h"

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  size_t pixels, chunk;                      /* of all images; of a task */
  size_t channels;                           /* of the result */
  size_t begin[HO_INPUTS], width[HO_INPUTS]; /* which of them are those of input k */
};

static struct work work_new(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { .node = node, .call = call, .channels = (size_t)node->out.channels };
  for (int k = 0; k < node->inputs; k++) {
    w.begin[k] = k ? w.begin[k - 1] + w.width[k - 1] : (size_t)node->u.join.before;
    w.width[k] = (size_t)node->u.join.channels[k];
  }
  w.pixels = (size_t)call->groups * (size_t)call->size * (size_t)node->out.height * (size_t)node->out.width;
  w.chunk = w.channels < HO_CHUNK ? HO_CHUNK / w.channels : 1;
  return w;
}

static int tasks(const struct work *w)
{
  return (int)((w->pixels + w->chunk - 1) / w->chunk);
}

static size_t chunk_pixels(const struct work *w, size_t first)
{
  return w->pixels - first < w->chunk ? w->pixels - first : w->chunk;
}

/* Has the layer of input k written it here already? */
static int in_place(const struct work *w, int k)
{
  return w->call->x[k] == w->call->y + w->begin[k];
}

/* If some inputs are lazy batch norms, the others need coefficients that change nothing. */
static void fill_coefficients(const struct work *w)
{
  for (size_t g = 0; g < (size_t)w->call->groups; g++)
    for (int k = 0; k < w->node->inputs; k++)
      for (size_t c = w->begin[k]; c < w->begin[k] + w->width[k] && !w->call->view[k]; c++) {
        static const float as_it_is[HO_COEFFICIENTS] = { 0, 1, 0, -INFINITY };
        for (size_t j = 0; j < HO_COEFFICIENTS; j++)
          w->call->coefficients[(g * HO_COEFFICIENTS + j) * w->channels + c] = as_it_is[j];
      }
}

static void forward_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t first = (size_t)i * w->chunk, pixels = chunk_pixels(w, first), end = 0;
  float *y = w->call->y + first * w->channels;
  (void)worker;
  for (int k = 0; k < w->node->inputs; k++) {
    size_t n = w->width[k], gap = w->begin[k] - end;
    const float *x = w->call->x[k] + first * n;
    for (size_t p = 0; p < pixels && !in_place(w, k); p++) {
      memset(y + p * w->channels + end, 0, gap * sizeof *y);
      memcpy(y + p * w->channels + w->begin[k], x + p * n, n * sizeof *y);
    }
    end = w->begin[k] + n;
  }
  for (size_t p = 0; p < pixels && end < w->channels; p++)
    memset(y + p * w->channels + end, 0, (w->channels - end) * sizeof *y);
}

static void backward_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t first = (size_t)i * w->chunk, pixels = chunk_pixels(w, first);
  const float *dy = w->call->dy + first * w->channels;
  (void)worker;
  for (int k = 0; k < w->node->inputs; k++) {
    size_t n = w->width[k];
    float *restrict dx = w->call->dx[k];
    if (!dx || dx == w->call->dy + w->begin[k])
      continue;
    dx += first * n;
    for (size_t p = 0; p < pixels; p++, dx += n) {
      const float *restrict from = dy + p * w->channels + w->begin[k];
      if (w->call->add[k])
        for (size_t c = 0; c < n; c++)
          dx[c] += from[c];
      else
        memcpy(dx, from, n * sizeof *dx);
    }
  }
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  int all = node->u.join.before == 0 && w.channels == w.begin[node->inputs - 1] + w.width[node->inputs - 1];
  for (int k = 0; k < node->inputs; k++)
    all &= in_place(&w, k);
  if (!all)
    ho_parallel(tasks(&w), forward_task, &w);
  if (call->coefficients)
    fill_coefficients(&w);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  int all = 1;
  for (int k = 0; k < node->inputs; k++)
    all &= !call->dx[k] || call->dx[k] == call->dy + w.begin[k];
  if (!all)
    ho_parallel(tasks(&w), backward_task, &w);
}

const struct ho_cpu_layer ho_cpu_concat = { .forward = forward, .backward = backward };
const struct ho_cpu_layer ho_cpu_pad_channels = { .forward = forward, .backward = backward };
