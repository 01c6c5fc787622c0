/* SPDX-License-Identifier: MIT
 * batchnorm.c - batch norm, then ReLU if a node of that kind alone reads the result (fuse.h).
 *
 * Sums over x and x^2 are in double, one for each band of each image: taken by the convolution that writes x if there
 * is one, else here.  Then the bands of a mini-batch are added up in order.  A product of two float32 is exact in
 * double, so E[x^2] - E[x]^2 loses nothing that float32 had.  The sums of backward are taken in the same way, if
 * possible by the convolution that completes dL/dy.
 *
 * Forward ends with y = max(floor, scale (x - mean) + shift), which a lazy batch norm leaves to its readers.  Backward
 * finds the ReLU's mask again from x. */
#include <math.h>

#include "compute/parallel.h"
#include "nn/cpu/layer.h"

enum { PANEL = 64 }; /* channels whose statistics are one task */

/* Saved float arrays are [groups][1 + HO_COEFFICIENTS][C]: 1/sqrt(var + eps); the coefficients when not lazy. */
enum { SAVED = 1 + HO_COEFFICIENTS };

struct work {
  const struct ho_node *node;
  const struct ho_call *call;
  size_t channels, pixels; /* pixels of a mini-batch */
  size_t chunk, chunks;    /* pixels of a task, tasks of a mini-batch */
  size_t bands, lines;     /* of an image */
  size_t panels;
  float *saved;
  double *products; /* backward: [images][bands][2][wide] */
  size_t wide;
  float *slope; /* backward: [groups][3][C], see struct ho_slope */
};

static size_t chunk_pixels(size_t channels)
{
  return channels < HO_CHUNK ? HO_CHUNK / channels : 1;
}

static struct work work_new(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = { .node = node,
                    .call = call,
                    .channels = (size_t)node->out.channels,
                    .saved = call->saved,
                    .products = call->products ? call->products : call->shared,
                    .wide = call->products ? call->products_wide : (size_t)node->out.channels,
                    .bands = ho_shape_bands(node->out),
                    .lines = (size_t)node->out.height };
  w.pixels = (size_t)call->size * w.lines * (size_t)node->out.width;
  w.chunk = chunk_pixels(w.channels);
  w.chunks = (w.pixels + w.chunk - 1) / w.chunk;
  w.panels = (w.channels + PANEL - 1) / PANEL;
  w.slope = (float *)((double *)call->shared + (size_t)call->groups * (size_t)call->size * w.bands * 2 * w.channels);
  return w;
}

static void needs(const struct ho_node *node, int groups, int images, int backward, struct ho_needs *n)
{
  size_t c = (size_t)node->out.channels, g = (size_t)groups;
  size_t bands = ho_size_mul((size_t)images, ho_shape_bands(node->out));
  n->saved = ho_size_mul(g, SAVED * c * sizeof(float));
  if (backward)
    n->shared = ho_size_add(ho_size_mul(bands, 2 * c * sizeof(double)), ho_size_mul(g, 3 * c * sizeof(float)));
}

/* Task i: returns its first pixel, and sets their number and the mini-batch. */
static size_t chunk_of(const struct work *w, int i, size_t *pixels, size_t *g)
{
  size_t first = (size_t)i % w->chunks * w->chunk;
  *g = (size_t)i / w->chunks;
  *pixels = w->pixels - first < w->chunk ? w->pixels - first : w->chunk;
  return *g * w->pixels + first;
}

static float *inverse_of(const struct work *w, size_t g)
{
  return w->saved + g * SAVED * w->channels;
}

/* The coefficients of mini-batch g: returns the mean (see struct ho_affine); the others follow, *apart floats apart. */
static float *coefficients_of(const struct work *w, size_t g, size_t *apart)
{
  const struct ho_call *call = w->call;
  *apart = call->lazy ? call->coefficients_wide : w->channels;
  return call->lazy ? call->coefficients + g * HO_COEFFICIENTS * *apart : inverse_of(w, g) + w->channels;
}

static struct ho_affine affine_of(const struct work *w, size_t g)
{
  size_t apart;
  const float *mean = coefficients_of(w, g, &apart);
  return (struct ho_affine){ mean, mean + apart, mean + 2 * apart, mean + 3 * apart };
}

/* ---- forward ---- */

/* Band i of all images: returns its first pixel, and sets their number. */
static size_t band_of(const struct work *w, int i, size_t *pixels)
{
  size_t width = (size_t)w->node->out.width, line = (size_t)i % w->bands * HO_BAND;
  size_t lines = w->lines - line < HO_BAND ? w->lines - line : HO_BAND;
  *pixels = lines * width;
  return ((size_t)i / w->bands * w->lines + line) * width;
}

/* The sums of one band, if no convolution has left them. */
static void moments_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  size_t pixels, at = band_of(w, i, &pixels);
  (void)worker;
  ho_kernels()->moments(pixels, w->channels, w->call->x[0] + at * w->call->ld, w->call->ld,
                        w->call->moments + (size_t)i * 2 * w->channels);
}

/* Adds up the bands of mini-batch g for channels [from, to): s and q are the two sums, `wide' channels apart. */
static void add_bands(const struct work *w, const double *sums, size_t wide, size_t g, size_t from, size_t to,
                      double *restrict s, double *restrict q)
{
  size_t bands = (size_t)w->call->size * w->bands;
  const double *restrict m = sums + g * bands * 2 * wide;
  for (size_t c = 0; c < to - from; c++)
    s[c] = q[c] = 0;
  for (size_t b = 0; b < bands; b++, m += 2 * wide)
    for (size_t c = 0; c < to - from; c++) {
      s[c] += m[from + c];
      q[c] += m[wide + from + c];
    }
}

static void use_batch_statistics(const struct work *w, size_t g, size_t from, size_t to, float *mean)
{
  const struct ho_node *node = w->node;
  double m = (double)w->pixels, momentum = node->u.norm.momentum, unbiased = m > 1 ? m / (m - 1) : 1;
  double s[PANEL], q[PANEL];
  float *inverse = inverse_of(w, g);
  int advance = w->call->advance && w->call->advance[g];
  add_bands(w, w->call->moments, w->channels, g, from, to, s, q);
  for (size_t c = from; c < to; c++) {
    double mu = s[c - from] / m, var = q[c - from] / m - mu * mu;
    var = var < 0 ? 0 : var; /* rounding errors; NaN stays NaN */
    mean[c] = (float)mu;
    inverse[c] = (float)(1 / sqrt(var + node->u.norm.eps));
    if (advance) {
      float *running_mean = w->call->stats + node->mean + c, *running_var = w->call->stats + node->variance + c;
      *running_mean = (float)((1 - momentum) * *running_mean + momentum * mu);
      *running_var = (float)((1 - momentum) * *running_var + momentum * var * unbiased);
    }
  }
}

static void use_running_statistics(const struct work *w, size_t g, size_t from, size_t to, float *mean)
{
  const float *running_mean = w->call->stats + w->node->mean, *running_var = w->call->stats + w->node->variance;
  float *inverse = inverse_of(w, g);
  for (size_t c = from; c < to; c++) {
    mean[c] = running_mean[c];
    inverse[c] = (float)(1 / sqrt(running_var[c] + w->node->u.norm.eps));
  }
}

/* One panel of channels, mini-batch after mini-batch: running statistics are updated in that order. */
static void statistics_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  const float *theta = w->call->theta;
  size_t from = (size_t)i * PANEL, to = w->channels - from < PANEL ? w->channels : from + PANEL, apart;
  (void)worker;
  for (size_t g = 0; g < (size_t)w->call->groups; g++) {
    float *mean = coefficients_of(w, g, &apart), *scale = mean + apart, *shift = scale + apart;
    if (w->call->eval)
      use_running_statistics(w, g, from, to, mean);
    else
      use_batch_statistics(w, g, from, to, mean);
    for (size_t c = from; c < to; c++) {
      float gamma = node->weight == HO_ABSENT ? 1 : theta[node->weight + c];
      scale[c] = inverse_of(w, g)[c] * gamma;
      shift[c] = theta[node->bias + c];
      shift[apart + c] = w->call->relu ? 0 : -INFINITY;
    }
  }
}

static void normalise_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  size_t pixels, g, at = chunk_of(w, i, &pixels, &g);
  struct ho_affine affine = affine_of(w, g);
  (void)worker;
  ho_kernels()->affine(pixels, w->channels, call->x[0] + at * call->ld, call->ld, &affine, call->y + at * call->ld_y,
                       call->ld_y);
}

static void forward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  if (!call->eval && !call->summed)
    ho_parallel((int)((size_t)call->groups * (size_t)call->size * w.bands), moments_task, &w);
  ho_parallel((int)w.panels, statistics_task, &w);
  if (!call->lazy)
    ho_parallel((int)((size_t)call->groups * w.chunks), normalise_task, &w);
}

/* ---- backward ---- */

static void products_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  size_t pixels, at = band_of(w, i, &pixels);
  struct ho_affine affine = affine_of(w, (size_t)i / w->bands / (size_t)call->size);
  (void)worker;
  ho_kernels()->products(pixels, w->channels, call->dy + at * call->ld_dy, call->ld_dy, call->x[0] + at * call->ld,
                         call->ld, &affine, w->products + (size_t)i * 2 * w->channels);
}

/* dbeta = sum dy, dgamma = sum dy xhat.  With batch statistics, dx = gamma/sigma (dy - dbeta/m - xhat dgamma/m); with
 * running statistics, which are constants, dx = gamma/sigma dy. */
static void gradients_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_node *node = w->node;
  size_t g = (size_t)i / w->panels, from = (size_t)i % w->panels * PANEL, n = w->channels;
  size_t to = n - from < PANEL ? n : from + PANEL;
  double s[PANEL] = { 0 }, q[PANEL] = { 0 };
  const float *inverse = inverse_of(w, g);
  float *row = w->call->rows + g * w->call->ld_rows, *slope = w->slope + g * 3 * n;
  double share = w->call->eval ? 0 : 1 / (double)w->pixels;
  (void)worker;
  add_bands(w, w->products, w->wide, g, from, to, s, q);
  for (size_t c = from; c < to; c++) {
    double dgamma = q[c - from] * inverse[c], gamma = 1;
    if (node->weight != HO_ABSENT) {
      gamma = w->call->theta[node->weight + c];
      row[node->weight + c] = (float)dgamma;
    }
    row[node->bias + c] = (float)s[c - from];
    slope[c] = (float)(gamma * inverse[c]);
    slope[n + c] = (float)(-gamma * inverse[c] * dgamma * inverse[c] * share);
    slope[2 * n + c] = (float)(-gamma * inverse[c] * s[c - from] * share);
  }
}

static void slope_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  const struct ho_call *call = w->call;
  size_t pixels, g, at = chunk_of(w, i, &pixels, &g), n = w->channels;
  struct ho_affine affine = affine_of(w, g);
  const float *a = w->slope + g * 3 * n;
  struct ho_slope slope = { a, a + n, a + 2 * n };
  (void)worker;
  ho_kernels()->slope(pixels, n, call->dy + at * call->ld_dy, call->ld_dy, call->x[0] + at * call->ld, call->ld,
                      &affine, &slope, call->add[0], call->dx[0] + at * call->ld_dx, call->ld_dx);
}

static void backward(const struct ho_node *node, const struct ho_call *call)
{
  struct work w = work_new(node, call);
  if (!call->products)
    ho_parallel((int)((size_t)call->groups * (size_t)call->size * w.bands), products_task, &w);
  ho_parallel((int)((size_t)call->groups * w.panels), gradients_task, &w);
  if (call->dx[0])
    ho_parallel((int)((size_t)call->groups * w.chunks), slope_task, &w);
}

const struct ho_cpu_layer ho_cpu_batch_norm = { .flags = HO_KEEP_INPUT | HO_GRADIENT_IN_PLACE | HO_WRITES_SLICES,
                                                .needs = needs,
                                                .forward = forward,
                                                .backward = backward };
