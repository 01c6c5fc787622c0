/* SPDX-License-Identifier: MIT
 * portion.c - whether there is time for another step; see portion.h. */
#include "run/portion.h"

#include <math.h>

void ho_portion_start(struct ho_portion *p, double now, double limit)
{
  *p = (struct ho_portion){ .end = limit > 0 ? now + limit : INFINITY };
}

int ho_portion_limited(const struct ho_portion *p)
{
  return isfinite(p->end);
}

void ho_portion_note(struct ho_portion *p, enum ho_portion_part part, double seconds)
{
  int replaces = part == HO_PORTION_STEP ? p->seen[part] < 2 : !p->seen[part];
  if (replaces || seconds > p->seconds[part])
    p->seconds[part] = seconds;
  p->seen[part]++;
}

void ho_portion_expect(struct ho_portion *p, enum ho_portion_part part, double seconds)
{
  if (!p->seen[part])
    p->seconds[part] = seconds;
}

int ho_portion_fits(const struct ho_portion *p, double now, int begins, int ends)
{
  double needed = p->seconds[HO_PORTION_STEP] + p->seconds[HO_PORTION_CHECKPOINT];
  if (begins)
    needed += p->seconds[HO_PORTION_EPOCH_BEGIN];
  if (ends)
    needed += p->seconds[HO_PORTION_EPOCH_END];
  return now + needed < p->end;
}
