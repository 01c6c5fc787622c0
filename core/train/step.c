/* SPDX-License-Identifier: MIT
 * step.c - one step, from the mini-batches that a direction hook draws to the parameters; see step.h. */
#include "train/step.h"

#include "train/host.h"
#include "train/norm.h"

void ho_step_begin(struct ho_trainer *t)
{
  struct ho_step *s = &t->step;
  ho_arena_reset(s->arena);
  s->drawn = NULL;
  s->end = &s->drawn;
  s->ndrawn = 0;
  s->decay_factor = 1;
  s->skip = 0;
  t->budget.step = 0;
  t->changes.n = 0; /* those of a step that failed */
  ho_residence_begin(t->network.residence);
  ho_source_begin(&t->source);
}

/* Adds to each sample the weight of its mini-batch, relative to plain SGD's 1.  Once a plugin reports weights,
 * mini-batches without one (those used only for validation) do not count. */
static void note_weights(struct ho_trainer *t)
{
  int reported = 0;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    reported += d->reported;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    if (d->seen && (d->reported || !reported))
      for (int i = 0; i < d->pub.size; i++) {
        double own = d->given ? d->given[i] * (double)d->pub.size : d->weighed ? (double)d->w[i] * d->pub.size : 1;
        uint32_t id = d->pub.id[i];
        if (id >= t->source.samples)
          continue;
        t->weights.sum[id] += reported ? own * d->weight * reported : own;
        t->weights.count[id]++;
      }
}

/* The tensors of network k, as the update hook gets them; NULL after ho_call_fail. */
static struct ho_update *updates(struct ho_trainer *t, int k)
{
  const struct ho_network *w = &t->network;
  struct ho_update *u = ho_host_scratch(&t->host, (size_t)w->tensors * sizeof *u);
  for (int i = 0; u && i < w->tensors; i++) {
    size_t offset = w->tensor[i].offset;
    u[i] = (struct ho_update){ w->tensor[i], w->theta[k] + offset, w->dir[k] + offset, { NULL } };
    u[i].tensor.decay *= t->step.decay_factor;
    for (int s = 0; s < w->slots; s++)
      u[i].slot[s] = w->slot[k][s] + offset;
  }
  return u;
}

int ho_trainer_settle(struct ho_trainer *t, struct ho_error *err)
{
  ho_call_begin(&t->caller, err);
  return ho_norm_settle(t);
}

static int update_network(struct ho_trainer *t, int k)
{
  const struct ho_update *u = updates(t, k);
  if (!u || ho_norm_check(t, k) || ho_call_update(&t->caller, t->chain.update, u, t->network.tensors))
    return -1;
  return ho_host_flush(t);
}

int ho_trainer_step(struct ho_trainer *t, struct ho_error *err)
{
  ho_call_begin(&t->caller, err);
  ho_step_begin(t);
  t->host.lr = ho_schedule_lr(&t->schedule, t->host.step);
  if (ho_call_direction(&t->caller, t->chain.direction, t->network.dir))
    return -1;
  for (int k = 0; k < t->host.nets && !t->step.skip; k++)
    if (update_network(t, k))
      return -1;
  ho_residence_doubt(t->network.residence);
  note_weights(t);
  t->host.step++;
  return 0;
}

int ho_trainer_epoch(struct ho_trainer *t, int end, struct ho_error *err)
{
  if (ho_trainer_settle(t, err))
    return -1;
  t->host.lr = ho_schedule_lr(&t->schedule, end && t->host.step ? t->host.step - 1 : t->host.step);
  for (int l = 0; l < t->chain.n; l++) {
    ho_step_begin(t);
    if (ho_call_epoch(&t->caller, l, end))
      return -1;
    ho_residence_doubt(t->network.residence); /* the hook may have written theta */
  }
  return 0;
}
