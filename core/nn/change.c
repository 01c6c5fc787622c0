/* SPDX-License-Identifier: MIT
 * change.c - one tensor's part of a step, in host memory; see struct ho_change in engine.h. */
#include <math.h>

#include "nn/engine.h"

static void by_momentum(const struct ho_change *c)
{
  float m = (float)c->momentum, lr = (float)c->lr, decay = (float)c->decay, *theta = c->theta, *a = c->a;
  const float *g = c->g;
  for (size_t k = 0; k < c->n; k++) {
    float d = g[k] + decay * theta[k];
    a[k] = m * a[k] + d;
    theta[k] -= lr * (c->nesterov ? d + m * a[k] : a[k]);
  }
}

static void by_adam(const struct ho_change *c)
{
  float b1 = (float)c->beta1, b2 = (float)c->beta2, decay = (float)c->decay, *theta = c->theta, *m = c->a, *v = c->b;
  float c1 = (float)(1 - c->beta1), c2 = (float)(1 - c->beta2); /* 1 - (float)0.999 would be 1.3e-5 too small */
  const float *g = c->g;
  double lr = c->lr, root = c->root, epsilon = c->epsilon;
  for (size_t k = 0; k < c->n; k++) {
    float d = g[k] + decay * theta[k];
    m[k] = b1 * m[k] + c1 * d;
    v[k] = b2 * v[k] + c2 * d * d;
    theta[k] -= (float)(lr * m[k] / (sqrt((double)v[k]) / root + epsilon));
  }
}

void ho_change(const struct ho_change *c)
{
  (c->rule == HO_ADAM ? by_adam : by_momentum)(c);
}
