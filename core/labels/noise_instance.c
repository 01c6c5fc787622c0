/* SPDX-License-Identifier: MIT
 * noise_instance.c - label noise that depends on the image (Xia et al., Part-dependent Label Noise, NeurIPS 2020).
 *
 * For image i with true label y and pixels x_i (F = H W C numbers, scaled as for a network without augmentation):
 *
 *    q_i ~ N(r, 0.1^2) within [0, 1],   a = x_i^T W_y with W_y ~ N(0, 1) of F x K,   a_y = -inf,
 *    P(given = y) = 1 - q_i,   P(given = k) = q_i softmax(a)_k.
 *
 * Classes without training images have a = -inf, too.
 *
 * Streams: W_y is drawn from (seed, "noise-instance-weights", y, 0) in the order of pixels (rows, columns, channels), then
 * classes, for all parts together; q_i, by rejection, and then the label from (seed, "noise-instance", part, i). */
#include <math.h>

#include "base/memory.h"
#include "compute/parallel.h"
#include "data/augment.h"
#include "labels/noise_models.h"

static const double spread = 0.1;

struct instance_work {
  const struct ho_noise *noise;
  const struct ho_noise_input *in;
  const struct ho_noise_classes *with_images;
  const struct ho_augment *plain;
  uint16_t *given;
  size_t features, classes;
  float *weight, *x; /* [workers] of [F][K]; of [F] */
  double *a;         /* [workers][K] */
};

static int has_images(const struct ho_noise_classes *classes, size_t k)
{
  return classes->class[classes->rank[k]] == k; /* the rank of a class without images is 0 */
}

static double draw_rate(struct ho_stream *s, double mean)
{
  double q;
  do
    q = mean + spread * ho_stream_normal(s);
  while (q < 0 || q > 1);
  return q;
}

/* a <- softmax(x^T W) over the classes with images, without class y; 0 for the others. */
static void shares(const struct instance_work *w, const float *x, const float *weight, size_t y, double *a)
{
  double most = -INFINITY, sum = 0;
  for (size_t k = 0; k < w->classes; k++)
    a[k] = 0;
  for (size_t f = 0; f < w->features; f++)
    for (size_t k = 0; k < w->classes; k++)
      a[k] += (double)x[f] * weight[f * w->classes + k];
  a[y] = -INFINITY;
  for (size_t k = 0; k < w->classes; k++)
    a[k] = has_images(w->with_images, k) ? a[k] : -INFINITY;
  for (size_t k = 0; k < w->classes; k++)
    most = a[k] > most ? a[k] : most;
  for (size_t k = 0; k < w->classes; k++)
    sum += a[k] = exp(a[k] - most);
  for (size_t k = 0; k < w->classes; k++)
    a[k] /= sum;
}

static uint16_t draw_label(struct ho_stream *s, double rate, const double *share, size_t classes, size_t y)
{
  double u = ho_stream_uniform(s);
  size_t last = y;
  if (u >= rate)
    return (uint16_t)y;
  u /= rate; /* uniform again */
  for (size_t k = 0; k < classes; k++)
    if (share[k] > 0) {
      last = k;
      if ((u -= share[k]) < 0)
        break;
    }
  return (uint16_t)last;
}

/* All images of one class, which share a matrix. */
static void label_class(int c, int worker, void *arg)
{
  const struct instance_work *w = arg;
  const struct ho_noise_input *in = w->in;
  float *weight = w->weight + (size_t)worker * w->features * w->classes, *x = w->x + (size_t)worker * w->features;
  double *a = w->a + (size_t)worker * w->classes;
  int made = 0;
  for (size_t i = 0; i < in->n; i++) {
    if (in->data->train.label[in->id[i]] != c)
      continue;
    struct ho_stream matrix = ho_stream_make(in->seed, "noise-instance-weights", (uint64_t)c, 0);
    for (size_t k = 0; !made && k < w->features * w->classes; k++)
      weight[k] = (float)ho_stream_normal(&matrix);
    made = 1;
    struct ho_stream s = ho_stream_make(in->seed, "noise-instance", (uint64_t)in->part, in->id[i]);
    double rate = draw_rate(&s, w->noise->rate);
    w->plain->apply(in->data, in->data->train.pixel + (size_t)in->id[i] * w->features, NULL, x);
    shares(w, x, weight, (size_t)c, a);
    w->given[i] = draw_label(&s, rate, a, w->classes, (size_t)c);
  }
}

int ho_noise_instance(const struct ho_noise *noise, const struct ho_noise_input *in,
                      const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  const struct ho_images *im = &in->data->train;
  size_t workers = (size_t)ho_parallel_workers();
  struct instance_work w = {
    .noise = noise, .in = in, .with_images = classes, .plain = ho_augment_find("none", err), .given = given
  };
  if (!w.plain)
    return -1;
  w.classes = (size_t)in->data->classes;
  w.features = (size_t)im->height * (size_t)im->width * (size_t)im->channels;
  w.weight = ho_alloc(workers * w.features, w.classes * sizeof *w.weight, "label noise", err);
  w.x = ho_alloc(workers, w.features * sizeof *w.x, "label noise", err);
  w.a = ho_alloc(workers, w.classes * sizeof *w.a, "label noise", err);
  int result = w.weight && w.x && w.a ? 0 : -1;
  if (!result)
    ho_parallel(in->data->classes, label_class, &w);
  ho_free(w.weight);
  ho_free(w.x);
  ho_free(w.a);
  return result;
}

static double density(double x)
{
  return exp(-x * x / 2) / 2.506628274631000502415765;
}

static double below(double x)
{
  return erfc(-x / 1.414213562373095048801689) / 2;
}

/* n times the mean of q. */
double ho_noise_instance_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  double low = (0 - noise->rate) / spread, high = (1 - noise->rate) / spread;
  (void)choices;
  (void)class;
  return (double)n * (noise->rate + spread * (density(low) - density(high)) / (below(high) - below(low)));
}
