/* SPDX-License-Identifier: MIT
 * host_vector.c - the services on arrays of P floats: products, sums, and what update makes of a tensor. */
#include <math.h>
#include <stdlib.h>

#include "compute/vector.h"
#include "train/host.h"

/* Hooks name arrays by their addresses in host memory.  If the device has all arrays of a call, it computes; otherwise the
 * host fetches them, computes, and sends back what it wrote. */
static int is_away(const struct ho_trainer *t)
{
  const struct ho_residence *r = t->network.residence;
  return r->vectors && !r->at_home;
}

/* Floats from the first row to the end of the last. */
static size_t extent(size_t n, int rows, size_t ld)
{
  return rows > 0 ? (size_t)(rows - 1) * ld + n : 0;
}

static int told(struct ho_trainer *t, int bad, const struct ho_error *why)
{
  if (bad)
    ho_call_fail_as(&t->caller, why);
  return bad ? -1 : 0;
}

/* ---- products ---- */

static int dots_there(struct ho_residence *r, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                      double *aa, struct ho_error *why)
{
  const float *left = ho_residence_read(r, v, n, why), *right = ho_residence_read(r, a, extent(n, rows, ld), why);
  return !left || !right || r->vectors->dots(r->device, n, left, rows, right, ld, va, aa, why) ||
         r->vectors->wait(r->device, why);
}

static int dots_away(struct ho_trainer *t, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                     double *aa)
{
  struct ho_residence *r = t->network.residence;
  size_t all = extent(n, rows, ld);
  struct ho_error why;
  if (ho_host_flush(t))
    return -1;
  if (ho_residence_away(r, v, n) && ho_residence_away(r, a, all))
    return told(t, dots_there(r, n, v, rows, a, ld, va, aa, &why), &why);
  if (ho_residence_pull(r, v, n, &why) || ho_residence_pull(r, a, all, &why))
    return told(t, -1, &why);
  ho_vector_dots(n, v, rows, a, ld, va, aa);
  return 0;
}

double ho_host_dot(const struct ho_host *h, size_t n, const float *a, const float *b)
{
  double product, square;
  if (!is_away(h->host))
    return ho_vector_dot(n, a, b);
  return dots_away(h->host, n, a, 1, b, n, &product, &square) ? NAN : product;
}

void ho_host_dots(const struct ho_host *h, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                  double *aa)
{
  if (!is_away(h->host))
    ho_vector_dots(n, v, rows, a, ld, va, aa);
  else if (dots_away(h->host, n, v, rows, a, ld, va, aa))
    for (int r = 0; r < rows; r++) /* the hook may use them before it returns */
      va[r] = aa[r] = NAN;
}

/* ---- sums ---- */

static int combine_away(struct ho_residence *r, size_t n, float *out, int rows, const double *w, const float *a,
                        size_t ld, struct ho_error *why)
{
  size_t all = extent(n, rows, ld);
  if (ho_residence_away(r, out, n) && ho_residence_away(r, a, all)) {
    const float *from = ho_residence_read(r, a, all, why);
    float *to = from ? ho_residence_write(r, out, n, why) : NULL;
    return !to || r->vectors->combine(r->device, n, to, rows, w, from, ld, why) || ho_residence_written(r, out, n, why);
  }
  if (ho_residence_pull(r, a, all, why))
    return -1;
  ho_vector_combine(n, out, rows, w, a, ld);
  return ho_residence_push(r, out, n, why);
}

void ho_host_combine(const struct ho_host *h, size_t n, float *out, int rows, const double *w, const float *a,
                     size_t ld)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  if (!is_away(t))
    ho_vector_combine(n, out, rows, w, a, ld);
  else if (!ho_host_flush(t))
    told(t, combine_away(t->network.residence, n, out, rows, w, a, ld, &why), &why);
}

static int blend_there(struct ho_residence *r, size_t n, float *out, int terms, const double *c, const float *const *x,
                       struct ho_error *why)
{
  const float **from = ho_alloc((size_t)terms, sizeof *from, "terms", why);
  int bad = !from;
  for (int t = 0; t < terms && !bad; t++)
    bad = !(from[t] = ho_residence_read(r, x[t], n, why));
  float *to = bad ? NULL : ho_residence_write(r, out, n, why);
  bad = !to || r->vectors->blend(r->device, n, to, terms, c, from, why) || ho_residence_written(r, out, n, why);
  ho_free(from);
  return bad;
}

static int blend_away(struct ho_residence *r, size_t n, float *out, int terms, const double *c, const float *const *x,
                      struct ho_error *why)
{
  int all = ho_residence_away(r, out, n);
  for (int t = 0; t < terms; t++)
    all = all && ho_residence_away(r, x[t], n);
  if (all)
    return blend_there(r, n, out, terms, c, x, why);
  for (int t = 0; t < terms; t++)
    if (ho_residence_pull(r, x[t], n, why))
      return -1;
  ho_vector_blend(n, out, terms, c, x);
  return ho_residence_push(r, out, n, why);
}

int ho_host_blend(const struct ho_host *h, size_t n, float *out, int terms, const double *c, const float *const *x)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  if (terms < 1)
    return ho_call_fail(&t->caller, "blend: %d terms; at least 1 is needed", terms);
  if (is_away(t))
    return ho_host_flush(t) ? -1 : told(t, blend_away(t->network.residence, n, out, terms, c, x, &why), &why);
  ho_vector_blend(n, out, terms, c, x);
  return 0;
}

/* ---- steps of a tensor ---- */

/* The arrays of a change: those that it writes, then g, that it reads. */
enum { WRITTEN = 3, ARRAYS };

static float *array(const struct ho_change *c, int i)
{
  switch (i) { /* NULL: the rule has none */
  case 0: return c->theta;
  case 1: return c->a;
  case 2: return c->b;
  default: return (float *)c->g;
  }
}

static int written(struct ho_residence *r, const struct ho_change *c, struct ho_error *why)
{
  int bad = 0;
  for (int i = 0; i < WRITTEN && !bad; i++)
    bad = array(c, i) && ho_residence_written(r, array(c, i), c->n, why);
  return bad;
}

int ho_host_flush(struct ho_trainer *t)
{
  struct ho_changes *all = &t->changes;
  struct ho_residence *r = t->network.residence;
  struct ho_error why;
  int n = all->n;
  if (!n)
    return 0;
  all->n = 0;
  int bad = r->vectors->change(r->device, n, all->there, &why);
  for (const struct ho_change *c = all->asked; c < all->asked + n && !bad; c++)
    bad = written(r, c, &why);
  return bad ? ho_call_fail_for(&t->caller, t->chain.update, why.code, "%s", why.text) : 0;
}

static int grow(struct ho_changes *all)
{
  int room = all->room ? 2 * all->room : 64;
  struct ho_change *asked = realloc(all->asked, (size_t)room * sizeof *asked);
  if (!asked)
    return -1;
  all->asked = asked;
  struct ho_change *there = realloc(all->there, (size_t)room * sizeof *there);
  if (!there)
    return -1;
  all->there = there;
  all->room = room;
  return 0;
}

/* The device makes changes of distinct tensors together: one call after the hooks, instead of one for each. */
static int note(struct ho_trainer *t, const struct ho_change *c)
{
  struct ho_changes *all = &t->changes;
  struct ho_residence *r = t->network.residence;
  struct ho_error why;
  for (int i = 0; i < all->n; i++)
    if (all->asked[i].theta == c->theta && ho_host_flush(t))
      return -1;
  if (all->n == all->room && grow(all))
    return ho_call_fail_for(&t->caller, t->caller.current, HO_ERROR_MEMORY, "out of memory: changes");
  struct ho_change *there = &all->there[all->n];
  *there = all->asked[all->n] = *c;
  there->theta = (float *)ho_residence_read(r, c->theta, c->n, &why);
  there->a = there->theta ? (float *)ho_residence_read(r, c->a, c->n, &why) : NULL;
  there->g = there->a ? ho_residence_read(r, c->g, c->n, &why) : NULL;
  if (there->g && c->b)
    there->b = (float *)ho_residence_read(r, c->b, c->n, &why);
  if (!there->g || (c->b && !there->b))
    return ho_call_fail_as(&t->caller, &why);
  all->n++;
  return 0;
}

static int change_away(struct ho_trainer *t, const struct ho_change *c)
{
  struct ho_residence *r = t->network.residence;
  struct ho_error why;
  int away = 1, bad = 0;
  for (int i = 0; i < ARRAYS; i++)
    away = away && (!array(c, i) || ho_residence_away(r, array(c, i), c->n));
  if (away)
    return note(t, c);
  if (ho_host_flush(t))
    return -1;
  for (int i = 0; i < ARRAYS && !bad; i++)
    bad = array(c, i) && ho_residence_pull(r, array(c, i), c->n, &why);
  if (bad)
    return told(t, -1, &why);
  ho_change(c);
  for (int i = 0; i < WRITTEN && !bad; i++)
    bad = array(c, i) && ho_residence_push(r, array(c, i), c->n, &why);
  return told(t, bad, &why);
}

static int change(struct ho_trainer *t, const char *service, const struct ho_change *c)
{
  if (t->caller.phase != HO_UPDATE)
    return ho_call_fail(&t->caller, "%s can be called only in update", service);
  if (is_away(t))
    return change_away(t, c);
  ho_change(c);
  return 0;
}

int ho_host_momentum(const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g, float *a,
                     double momentum, int nesterov)
{
  const struct ho_change c = { .rule = HO_MOMENTUM,
                               .n = t->size,
                               .theta = theta,
                               .g = g,
                               .a = a,
                               .lr = h->lr * t->rate,
                               .decay = t->decay,
                               .momentum = momentum,
                               .nesterov = nesterov };
  return change(h->host, "momentum", &c);
}

int ho_host_adam(const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g, float *m, float *v,
                 double beta1, double beta2, double epsilon)
{
  double steps = (double)h->step + 1;
  const struct ho_change c = { .rule = HO_ADAM,
                               .n = t->size,
                               .theta = theta,
                               .g = g,
                               .a = m,
                               .b = v,
                               .lr = h->lr * t->rate / (1 - pow(beta1, steps)),
                               .decay = t->decay,
                               .beta1 = beta1,
                               .beta2 = beta2,
                               .epsilon = epsilon,
                               .root = sqrt(1 - pow(beta2, steps)) };
  return change(h->host, "adam", &c);
}
