/* SPDX-License-Identifier: MIT
 * parallel.c - a pool of threads that share out numbered tasks; see parallel.h.
 *
 * Why not OpenMP: its threads spin for milliseconds at every barrier, which costs a factor of ten as soon as something
 * else runs on the machine, and it cannot be used after a fork.  Here a waiting thread yields the processor at once
 * and sleeps after a moment, nothing waits for a worker that has not begun, and a forked child starts its own pool. */
#include "compute/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include "base/locale.h"
#include "base/machine.h"

enum { YIELDS = 100 };

struct job {
  int n, workers;
  void (*task)(int, int, void *);
  void *arg;
  atomic_int next;  /* the next task to be taken */
  atomic_int users; /* pool threads at work on this job */
};

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work, done;
  struct job *job;     /* the current one, or NULL; under lock */
  atomic_uint number;  /* of jobs so far; written under lock, polled without it */
  int threads, asleep; /* under lock */
  int refused;         /* errno of the last failure to start a thread, or 0; under lock */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };

static int workers = 1;
static _Thread_local int inside = -1; /* the worker number of a thread that runs a task */

static void take_tasks(struct job *job, int worker)
{
  int i;
  inside = worker;
  while ((i = atomic_fetch_add(&job->next, 1)) < job->n)
    job->task(i, worker, job->arg);
  inside = -1;
}

/* Waits until the number of jobs differs from `seen'; polls without the lock first.  Called and left with the lock
 * held. */
static void await_work(unsigned seen)
{
  pthread_mutex_unlock(&pool.lock);
  for (int i = 0; i < YIELDS && atomic_load(&pool.number) == seen; i++)
    sched_yield();
  pthread_mutex_lock(&pool.lock);
  pool.asleep++;
  while (atomic_load(&pool.number) == seen)
    pthread_cond_wait(&pool.work, &pool.lock);
  pool.asleep--;
}

static void *serve(void *arg)
{
  int worker = (int)(intptr_t)arg;
  unsigned seen = 0;
  ho_locale_plain();
  pthread_mutex_lock(&pool.lock);
  for (;;) {
    struct job *job = pool.job;
    if (atomic_load(&pool.number) == seen || !job) {
      await_work(seen);
      seen = pool.job ? seen : atomic_load(&pool.number);
      continue;
    }
    seen = atomic_load(&pool.number);
    if (worker >= job->workers)
      continue;
    atomic_fetch_add(&job->users, 1);
    pthread_mutex_unlock(&pool.lock);
    take_tasks(job, worker);
    pthread_mutex_lock(&pool.lock);
    if (atomic_fetch_sub(&job->users, 1) == 1)
      pthread_cond_signal(&pool.done);
  }
  return NULL;
}

/* After fork, the child does not have its parent's threads. */
static void forget_threads(void)
{
  pthread_mutex_init(&pool.lock, NULL);
  pthread_cond_init(&pool.work, NULL);
  pthread_cond_init(&pool.done, NULL);
  pool.job = NULL;
  pool.threads = pool.asleep = pool.refused = 0;
  atomic_store(&pool.number, 0);
}

/* Starts threads 1 .. workers-1, or as many as the system allows: fewer threads do the same work.  Called with the lock
 * held. */
static void start_threads(void)
{
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  while (pool.threads < workers - 1) {
    pthread_t thread;
    pool.refused = pthread_create(&thread, &detached, serve, (void *)(intptr_t)(pool.threads + 1));
    if (pool.refused)
      break;
    pool.threads++;
  }
  pthread_attr_destroy(&detached);
}

void ho_parallel_setup(int threads)
{
  static int once;
  if (!once)
    pthread_atfork(NULL, NULL, forget_threads);
  once = 1;
  workers = threads > 0 ? threads : ho_machine_processors("");
}

int ho_parallel_workers(void)
{
  return workers;
}

int ho_parallel_missing(int *why)
{
  pthread_mutex_lock(&pool.lock);
  *why = pool.refused;
  int missing = *why && pool.threads < workers - 1 ? workers - 1 - pool.threads : 0;
  pthread_mutex_unlock(&pool.lock);
  return missing;
}

void ho_parallel(int n, void (*task)(int i, int worker, void *arg), void *arg)
{
  if (workers == 1 || n <= 1 || inside >= 0) { /* a task's own ho_parallel runs within its worker */
    for (int i = 0; i < n; i++)
      task(i, inside < 0 ? 0 : inside, arg);
    return;
  }
  struct job job = { .n = n, .workers = workers, .task = task, .arg = arg };
  pthread_mutex_lock(&pool.lock);
  start_threads();
  pool.job = &job;
  atomic_fetch_add(&pool.number, 1);
  if (pool.asleep)
    pthread_cond_broadcast(&pool.work);
  pthread_mutex_unlock(&pool.lock);

  take_tasks(&job, 0);

  pthread_mutex_lock(&pool.lock);
  pool.job = NULL; /* no thread joins from now on */
  pthread_mutex_unlock(&pool.lock);
  for (int i = 0; i < YIELDS && atomic_load(&job.users); i++)
    sched_yield();
  pthread_mutex_lock(&pool.lock);
  while (atomic_load(&job.users))
    pthread_cond_wait(&pool.done, &pool.lock);
  pthread_mutex_unlock(&pool.lock);
}
