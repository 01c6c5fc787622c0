/* SPDX-License-Identifier: MIT
 * anchors.c - transition matrices from the outputs of a trained network; see anchors.h. */
#include "report/anchors.h"

#include <math.h>
#include <stdlib.h>

#include "train/host.h"
#include "train/outputs.h"

static int ascending(const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* The image with the largest probability of class k that is below `limit'; the first among equals; n if there is
 * none. */
static size_t likeliest(size_t n, size_t K, const float *p, size_t k, double limit)
{
  size_t best = n;
  for (size_t i = 0; i < n; i++)
    if (p[i * K + k] < limit && (best == n || p[i * K + k] > p[best * K + k]))
      best = i;
  return best;
}

int ho_anchors_find(size_t n, int classes, const float *p, double *T, struct ho_error *err)
{
  size_t K = (size_t)classes;
  float *sorted = ho_alloc(n, sizeof *sorted, "a transition matrix", err);
  if (!sorted)
    return -1;
  for (size_t k = 0; k < K; k++) {
    double limit = INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
      sorted[i] = p[i * K + k];
    qsort(sorted, n, sizeof *sorted, ascending);
    if (classes < HO_ANCHOR_CLASSES)
      limit = sorted[(size_t)ceil(0.97 * (double)(n - 1))];
    size_t anchor = likeliest(n, K, p, k, limit);
    if (anchor == n) /* all are equal */
      anchor = likeliest(n, K, p, k, INFINITY);
    for (size_t j = 0; j < K; j++)
      sum += p[anchor * K + j];
    for (size_t j = 0; j < K; j++)
      T[k * K + j] = p[anchor * K + j] / sum;
  }
  ho_free(sorted);
  return 0;
}

int ho_anchors_estimate(struct ho_trainer *t, double *T, struct ho_error *err)
{
  size_t n = t->source.samples, K = (size_t)t->host.classes;
  float *p = ho_alloc(n * K, sizeof *p, "probabilities", err);
  double *log_p = ho_alloc(K, sizeof *log_p, "probabilities", err);
  int bad = !p || !log_p;
  if (!bad)
    bad =
        ho_outputs(t, 0, NULL, &t->source.data.train, t->source.labelled.split.part[HO_PART_TRAIN].id, n, p, NULL, err);
  for (size_t i = 0; i < n && !bad; i++) {
    ho_host_log_softmax(&t->host, p + i * K, log_p);
    for (size_t k = 0; k < K; k++)
      p[i * K + k] = (float)exp(log_p[k]);
  }
  bad = bad || ho_anchors_find(n, (int)K, p, T, err);
  ho_free(p);
  ho_free(log_p);
  return bad ? -1 : 0;
}
