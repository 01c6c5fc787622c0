/* SPDX-License-Identifier: MIT
 * norm.c - the norm of a direction; see norm.h. */
#include "train/norm.h"

#include <math.h>

#include "compute/vector.h"

static int judge(struct ho_trainer *t, uint64_t step, double norm)
{
  if (!isfinite(norm))
    return ho_call_fail_for(
        &t->caller, t->chain.direction, HO_ERROR_DIVERGED,
        "its direction at step %llu has the norm %g: training has diverged; a smaller --lr may help",
        (unsigned long long)step, norm);
  ho_tally_add(&t->tally, "direction", norm, NULL);
  return 0;
}

int ho_norm_settle(struct ho_trainer *t)
{
  struct ho_norms *m = &t->norms;
  const struct ho_residence *r = t->network.residence;
  unsigned asked = m->asked;
  struct ho_error why;
  m->asked = 0;
  if (asked && r->vectors->wait(r->device, &why))
    return ho_call_fail_as(&t->caller, &why);
  for (int k = 0; k < t->host.nets; k++)
    if (asked >> k & 1 && judge(t, m->step, sqrt(m->square[k])))
      return -1;
  return 0;
}

void ho_norm_drop(struct ho_trainer *t)
{
  const struct ho_residence *r = t->network.residence;
  if (t->norms.asked)
    r->vectors->wait(r->device, NULL);
  t->norms.asked = 0;
}

int ho_norm_check(struct ho_trainer *t, int k)
{
  struct ho_residence *r = t->network.residence;
  size_t P = t->host.parameters;
  const float *dir = t->network.dir[k];
  struct ho_error why;
  if (!ho_residence_away(r, dir, P))
    return judge(t, t->host.step, sqrt(ho_vector_dot(P, dir, dir)));
  if (t->norms.step != t->host.step && ho_norm_settle(t))
    return -1;
  const float *there = ho_residence_read(r, dir, P, &why);
  if (!there || r->vectors->dots(r->device, P, there, 1, there, P, NULL, &t->norms.square[k], &why))
    return ho_call_fail_as(&t->caller, &why);
  t->norms.asked |= 1u << k;
  t->norms.step = t->host.step;
  return 0;
}
