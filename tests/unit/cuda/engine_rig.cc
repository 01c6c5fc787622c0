/* SPDX-License-Identifier: MIT
 * engine_rig.cc - see engine_rig.h. */
#include "engine_rig.h"

struct ho_device *device_new(enum ho_precision precision)
{
  struct ho_error err;
  struct ho_gpu *gpu = ho_gpu_open(0, precision, &err);
  if (!gpu)
    ck_abort_msg("%s", err.text);
  return &gpu->base;
}

struct ho_net *net_new(const char *spec, int height, int width)
{
  struct ho_error err;
  struct ho_shape input = { height, width, 3 };
  struct ho_net *net = ho_net_new(spec, input, 10, &err);
  if (!net)
    ck_abort_msg("%s", err.text);
  return net;
}

static int build_all(struct ho_graph *g, const double *)
{
  int x = ho_graph_conv(g, ho_graph_input(g), "first", 4, ho_window_square(3, 1, 1), 1);
  int y = ho_graph_relu(g, ho_graph_batch_norm(g, x, "norm", 1, 1e-3, 0.1));
  x = ho_graph_add(g, x, ho_graph_conv(g, y, "second", 4, ho_window_square(3, 1, 1), 0));
  x = ho_graph_dropout(g, ho_graph_relu(g, x), 0.4);
  int pools[] = { ho_graph_max_pool(g, x, ho_window_square(2, 2, 0)),
                  ho_graph_pad_channels(g, ho_graph_average_pool(g, x, ho_window_square(2, 2, 0)), 1, 1) };
  x = ho_graph_response_norm(g, ho_graph_concat(g, 2, pools), 1, 1, 0.1, 0.75);
  return ho_graph_output(g, ho_graph_dense(g, x, "last", 10), x);
}

struct ho_net *net_of(int i)
{
  struct ho_shape input = { 5, 4, 3 };
  return i ? net_new("mlp:hidden=20,dropout=0.3", 3, 4) : twin_net(build_all, NULL, input, 10);
}

struct ho_engine *engine_new(struct ho_device *device, const struct ho_net *net, int groups, int images, int backward)
{
  struct ho_error err;
  struct ho_engine *e = ho_engine_new(device, net, groups, images, backward, &err);
  if (!e)
    ck_abort_msg("%s", err.text);
  return e;
}

struct trial *trial_on(struct ho_device *device, const struct ho_net *net, int groups, int size, int eval,
                       uint64_t seed)
{
  struct trial *t = trial_new(net, groups, size, eval, seed);
  t->device = device;
  return t;
}

static float *copy_of(size_t n, const float *a)
{
  float *b = (float *)ho_alloc(n, sizeof *b, "a test", NULL);
  if (n)
    memcpy(b, a, n * sizeof *b);
  return b;
}

struct outcome *outcome_of(struct trial *t, struct ho_engine *e)
{
  struct outcome *o = (struct outcome *)ho_alloc(1, sizeof *o, "a test", NULL);
  size_t images = (size_t)t->groups * (size_t)t->size;
  o->logits_n = images * (size_t)t->net->classes;
  o->features_n = images * (size_t)t->net->features;
  o->stats_n = t->net->statistics;
  o->rows_n = (size_t)t->groups * t->net->parameters;
  o->logits = copy_of(o->logits_n, t->dlogits);
  o->features = (float *)ho_alloc(o->features_n, sizeof(float), "a test", NULL);
  o->rows = copy_of(o->rows_n, t->rows);
  trial_forward(t, e, 0, t->groups);
  ck_assert_int_eq(ho_engine_outputs(e, o->logits, o->features, NULL), 0);
  o->stats = copy_of(o->stats_n, t->stats);
  trial_backward(t, e, 0, o->rows);
  return o;
}

void outcome_free(struct outcome *o)
{
  ho_free(o->logits);
  ho_free(o->features);
  ho_free(o->rows);
  ho_free(o->stats);
  ho_free(o);
}

void ck_same(const char *what, size_t n, const float *a, const float *b)
{
  size_t at = first_difference(n, a, b);
  if (at < n)
    ck_abort_msg("%s: element %zu of %zu is %.9g and %.9g", what, at, n, (double)a[at], (double)b[at]);
}

void ck_same_outcome(const struct outcome *a, const struct outcome *b)
{
  ck_same("logits", a->logits_n, a->logits, b->logits);
  ck_same("features", a->features_n, a->features, b->features);
  ck_same("running statistics", a->stats_n, a->stats, b->stats);
  ck_same("rows", a->rows_n, a->rows, b->rows);
}

void ck_close(const char *what, size_t n, const float *a, const float *b, double tolerance, int each)
{
  double largest = 0, norm = 0, difference = 0;
  for (size_t i = 0; i < n; i++) {
    largest = fmax(largest, fabs((double)b[i]));
    norm += (double)b[i] * b[i];
    difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  }
  if (!(sqrt(difference) <= tolerance * sqrt(norm)))
    ck_abort_msg("%s: norm of the difference %g, of the numbers %g", what, sqrt(difference), sqrt(norm));
  for (size_t i = 0; i < n && each; i++)
    if (!(fabs((double)a[i] - b[i]) <= tolerance * largest))
      ck_abort_msg("%s: element %zu of %zu is %.9g instead of %.9g (largest %g)", what, i, n, (double)a[i],
                   (double)b[i], largest);
}
