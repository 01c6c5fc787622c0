/* SPDX-License-Identifier: MIT
 * far.c - the CPU engine at the other end of a distance; see far.h. */
#include "nn/far.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "compute/vector.h"

/* Arrays, and results on their way, are lists of these. */
struct array {
  struct array *next;
  size_t n;
  float *data; /* [n] */
};

struct result {
  struct result *next;
  double *to, value;
};

struct far {
  struct ho_device base;
  struct array *array;
  struct result *result;
  int left; /* calls before the device is lost; below 0: it is not */
};

struct far_engine {
  struct ho_engine base;
  struct ho_engine *cpu;
};

static struct far *far_of(struct ho_device *d)
{
  return (struct far *)d;
}

void ho_far_lose(struct ho_device *d, int calls)
{
  far_of(d)->left = calls;
}

int ho_far_arrays(const struct ho_device *d)
{
  int n = 0;
  for (const struct array *a = ((const struct far *)d)->array; a; a = a->next)
    n++;
  return n;
}

/* Every call begins with it. */
static int lost(struct ho_device *d, struct ho_error *err)
{
  struct far *f = far_of(d);
  if (f->left == 0)
    return ho_error_set(err, "the device is lost");
  f->left -= f->left > 0;
  return 0;
}

static int foreign(struct ho_device *d, const float *p, size_t n, struct ho_error *err)
{
  for (const struct array *a = far_of(d)->array; a; a = a->next)
    if ((uintptr_t)p >= (uintptr_t)a->data && (uintptr_t)(p + n) <= (uintptr_t)(a->data + a->n))
      return 0;
  return ho_error_set(err, "%zu floats are not in the device's memory", n);
}

/* ---- arrays ---- */

static void fill(float *p, size_t n)
{
  for (size_t k = 0; k < n; k++)
    p[k] = NAN;
}

static float *get(struct ho_device *d, size_t n, struct ho_error *err)
{
  struct far *f = far_of(d);
  struct array *a = lost(d, err) ? NULL : ho_alloc(1, sizeof *a, "an array", err);
  if (!a || !(a->data = ho_alloc(n, sizeof *a->data, "an array", err))) {
    ho_free(a);
    return NULL;
  }
  fill(a->data, a->n = n);
  a->next = f->array;
  f->array = a;
  return a->data;
}

static void put(struct ho_device *d, float *data)
{
  for (struct array **at = &far_of(d)->array, *a; (a = *at); at = &a->next)
    if (data && a->data == data) {
      *at = a->next;
      ho_free(data);
      ho_free(a);
      return;
    }
}

static void deliver(struct far *f)
{
  for (struct result *r; (r = f->result);) {
    f->result = r->next;
    *r->to = r->value;
    ho_free(r);
  }
}

static int defer(struct far *f, double *to, double value, struct ho_error *err)
{
  struct result *r = to ? ho_alloc(1, sizeof *r, "a result", err) : NULL;
  if (!r)
    return to ? -1 : 0;
  *r = (struct result){ f->result, to, value };
  f->result = r;
  *to = NAN;
  return 0;
}

static int up(struct ho_device *d, float *to, const float *from, size_t n, struct ho_error *err)
{
  if (lost(d, err) || foreign(d, to, n, err))
    return -1;
  memcpy(to, from, n * sizeof *to);
  return 0;
}

static int down(struct ho_device *d, float *to, const float *from, size_t n, struct ho_error *err)
{
  if (lost(d, err) || foreign(d, from, n, err))
    return -1;
  deliver(far_of(d));
  memcpy(to, from, n * sizeof *to);
  return 0;
}

static int dots(struct ho_device *d, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                double *aa, struct ho_error *err)
{
  double each[2];
  if (lost(d, err) || foreign(d, v, n, err) || (rows > 0 && foreign(d, a, (size_t)(rows - 1) * ld + n, err)))
    return -1;
  for (int r = 0; r < rows; r++) {
    ho_vector_dots(n, v, 1, a + (size_t)r * ld, ld, &each[0], &each[1]);
    if (defer(far_of(d), va ? va + r : NULL, each[0], err) || defer(far_of(d), aa ? aa + r : NULL, each[1], err))
      return -1;
  }
  return 0;
}

static int combine(struct ho_device *d, size_t n, float *out, int rows, const double *w, const float *a, size_t ld,
                   struct ho_error *err)
{
  if (lost(d, err) || foreign(d, out, n, err) || (rows > 0 && foreign(d, a, (size_t)(rows - 1) * ld + n, err)))
    return -1;
  ho_vector_combine(n, out, rows, w, a, ld);
  return 0;
}

static int blend(struct ho_device *d, size_t n, float *out, int terms, const double *c, const float *const *x,
                 struct ho_error *err)
{
  if (lost(d, err) || foreign(d, out, n, err))
    return -1;
  for (int t = 0; t < terms; t++)
    if (foreign(d, x[t], n, err))
      return -1;
  ho_vector_blend(n, out, terms, c, x);
  return 0;
}

static int change(struct ho_device *d, int n, const struct ho_change *c, struct ho_error *err)
{
  if (lost(d, err))
    return -1;
  for (const struct ho_change *end = c + n; c < end; c++) {
    if (foreign(d, c->theta, c->n, err) || foreign(d, c->g, c->n, err) || foreign(d, c->a, c->n, err) ||
        (c->rule == HO_ADAM && foreign(d, c->b, c->n, err)))
      return -1;
    ho_change(c);
  }
  return 0;
}

static int nonfinite(struct ho_device *d, size_t n, const float *a, size_t *first, struct ho_error *err)
{
  if (lost(d, err) || foreign(d, a, n, err))
    return -1;
  deliver(far_of(d));
  *first = ho_vector_nonfinite(n, a);
  return 0;
}

static int wait_for_all(struct ho_device *d, struct ho_error *err)
{
  if (lost(d, err))
    return -1;
  deliver(far_of(d));
  return 0;
}

static void stale(struct ho_device *d, float *host, size_t n)
{
  (void)d;
  fill(host, n);
}

static const struct ho_vectors vectors = {
  .get = get,
  .put = put,
  .up = up,
  .down = down,
  .dots = dots,
  .combine = combine,
  .blend = blend,
  .change = change,
  .nonfinite = nonfinite,
  .wait = wait_for_all,
  .stale = stale,
};

/* ---- the engine ---- */

static struct far_engine *engine_of(struct ho_engine *e)
{
  return (struct far_engine *)e;
}

static size_t engine_bytes(struct ho_device *d, const struct ho_net *net, int groups, int images, int backward)
{
  (void)d;
  return ho_engine_bytes(&ho_cpu, net, groups, images, backward);
}

static struct ho_engine *engine_create(struct ho_device *d, const struct ho_net *net, int groups, int images,
                                       int backward, struct ho_error *err)
{
  struct far_engine *e = lost(d, err) ? NULL : ho_alloc(1, sizeof *e, "an engine", err);
  if (!e || !(e->cpu = ho_engine_new(&ho_cpu, net, groups, images, backward, err))) {
    ho_free(e);
    return NULL;
  }
  return &e->base;
}

static int engine_forward(struct ho_engine *e, const struct ho_forward *f, struct ho_error *err)
{
  if (lost(e->device, err) || foreign(e->device, f->theta, e->net->parameters, err))
    return -1;
  return ho_engine_forward(engine_of(e)->cpu, f, err);
}

static int engine_outputs(struct ho_engine *e, float *logits, float *features, struct ho_error *err)
{
  if (lost(e->device, err))
    return -1;
  deliver(far_of(e->device));
  return ho_engine_outputs(engine_of(e)->cpu, logits, features, err);
}

static int engine_backward(struct ho_engine *e, const float *dlogits, float *rows, size_t ld, struct ho_error *err)
{
  if (lost(e->device, err) || foreign(e->device, rows, (size_t)(e->groups - 1) * ld + e->net->parameters, err))
    return -1;
  return ho_engine_backward(engine_of(e)->cpu, dlogits, rows, ld, err);
}

static void engine_clock(struct ho_engine *e, double *seconds)
{
  ho_engine_clock(engine_of(e)->cpu, seconds);
}

static void engine_free(struct ho_engine *e)
{
  ho_engine_free(engine_of(e)->cpu);
  ho_free(e);
}

static void close(struct ho_device *d)
{
  while (far_of(d)->array)
    put(d, far_of(d)->array->data);
  for (struct result *r; (r = far_of(d)->result); ho_free(r))
    far_of(d)->result = r->next;
  ho_free(d);
}

static const struct ho_engine_kind kind = {
  .name = "far",
  .vectors = &vectors,
  .close = close,
  .bytes = engine_bytes,
  .create = engine_create,
  .forward = engine_forward,
  .outputs = engine_outputs,
  .backward = engine_backward,
  .clock = engine_clock,
  .free = engine_free,
};

struct ho_device *ho_far_open(struct ho_error *err)
{
  struct far *f = ho_alloc(1, sizeof *f, "a device", err);
  if (!f)
    return NULL;
  f->base = (struct ho_device){ &kind, "far" };
  f->left = -1;
  return &f->base;
}
