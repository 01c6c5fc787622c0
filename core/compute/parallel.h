/* SPDX-License-Identifier: MIT
 * parallel.h - the one place where work meets threads.
 *
 * Work is cut into tasks by its own size, never by the number of threads, and no task's result may depend on which
 * worker runs it or in what order: so results have the same bits for any number of threads. */
#ifndef HO_PARALLEL_H
#define HO_PARALLEL_H

/* First call of every program: `threads' workers run tasks (0: as many as this process may use processors, see
 * machine.h). */
void ho_parallel_setup(int threads);
int ho_parallel_workers(void);
/* Of these, those that the system refused to start, and why (errno); 0: none, or none was needed yet. */
int ho_parallel_missing(int *why);

/* Runs task(i, worker, arg) for every i in [0, n); worker in [0, ho_parallel_workers()) picks private workspace. */
void ho_parallel(int n, void (*task)(int i, int worker, void *arg), void *arg);

#endif
