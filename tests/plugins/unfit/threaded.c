/* SPDX-License-Identifier: MIT
 * threaded.c - its results depend on the thread: fails threads. */
#include <holdout/optimizer.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct threaded {
  pthread_t main;
  atomic_int others; /* tensors that another thread has updated */
};

static int open(void *self, const struct ho_host *h)
{
  struct threaded *o = self;
  (void)h;
  o->main = pthread_self();
  return 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  struct threaded *o = self;
  int is_main = pthread_equal(o->main, pthread_self());
  float rate = (float)h->lr * (is_main ? 1 : 0.5f);
  (void)slot;
  o->others += !is_main;
  for (int i = 0; i < 300 && is_main && t->offset + h->step == 0 && !o->others;
       i++) /* theirs is the rest, if there are any */
    usleep(1000);
  for (size_t k = 0; k < t->size; k++)
    theta[k] -= rate * dir[k];
  return 0;
}

HO_PLUGIN(struct threaded, .name = "threaded", .summary = "asks which thread it is", .open = open, .update = update);
