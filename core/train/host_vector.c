/* SPDX-License-Identifier: MIT
 * host_vector.c - the services on arrays of P floats: products, sums, and what update makes of a tensor. */
#include <math.h>

#include "compute/vector.h"
#include "train/host.h"

double ho_host_dot(const struct ho_host *h, size_t n, const float *a, const float *b)
{
  (void)h;
  return ho_vector_dot(n, a, b);
}

void ho_host_dots(const struct ho_host *h, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                  double *aa)
{
  (void)h;
  ho_vector_dots(n, v, rows, a, ld, va, aa);
}

void ho_host_combine(const struct ho_host *h, size_t n, float *out, int rows, const double *w, const float *a,
                     size_t ld)
{
  (void)h;
  ho_vector_combine(n, out, rows, w, a, ld);
}

int ho_host_blend(const struct ho_host *h, size_t n, float *out, int terms, const double *c, const float *const *x)
{
  struct ho_trainer *t = h->host;
  if (terms < 1)
    return ho_call_fail(&t->caller, "blend: %d terms; at least 1 is needed", terms);
  ho_vector_blend(n, out, terms, c, x);
  return 0;
}

static int change(struct ho_trainer *t, const char *service, const struct ho_change *c)
{
  if (t->caller.phase != HO_UPDATE)
    return ho_call_fail(&t->caller, "%s can be called only in update", service);
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
