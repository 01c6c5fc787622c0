/* SPDX-License-Identifier: MIT
 * noise_air.c - the structured confusion of CIFAR-10's classes after Azadi et al. (ICLR 2016), as far as it is known.
 *
 * Of their 10 x 10 matrix (row: true class) only four numbers are known here: the diagonal, 0.600, and its three
 * largest other cells, cat -> dog 0.192, horse -> truck 0.169, ship -> dog 0.169.  What is left of a row is spread
 * evenly over its other cells: this is not their matrix, and the summary says so.
 *
 * In each class the numbers of labels are the matrix rounded (largest remainders first, of equal ones the lower
 * class), not sampled; which images they fall on is decided by the stream (seed, "noise-air", part, class). */
#include <math.h>

#include "base/memory.h"
#include "data/noise_models.h"

enum { CLASSES = 10, CAT = 3, DOG = 5, HORSE = 7, SHIP = 8, TRUCK = 9 };
static const double diagonal = 0.6;
static const struct {
  int row, column;
  double share;
} known[] = { { CAT, DOG, 0.192 }, { HORSE, TRUCK, 0.169 }, { SHIP, DOG, 0.169 } };

static void make_row(int row, double share[CLASSES])
{
  double rest = (1 - diagonal) / (CLASSES - 1);
  int column = row;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].row == row) {
      column = known[i].column;
      rest = (1 - diagonal - known[i].share) / (CLASSES - 2);
      share[column] = known[i].share;
    }
  for (int k = 0; k < CLASSES; k++)
    if (k != column && k != row)
      share[k] = rest;
  share[row] = diagonal;
}

/* Whole numbers of sum n, nearest to n times the shares. */
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

int ho_noise_air(const struct ho_noise *noise, const struct ho_noise_input *in, uint16_t *given, struct ho_error *err)
{
  const uint16_t *label = in->data->train.label;
  if (ho_noise_needs_dataset(noise, in, "cifar10", err))
    return -1;
  size_t *member = ho_alloc(in->n, sizeof *member, "label noise", err);
  int *order = ho_alloc(in->n, sizeof *order, "label noise", err);
  for (int c = 0; c < CLASSES && member && order; c++) {
    double share[CLASSES];
    int n = 0, count[CLASSES], at = 0;
    for (size_t i = 0; i < in->n; i++)
      if (label[in->id[i]] == c)
        member[n++] = i;
    make_row(c, share);
    round_row(share, n, count);
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

double ho_noise_air_flips(const struct ho_noise *noise, int classes, int class)
{
  (void)noise;
  (void)classes;
  (void)class;
  return 1 - diagonal;
}
