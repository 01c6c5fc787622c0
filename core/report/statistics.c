/* SPDX-License-Identifier: MIT
 * statistics.c - mean, standard deviation and standard error; see statistics.h. */
#include "report/statistics.h"

#include <math.h>

struct ho_mean ho_mean_of(const double *x, int n)
{
  struct ho_mean m = { n, NAN, NAN, NAN };
  double mean = 0, squares = 0;
  for (int i = 0; i < n; i++)
    mean += x[i] / n;
  if (n > 0)
    m.mean = mean;
  for (int i = 0; i < n; i++)
    squares += (x[i] - m.mean) * (x[i] - m.mean);
  if (n > 1) {
    m.deviation = sqrt(squares / (n - 1));
    if (m.deviation < 1e-9) /* runs write nine digits: less is rounding, not spread */
      m.deviation = 0;
    m.error = m.deviation / sqrt(n);
  }
  return m;
}
