/* SPDX-License-Identifier: MIT
 * noise_air.c - structured confusion of CIFAR-10's classes (Azadi et al., Auxiliary Image Regularization, ICLR 2016).
 *
 * `at_four_tenths' is their matrix A at rate 0.4 (row: true class), as published with their code, to four digits.  At
 * rate r, T_cc = (1 - r)/s_c and T_ck = A_ck (r/0.4)/s_c, where s_c makes the row sum to 1; without s_c, these are
 * their matrices at 0.3, 0.5 and 0.7.  Because s_c is between 0.98 and 1.01, the share of wrong labels differs slightly
 * from r; the expected rate is exact.
 *
 * Counts are not sampled: of the n labels of class c in a part, n T_ck become k, rounded by largest remainders (ties go
 * to the lower class).  The stream (seed, "noise-air", part, class) decides which. */
#include <math.h>

#include "base/memory.h"
#include "labels/noise_models.h"

enum { CLASSES = 10 };
/* airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck */
static const double at_four_tenths[CLASSES][CLASSES] = {
  { 0.6000, 0.0522, 0.0583, 0.0346, 0.0820, 0.0088, 0.0664, 0.0027, 0.0739, 0.0088 },
  { 0.0258, 0.6000, 0.0027, 0.0515, 0.0258, 0.0088, 0.1058, 0.1451, 0.0258, 0.0088 },
  { 0.0583, 0.0176, 0.6000, 0.0176, 0.0664, 0.0820, 0.0895, 0.0258, 0.0176, 0.0088 },
  { 0.0664, 0.0258, 0.0258, 0.6000, 0.0346, 0.1919, 0.0088, 0.0258, 0.0176, 0.0027 },
  { 0.0258, 0.0664, 0.0583, 0.0434, 0.6000, 0.0515, 0.0739, 0.0027, 0.0664, 0.0088 },
  { 0.0176, 0.0088, 0.1295, 0.1295, 0.0515, 0.6000, 0.0176, 0.0088, 0.0027, 0.0434 },
  { 0.0088, 0.0176, 0.0515, 0.0088, 0.0522, 0.0820, 0.6000, 0.0258, 0.0027, 0.1607 },
  { 0.0522, 0.0088, 0.0027, 0.0820, 0.0088, 0.0258, 0.0176, 0.6000, 0.0176, 0.1695 },
  { 0.0027, 0.0346, 0.0346, 0.0434, 0.0739, 0.1688, 0.0176, 0.0027, 0.6000, 0.0258 },
  { 0.0515, 0.0027, 0.0346, 0.0258, 0.0434, 0.0346, 0.0739, 0.1214, 0.0088, 0.6000 },
};

static void make_row(double rate, int row, double share[CLASSES])
{
  double sum = 0;
  for (int k = 0; k < CLASSES; k++)
    sum += share[k] = k == row ? 1 - rate : at_four_tenths[row][k] * rate / 0.4;
  for (int k = 0; k < CLASSES; k++)
    share[k] /= sum;
}

/* Rounds n times the shares to whole numbers whose sum is n. */
static void round_row(const double share[CLASSES], int n, int count[CLASSES])
{
  double remainder[CLASSES];
  int left = n;
  for (int k = 0; k < CLASSES; k++) {
    count[k] = (int)floor(n * share[k] + 1e-9);
    remainder[k] = n * share[k] - count[k];
    left -= count[k];
  }
  for (; left > 0; left--) {
    int most = 0;
    for (int k = 1; k < CLASSES; k++)
      if (remainder[k] > remainder[most])
        most = k;
    count[most]++;
    remainder[most] = -1;
  }
}

static void make_counts(double rate, int row, int n, int count[CLASSES])
{
  double share[CLASSES];
  make_row(rate, row, share);
  round_row(share, n, count);
}

int ho_noise_air(const struct ho_noise *noise, const struct ho_noise_input *in, const struct ho_noise_classes *classes,
                 uint16_t *given, struct ho_error *err)
{
  const uint16_t *label = in->data->train.label;
  (void)classes;
  size_t *member = ho_alloc(in->n, sizeof *member, "label noise", err);
  int *order = ho_alloc(in->n, sizeof *order, "label noise", err);
  for (int c = 0; c < CLASSES && member && order; c++) {
    int n = 0, count[CLASSES], at = 0;
    for (size_t i = 0; i < in->n; i++)
      if (label[in->id[i]] == c)
        member[n++] = i;
    make_counts(noise->rate, c, n, count);
    struct ho_stream s = ho_stream_make(in->seed, "noise-air", (uint64_t)in->part, (uint64_t)c);
    ho_stream_permute(&s, order, n);
    for (int k = 0; k < CLASSES; k++)
      for (int m = 0; m < count[k]; m++)
        given[member[order[at++]]] = (uint16_t)k;
  }
  int result = member && order ? 0 : -1;
  ho_free(member);
  ho_free(order);
  return result;
}

double ho_noise_air_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  int count[CLASSES];
  (void)choices;
  if (class >= CLASSES)
    return 0;
  make_counts(noise->rate, class, (int)n, count);
  return (double)n - count[class];
}
