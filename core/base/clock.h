/* SPDX-License-Identifier: MIT
 * clock.h - elapsed time. */
#ifndef HO_CLOCK_H
#define HO_CLOCK_H

#include <time.h>

/* Seconds since an arbitrary fixed moment, from the monotonic clock. */
static inline double ho_clock_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#endif
