/* SPDX-License-Identifier: MIT
 * parallel.c - tasks on OpenMP threads; see parallel.h. */
#include "base/parallel.h"

#include <cblas.h>
#include <omp.h>

static int workers = 1;

void ho_parallel_setup(int threads)
{
  openblas_set_num_threads(1);
  workers = threads > 0 ? threads : omp_get_num_procs();
}

int ho_parallel_workers(void)
{
  return workers;
}

void ho_parallel(int n, void (*task)(int i, int worker, void *arg), void *arg)
{
  if (workers == 1 || n == 1) {
    for (int i = 0; i < n; i++)
      task(i, 0, arg);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(workers)
  for (int i = 0; i < n; i++)
    task(i, omp_get_thread_num(), arg);
}
