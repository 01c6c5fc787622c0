/* SPDX-License-Identifier: MIT
 * random-weights.c - the control of Ren et al., Learning to Reweight Examples for Robust Deep Learning (ICML 2018):
 * random weights for the samples,
 *
 *    w_i = max(0, n_i) / sum_j max(0, n_j),   n_i ~ N(0, 1).
 *
 * A method that weights samples and does no better than this shows only that noise in the weights regularises. */
#include <holdout/optimizer.h>
#include <math.h>

/* Rectified Gaussians with mean 1 over the mini-batch.  region: weights */
static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  size_t n = (size_t)mb->size;
  double *r = h->scratch(h, n * sizeof *r), sum = 0;
  struct ho_stream stream = h->stream(h, "weights", h->step, (uint64_t)mb->index);
  (void)self, (void)loss;
  if (!r)
    return -1;
  for (size_t i = 0; i < n; i++)
    sum += r[i] = fmax(0, h->normal(&stream));
  for (size_t i = 0; i < n && sum > 0; i++) /* if none is positive, weights stay equal */
    w[i] *= (float)((double)n * r[i] / sum);
  return 0;
}

HO_PLUGIN(char, .name = "random-weights", .citation = "ren2018",
          .summary = "the control: random weights, rectified Gaussian", .weigh = weigh, .opaque = 1);
