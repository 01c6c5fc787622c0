/* SPDX-License-Identifier: MIT
 * trial.c - one random pass through engine and twin, compared; see twin.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"
#include "twin.h"
#include "unit.h"

/* Errors are measured against the largest element of a tensor.  float32 rounds at 6e-8; sums over some hundred terms
 * and batch norm's division by small deviations, several layers deep, multiply that by some hundreds. */
static const double step = 1e-7;

struct ho_net *twin_net(int (*build)(struct ho_graph *, const double *), const double *value, struct ho_shape input,
                        int classes)
{
  static const struct ho_net_option none[] = { { NULL, 0, 0, 0, 0, NULL } };
  static struct ho_model model[512]; /* as long-lived as the networks */
  static int models;
  struct ho_error err;
  struct ho_model *m = &model[models++ % 512];
  *m = (struct ho_model){ "test", "a network of a test", NULL, none, build };
  struct ho_net *net = ho_net_build(m, value, input, classes, &err);
  if (!net)
    ck_abort_msg("%s", err.text);
  return net;
}

float *random_floats(size_t n, uint64_t seed)
{
  struct ho_stream stream = ho_stream_make(seed, "test", 0, 0);
  float *a = ho_alloc(n, sizeof *a, "a test", NULL);
  for (size_t i = 0; i < n; i++)
    a[i] = (float)ho_stream_normal(&stream);
  return a;
}

size_t first_difference(size_t n, const float *a, const float *b)
{
  for (size_t i = 0; i < n; i++)
    if (memcmp(&a[i], &b[i], sizeof *a))
      return i;
  return n;
}

struct trial *trial_new(const struct ho_net *net, int groups, int size, int eval, uint64_t seed)
{
  size_t images = (size_t)groups * (size_t)size, pixels = ho_shape_size(net->input), g = (size_t)groups;
  struct trial *t = ho_alloc(1, sizeof *t, "a test", NULL);
  *t = (struct trial){ .net = net,
                       .device = &ho_cpu,
                       .logits_tolerance = 1e-5,
                       .gradient_tolerance = 1e-4,
                       .groups = groups,
                       .size = size,
                       .eval = eval };
  t->theta = random_floats(net->parameters, seed + 1);
  t->stats = random_floats(net->statistics, seed + 2);
  t->x = random_floats(images * pixels, seed + 3);
  t->dlogits = random_floats(images * (size_t)net->classes, seed + 4);
  t->rows = random_floats(g * net->parameters, seed + 5); /* not zero: backward overwrites */
  t->images = ho_alloc(g, sizeof *t->images, "a test", NULL);
  t->advance = ho_alloc(g, 1, "a test", NULL);
  t->mask = ho_alloc(g, sizeof *t->mask, "a test", NULL);
  for (int i = 0; i < net->nparams; i++)
    for (size_t k = 0; k < net->param[i].size; k++) {
      float *v = &t->theta[net->param[i].offset + k];
      *v = net->param[i].init == HO_INIT_ONE ? 1 + 0.3f * *v : *v / sqrtf((float)(net->param[i].fan_in + 4));
    }
  for (int i = 0; i < net->nstats; i++)
    for (size_t k = 0; k < net->stat[i].size; k++) {
      float *v = &t->stats[net->stat[i].offset + k];
      *v = net->stat[i].init == HO_INIT_ONE ? 0.5f + *v * *v : 0.3f * *v;
    }
  for (size_t i = 0; i < g; i++) {
    t->images[i] = t->x + i * (size_t)size * pixels;
    t->advance[i] = i != 1;
    t->mask[i] = ho_stream_make(seed, "mask", i, 0);
  }
  return t;
}

void trial_free(struct trial *t)
{
  if (t->theta_there)
    t->device->kind->vectors->put(t->device, t->theta_there);
  if (t->rows_there)
    t->device->kind->vectors->put(t->device, t->rows_there);
  ho_free(t->theta);
  ho_free(t->stats);
  ho_free(t->x);
  ho_free(t->dlogits);
  ho_free(t->rows);
  ho_free(t->images);
  ho_free(t->advance);
  ho_free(t->mask);
  ho_free(t);
}

/* A copy of the engine's outputs, in a ring of a few. */
static float *outputs_room(const struct ho_engine *e, int wide)
{
  static float *ring[16];
  static size_t made;
  float **room = &ring[made++ % (sizeof ring / sizeof *ring)];
  ho_free(*room);
  return *room = ho_alloc((size_t)e->groups * (size_t)e->size * (size_t)wide, sizeof **room, "a test", NULL);
}

const float *engine_logits(struct ho_engine *e)
{
  float *logits = outputs_room(e, e->net->classes);
  ck_assert_int_eq(ho_engine_outputs(e, logits, NULL, NULL), 0);
  return logits;
}

const float *engine_features(struct ho_engine *e)
{
  float *features = outputs_room(e, e->net->features);
  ck_assert_int_eq(ho_engine_outputs(e, NULL, features, NULL), 0);
  return features;
}

void engine_forward(struct ho_engine *e, const struct ho_forward *f)
{
  ck_assert_int_eq(ho_engine_forward(e, f, NULL), 0);
}

void engine_backward(struct ho_engine *e, const float *dlogits, float *rows, size_t ld)
{
  ck_assert_int_eq(ho_engine_backward(e, dlogits, rows, ld, NULL), 0);
}

/* An array as the device has it: itself, or a copy in the device's memory, which is kept in *there. */
static float *on_device(struct ho_device *device, size_t n, float *array, float **there)
{
  const struct ho_vectors *v = device->kind->vectors;
  struct ho_error err;
  if (!v)
    return array;
  if ((!*there && !(*there = v->get(device, n, &err))) || v->up(device, *there, array, n, &err))
    ck_abort_msg("%s", err.text);
  return *there;
}

void trial_forward(struct trial *t, struct ho_engine *engine, int first, int groups)
{
  struct ho_forward f = { .groups = groups,
                          .size = t->size,
                          .x = t->images + first,
                          .theta = on_device(engine->device, t->net->parameters, t->theta, &t->theta_there),
                          .stats = t->stats,
                          .eval = t->eval,
                          .advance = t->advance + first,
                          .mask = t->mask + first };
  engine_forward(engine, &f);
}

void trial_backward(struct trial *t, struct ho_engine *engine, int first, float *rows)
{
  size_t p = t->net->parameters, n = p * (size_t)engine->groups;
  const float *dlogits = t->dlogits + (size_t)first * (size_t)t->size * (size_t)t->net->classes;
  float *there = on_device(engine->device, n, rows, &t->rows_there);
  engine_backward(engine, dlogits, there, p);
  if (there != rows)
    ck_assert_int_eq(engine->device->kind->vectors->down(engine->device, rows, there, n, NULL), 0);
}

static double *doubles(size_t n, const float *a)
{
  double *b = ho_alloc(n, sizeof *b, "a test", NULL);
  for (size_t i = 0; i < n; i++)
    b[i] = a[i];
  return b;
}

/* What the first difference is, if there is one. */
static char difference[512];

static void differs(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  if (!*difference)
    vsnprintf(difference, sizeof difference, format, args);
  va_end(args);
}

static void compare(const char *what, size_t n, const float *got, const double *want, double tolerance)
{
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    largest = fmax(largest, fabs(want[i]));
  for (size_t i = 0; i < n; i++)
    if (!(fabs(got[i] - want[i]) <= tolerance * largest + 1e-12))
      differs("%s %zu of %zu: %.9g, the twin has %.9g (largest %g)", what, i, n, (double)got[i], want[i], largest);
}

struct slope {
  const struct trial *trial;
  double *theta, *stats, *logits, *slope; /* slope: [groups], d loss / d theta along the direction of the last call */
  size_t images;
};

/* Central differences of each mini-batch's loss along one element (n = 1) or a direction over all. */
static void slopes(struct slope *s, size_t at, size_t n, const double *direction)
{
  const struct trial *t = s->trial;
  size_t each = (size_t)t->size * (size_t)t->net->classes;
  for (int g = 0; g < t->groups; g++)
    s->slope[g] = 0;
  for (int sign = 1; sign >= -1; sign -= 2) {
    for (size_t k = 0; k < n; k++)
      s->theta[at + k] = t->theta[at + k] + sign * step * direction[k];
    twin_forward(t, s->theta, s->stats, s->logits);
    for (size_t g = 0; g < (size_t)t->groups; g++)
      for (size_t i = g * each; i < (g + 1) * each; i++)
        s->slope[g] += sign * t->dlogits[i] * s->logits[i] / (2 * step);
  }
  for (size_t k = 0; k < n; k++)
    s->theta[at + k] = t->theta[at + k];
}

static double largest_of(size_t n, const float *a)
{
  double largest = 0;
  for (size_t k = 0; k < n; k++)
    largest = fmax(largest, fabs((double)a[k]));
  return largest;
}

/* Elements of each tensor: all of a small one, random ones of a large one.  In a tensor of one or two elements sums may
 * have cancelled, with the rounding of what they summed, which the other tensors tell: a hundredth of their size counts. */
static void check_elements(struct slope *s, int elements)
{
  const struct trial *t = s->trial;
  const struct ho_net *net = t->net;
  struct ho_stream stream = ho_stream_make(9, "elements", 0, 0);
  for (int i = 0; i < net->nparams; i++) {
    const struct ho_param *p = &net->param[i];
    for (int e = 0; e < elements && (size_t)e < p->size; e++) {
      size_t at = p->size <= (size_t)elements ? (size_t)e : (size_t)ho_stream_below(&stream, p->size);
      slopes(s, p->offset + at, 1, (double[]){ 1 });
      for (size_t g = 0; g < (size_t)t->groups; g++) {
        const float *row = t->rows + g * net->parameters + p->offset;
        double largest = largest_of(p->size, row);
        largest += 0.01 * largest_of(net->parameters, row - p->offset);
        if (!(fabs(row[at] - s->slope[g]) <= t->gradient_tolerance * largest + 1e-6))
          differs("gradient of %s[%zu], mini-batch %zu: %.9g, by differences %.9g (largest %g)", p->name, at, g,
                  (double)row[at], s->slope[g], largest);
      }
    }
  }
}

static void check_directions(struct slope *s)
{
  const struct trial *t = s->trial;
  size_t n = t->net->parameters;
  for (uint64_t d = 0; d < 3; d++) {
    float *random = random_floats(n, 100 + d);
    double *direction = doubles(n, random);
    slopes(s, 0, n, direction);
    for (size_t g = 0; g < (size_t)t->groups; g++) {
      double sum = 0, norm = 0;
      for (size_t k = 0; k < n; k++) {
        sum += direction[k] * t->rows[g * n + k];
        norm += (double)t->rows[g * n + k] * t->rows[g * n + k];
      }
      if (!(fabs(sum - s->slope[g]) <= t->gradient_tolerance * sqrt(norm) + 1e-6))
        differs("slope along direction %d, mini-batch %zu: %.9g, by differences %.9g", (int)d, g, sum, s->slope[g]);
    }
    ho_free(random);
    ho_free(direction);
  }
}

const char *trial_difference(struct trial *t, int elements)
{
  const struct ho_net *net = t->net;
  struct ho_error err;
  struct ho_engine *engine = ho_engine_new(t->device, net, t->groups, t->groups * t->size, 1, &err);
  struct slope s = { .trial = t, .images = (size_t)t->groups * (size_t)t->size };
  if (!engine)
    ck_abort_msg("%s", err.text);
  s.theta = doubles(net->parameters, t->theta);
  s.stats = doubles(net->statistics, t->stats);
  s.logits = ho_alloc(s.images * (size_t)net->classes, sizeof(double), "a test", NULL);
  s.slope = ho_alloc((size_t)t->groups, sizeof(double), "a test", NULL);
  *difference = 0;
  trial_forward(t, engine, 0, t->groups);
  twin_forward(t, s.theta, s.stats, s.logits);
  compare("logit", s.images * (size_t)net->classes, engine_logits(engine), s.logits, t->logits_tolerance);
  compare("running average", net->statistics, t->stats, s.stats, t->logits_tolerance);
  trial_backward(t, engine, 0, t->rows);
  check_elements(&s, elements);
  check_directions(&s);
  ho_free(s.theta);
  ho_free(s.stats);
  ho_free(s.logits);
  ho_free(s.slope);
  ho_engine_free(engine);
  return *difference ? difference : NULL;
}

void trial_check(struct trial *t, int elements)
{
  const char *text = trial_difference(t, elements);
  if (text)
    ck_abort_msg("%s", text);
}
