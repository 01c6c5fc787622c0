/* SPDX-License-Identifier: MIT
 * twin.c - every layer by plain loops in double; see twin.h.  Only the shape of the graph comes from the engine. */
#include "twin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "unit.h"

struct pass {
  const struct trial *trial;
  const double *theta;
  double *stats;
  double **y; /* of each node */
};

/* The channels of pixel (image, row, column) of what node i gives; NULL beyond the edges. */
static const double *pixel(const struct pass *p, int i, int image, int y, int x)
{
  const struct ho_shape *s = &p->trial->net->graph->node[i].out;
  if (y < 0 || x < 0 || y >= s->height || x >= s->width)
    return NULL;
  return p->y[i] +
         (((size_t)image * (size_t)s->height + (size_t)y) * (size_t)s->width + (size_t)x) * (size_t)s->channels;
}

/* One of them, or zero or -inf (`outside'). */
static double element(const struct pass *p, int i, int image, int y, int x, int c, double outside)
{
  const double *v = pixel(p, i, image, y, x);
  return v ? v[c] : outside;
}

static double convolve(const struct pass *p, const struct ho_node *n, int image, int oy, int ox, int o)
{
  const struct ho_window *w = &n->u.window;
  size_t channels = (size_t)n->in.channels, outs = (size_t)n->out.channels;
  double sum = n->bias == HO_ABSENT ? 0 : p->theta[n->bias + (size_t)o];
  for (int ky = 0; ky < w->kh; ky++)
    for (int kx = 0; kx < w->kw; kx++) {
      const double *v = pixel(p, n->input[0], image, oy * w->sh - w->top + ky, ox * w->sw - w->left + kx);
      const double *weight = p->theta + n->weight + (size_t)(ky * w->kw + kx) * channels * outs + (size_t)o;
      for (size_t c = 0; v && c < channels; c++)
        sum += v[c] * weight[c * outs];
    }
  return sum;
}

static double pool(const struct pass *p, const struct ho_node *n, int image, int oy, int ox, int c, int maximum)
{
  const struct ho_window *w = &n->u.window;
  double sum = 0, most = -INFINITY;
  for (int ky = 0; ky < w->kh; ky++)
    for (int kx = 0; kx < w->kw; kx++) {
      double v = element(p, n->input[0], image, oy * w->sh - w->top + ky, ox * w->sw - w->left + kx, c, -INFINITY);
      sum += v;
      most = v > most ? v : most;
    }
  return maximum ? most : sum / (w->kh * w->kw);
}

static double dense(const struct pass *p, const struct ho_node *n, int image, int o)
{
  size_t size = ho_shape_size(n->in);
  double sum = p->theta[n->bias + (size_t)o];
  for (size_t k = 0; k < size; k++)
    sum += p->y[n->input[0]][(size_t)image * size + k] * p->theta[n->weight + k * (size_t)n->out.channels + (size_t)o];
  return sum;
}

/* Mean and biased variance of a channel over one mini-batch, by the definition: two passes. */
static void moments(const double *x, size_t m, size_t channels, double *mean, double *variance)
{
  *mean = *variance = 0;
  for (size_t i = 0; i < m; i++)
    *mean += x[i * channels] / (double)m;
  for (size_t i = 0; i < m; i++)
    *variance += (x[i * channels] - *mean) * (x[i * channels] - *mean) / (double)m;
}

static void batch_norm(const struct pass *p, const struct ho_node *n)
{
  const struct trial *t = p->trial;
  size_t channels = (size_t)n->out.channels, m = (size_t)t->size * ho_shape_size(n->out) / channels;
  for (size_t g = 0; g < (size_t)t->groups; g++)
    for (size_t c = 0; c < channels; c++) {
      const double *x = p->y[n->input[0]] + g * m * channels + c;
      double mean, variance, *running_mean = &p->stats[n->mean + c], *running_var = &p->stats[n->variance + c];
      moments(x, m, channels, &mean, &variance);
      if (!t->eval && t->advance[g]) {
        double unbiased = m > 1 ? variance * (double)m / (double)(m - 1) : variance;
        *running_mean += n->u.norm.momentum * (mean - *running_mean);
        *running_var += n->u.norm.momentum * (unbiased - *running_var);
      }
      if (t->eval) {
        mean = *running_mean;
        variance = *running_var;
      }
      double gamma = n->weight == HO_ABSENT ? 1 : p->theta[n->weight + c], beta = p->theta[n->bias + c];
      for (size_t i = 0; i < m; i++)
        p->y[n->index][(g * m + i) * channels + c] =
            gamma * (x[i * channels] - mean) / sqrt(variance + n->u.norm.eps) + beta;
    }
}

static void dropout(const struct pass *p, const struct ho_node *n)
{
  const struct trial *t = p->trial;
  size_t size = ho_shape_size(n->out);
  for (int i = 0; i < t->groups * t->size; i++) {
    struct ho_stream stream = ho_dropout_stream(&t->mask[i / t->size], n->index, i % t->size);
    for (size_t k = 0; k < size; k += 2) { /* two numbers a draw */
      float pair[2] = { 1, 1 };
      if (!t->eval)
        ho_dropout_factors(&stream, n->u.rate, 2, pair);
      for (size_t j = 0; j < 2 && k + j < size; j++)
        p->y[n->index][(size_t)i * size + k + j] = p->y[n->input[0]][(size_t)i * size + k + j] * pair[j];
    }
  }
}

/* Channel c of the inputs side by side, `before' channels of zeros first. */
static double joined(const struct pass *p, const struct ho_node *n, int image, int y, int x, int c)
{
  c -= n->u.join.before;
  for (int k = 0; k < n->inputs && c >= 0; k++) {
    int channels = p->trial->net->graph->node[n->input[k]].out.channels;
    if (c < channels)
      return element(p, n->input[k], image, y, x, c, 0);
    c -= channels;
  }
  return 0;
}

static double response_norm(const struct pass *p, const struct ho_node *n, int image, int y, int x, int c)
{
  double sum = 0;
  for (int j = 0; j < n->in.channels; j++) {
    double v = element(p, n->input[0], image, y, x, j, 0);
    sum += abs(j - c) <= n->u.response.radius ? v * v : 0;
  }
  return element(p, n->input[0], image, y, x, c, 0) *
         pow(n->u.response.k + n->u.response.alpha * sum, -n->u.response.beta);
}

static double one(const struct pass *p, const struct ho_node *n, int image, int y, int x, int c)
{
  double a;
  switch (n->layer->kind) {
  case HO_LAYER_ADD: return element(p, n->input[0], image, y, x, c, 0) + element(p, n->input[1], image, y, x, c, 0);
  case HO_LAYER_RELU: a = element(p, n->input[0], image, y, x, c, 0); return a > 0 ? a : 0;
  case HO_LAYER_CONV: return convolve(p, n, image, y, x, c);
  case HO_LAYER_DENSE: return dense(p, n, image, c);
  case HO_LAYER_AVERAGE_POOL:
  case HO_LAYER_MAX_POOL: return pool(p, n, image, y, x, c, n->layer->kind == HO_LAYER_MAX_POOL);
  case HO_LAYER_CONCAT:
  case HO_LAYER_PAD_CHANNELS: return joined(p, n, image, y, x, c);
  case HO_LAYER_RESPONSE_NORM: return response_norm(p, n, image, y, x, c);
  default: ck_abort_msg("the twin has no layer named %s", n->layer->name);
  }
}

static void run_node(const struct pass *p, const struct ho_node *n)
{
  double *out = p->y[n->index];
  if (n->layer->kind == HO_LAYER_BATCH_NORM)
    batch_norm(p, n);
  else if (n->layer->kind == HO_LAYER_DROPOUT)
    dropout(p, n);
  else
    for (int i = 0; i < p->trial->groups * p->trial->size; i++)
      for (int y = 0; y < n->out.height; y++)
        for (int x = 0; x < n->out.width; x++)
          for (int c = 0; c < n->out.channels; c++)
            *out++ = one(p, n, i, y, x, c);
}

void twin_forward(const struct trial *t, const double *theta, double *stats, double *logits)
{
  const struct ho_graph *graph = t->net->graph;
  size_t images = (size_t)t->groups * (size_t)t->size, inputs = images * ho_shape_size(t->net->input);
  struct pass p = { t, theta, stats, calloc((size_t)graph->nodes, sizeof(double *)) };
  for (int i = 0; i < graph->nodes; i++)
    p.y[i] = calloc(images * ho_shape_size(graph->node[i].out), sizeof(double));
  for (size_t k = 0; k < inputs; k++)
    p.y[0][k] = t->x[k];
  for (int i = 1; i < graph->nodes; i++)
    run_node(&p, &graph->node[i]);
  memcpy(logits, p.y[graph->logits], images * (size_t)t->net->classes * sizeof *logits);
  for (int i = 0; i < graph->nodes; i++)
    free(p.y[i]);
  free(p.y);
}
