/* SPDX-License-Identifier: MIT
 * softmax.c - softmax cross-entropy with soft targets: L = -sum q_k log p_k, dL/dz = p - q.
 *
 * log p_k = z_k - max z - log sum exp(z - max z): finite whatever the finite logits.  In double, rounded once. */
#include <math.h>

#include "compute/parallel.h"
#include "nn/net.h"

enum { SAMPLES = 64 };

struct work {
  int n, classes;
  const float *logits, *target;
  float *loss, *dlogits;
};

static void sample(const struct work *w, size_t i)
{
  size_t classes = (size_t)w->classes;
  const float *z = w->logits + i * classes, *q = w->target + i * classes;
  double top = z[0], sum = 0, loss = 0;
  for (size_t k = 1; k < classes; k++)
    top = z[k] > top ? z[k] : top;
  for (size_t k = 0; k < classes; k++)
    sum += exp(z[k] - top);
  double log_sum = log(sum);
  for (size_t k = 0; k < classes; k++) {
    double log_p = z[k] - top - log_sum;
    if (q[k] != 0)
      loss -= q[k] * log_p;
    if (w->dlogits)
      w->dlogits[i * classes + k] = (float)(exp(log_p) - q[k]);
  }
  if (w->loss)
    w->loss[i] = (float)loss;
}

static void samples_task(int i, int worker, void *arg)
{
  const struct work *w = arg;
  (void)worker;
  for (int k = i * SAMPLES; k < w->n && k < (i + 1) * SAMPLES; k++)
    sample(w, (size_t)k);
}

void ho_softmax_cross_entropy(int n, int classes, const float *logits, const float *target, float *loss, float *dlogits)
{
  struct work w = { n, classes, logits, target, loss, dlogits };
  ho_parallel((n + SAMPLES - 1) / SAMPLES, samples_task, &w);
}
