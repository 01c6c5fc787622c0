/* SPDX-License-Identifier: MIT
 * parallel.h - runs tasks on worker threads.
 *
 * Work is divided into tasks by its own size, never by the number of threads, and no task's result may depend on the
 * worker that runs it or on the order of tasks.  So results have the same bits for any number of threads. */
#ifndef HO_PARALLEL_H
#define HO_PARALLEL_H

/* Sets the number of workers; 0: ho_machine_processors().  Call it before anything else that runs tasks. */
void ho_parallel_setup(int threads);
int ho_parallel_workers(void);
/* How many of them the system refused to start, and why (an errno).  0: none, or none was needed yet. */
int ho_parallel_missing(int *why);

/* Runs task(i, worker, arg) for every i in [0, n); returns when all are
 * done.  worker in [0, ho_parallel_workers()) selects workspace that no other running task uses. */
void ho_parallel(int n, void (*task)(int i, int worker, void *arg), void *arg);

#endif
