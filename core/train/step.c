/* SPDX-License-Identifier: MIT
 * step.c - one step: the chain's direction hook pulls the gradients it needs, its update hook moves the parameters. */
#include <math.h>
#include <stdatomic.h>

#include "base/locale.h"
#include "compute/parallel.h"
#include "compute/vector.h"
#include "train/trainer.h"

void ho_trainer_begin(struct ho_trainer *t)
{
  ho_arena_reset(t->arena);
  t->drawn = NULL;
  t->drawn_end = &t->drawn;
  t->ndrawn = t->handed = 0;
  t->step_bytes = 0;
  t->step_label = NULL;
  t->step_labels = 0;
  t->decay_factor = 1;
  t->skip = t->passing = t->drawing = 0;
}

/* A hook may fail by its status, by fail() inside a service that cannot return one, or by saying nothing at all. */
static int failed(struct ho_trainer *t, int status, const char *hook)
{
  ho_locale_plain(); /* a hook may have taken another for its thread */
  if (status && !t->err->text[0])
    ho_host_fail(t, "its %s hook failed without a word", hook);
  return t->err->text[0] ? -1 : 0;
}

struct update {
  struct ho_trainer *t;
  const struct ho_link *link;
  int net;
  atomic_int failed; /* the first tensor, in their order, on which the hook failed */
};

/* Hooks run on several tensors at once: the message is not to depend on which of them is the faster. */
static void note_failure(struct update *u, int i)
{
  int first = atomic_load(&u->failed);
  while (i < first && !atomic_compare_exchange_weak(&u->failed, &first, i))
    continue;
}

static void update_tensor(int i, int worker, void *arg)
{
  struct update *u = arg;
  struct ho_trainer *t = u->t;
  struct ho_tensor tensor = t->tensor[i];
  float *slot[HO_SLOTS_MAX];
  (void)worker;
  tensor.decay *= t->decay_factor;
  for (int s = 0; s < t->chain.slots; s++)
    slot[s] = t->slot[u->net][s] + tensor.offset;
  if (u->link->plugin->hooks.update(u->link->self, &t->host, &tensor, t->theta[u->net] + tensor.offset,
                                    t->dir[u->net] + tensor.offset, slot))
    note_failure(u, i);
}

/* Per sample: the weight its mini-batch had, relative to plain SGD's 1.  Once a plugin reports weights, mini-batches
 * without one (those that only validate) do not count. */
static void note_weights(struct ho_trainer *t)
{
  int reported = 0;
  for (const struct ho_drawn *d = t->drawn; d; d = d->next)
    reported += d->reported;
  for (const struct ho_drawn *d = t->drawn; d; d = d->next)
    if (d->seen && (d->reported || !reported))
      for (int i = 0; i < d->pub.size; i++) {
        double own = d->given ? d->given[i] * (double)d->pub.size : d->weighed ? (double)d->w[i] * d->pub.size : 1;
        uint32_t id = d->pub.id[i];
        if (id >= t->samples)
          continue;
        t->weight_sum[id] += reported ? own * d->weight * reported : own;
        t->weight_count[id]++;
      }
}

/* The update hook on every tensor of every network, unless a plugin asked to skip it. */
static int update_networks(struct ho_trainer *t)
{
  const struct ho_link *update = &t->chain.link[t->chain.update];
  for (int k = 0; k < t->host.nets && !t->skip; k++) {
    double norm = sqrt(ho_vector_dot(t->host.parameters, t->dir[k], t->dir[k]));
    if (!isfinite(norm))
      return ho_host_fail(t,
                          "its direction at step %llu has the norm %g: training has diverged; a smaller --lr may help",
                          (unsigned long long)t->host.step, norm);
    ho_tally_add(&t->tally, "direction", norm, NULL);
    struct update u = { t, update, k, t->tensors };
    t->current = t->chain.update;
    t->phase = HO_UPDATE;
    ho_parallel(t->tensors, update_tensor, &u);
    t->phase = HO_STEP;
    if (atomic_load(&u.failed) < t->tensors)
      ho_host_fail(t, "its update hook failed on %s", t->tensor[atomic_load(&u.failed)].name);
    if (failed(t, 0, "update"))
      return -1;
    t->current = t->chain.direction;
  }
  return 0;
}

int ho_trainer_step(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_link *direction = &t->chain.link[t->chain.direction];
  t->err = err;
  err->text[0] = 0;
  ho_trainer_begin(t);
  t->host.lr = ho_schedule_lr(&t->schedule, t->host.step);
  t->current = t->chain.direction;
  t->phase = HO_STEP;
  int bad = failed(t, direction->plugin->hooks.direction(direction->self, &t->host, t->dir), "direction") ||
            update_networks(t);
  t->phase = HO_IDLE;
  if (bad)
    return -1;
  note_weights(t);
  t->host.step++;
  return 0;
}

int ho_trainer_epoch(struct ho_trainer *t, int end, struct ho_error *err)
{
  int bad = 0;
  t->err = err;
  err->text[0] = 0;
  t->host.lr = ho_schedule_lr(&t->schedule, end && t->host.step ? t->host.step - 1 : t->host.step);
  t->phase = HO_EPOCH;
  for (int l = 0; l < t->chain.n && !bad; l++) {
    const struct ho_link *link = &t->chain.link[l];
    ho_trainer_begin(t);
    t->current = l;
    bad = link->plugin->hooks.epoch && failed(t, link->plugin->hooks.epoch(link->self, &t->host, end), "epoch");
  }
  t->phase = HO_IDLE;
  return bad ? -1 : 0;
}
