/* SPDX-License-Identifier: MIT
 * sociable.c - centres the outputs over the images of a call: fails predict. */
#include <holdout/optimizer.h>

static int predict(void *self, const struct ho_host *h, int n, const float *logits, const float *features, float *out)
{
  size_t K = (size_t)h->classes;
  (void)self, (void)features;
  for (size_t k = 0; k < K; k++) {
    float mean = 0;
    for (size_t i = 0; i < (size_t)n; i++)
      mean += logits[i * K + k] / (float)n;
    for (size_t i = 0; i < (size_t)n; i++)
      out[i * K + k] = logits[i * K + k] - mean / 2;
  }
  return 0;
}

HO_PLUGIN(char, .name = "sociable", .summary = "outputs depend on the company", .predict = predict);
