/* SPDX-License-Identifier: MIT
 * statistics.h - statistics of a few numbers, one for each seed.
 *
 * The only place where they are computed: `holdout show' prints them, and tables, figures and the paper read that. */
#ifndef HO_STATISTICS_H
#define HO_STATISTICS_H

/* Of x_1..x_n: the mean; the standard deviation sqrt(sum (x_i - mean)^2 / (n - 1)); the standard error of the mean,
 * deviation / sqrt(n).  NaN where n is too small or a number is NaN. */
struct ho_mean {
  int n;
  double mean, deviation, error;
};
struct ho_mean ho_mean_of(const double *x, int n);

#endif
