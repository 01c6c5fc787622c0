/* SPDX-License-Identifier: MIT
 * residence.c - the table of arrays and their twins; see residence.h. */
#include "train/residence.h"

#include <stdint.h>
#include <stdlib.h>

void ho_residence_make(struct ho_residence *r, struct ho_device *device)
{
  *r = (struct ho_residence){ .device = device, .vectors = device->kind->vectors };
}

void ho_residence_free(struct ho_residence *r)
{
  for (int i = 0; i < r->twins; i++)
    r->vectors->put(r->device, r->twin[i].device);
  free(r->twin);
  r->twin = NULL;
  r->twins = r->room = 0;
}

/* ---- the table ---- */

static void drop(struct ho_residence *r, int i)
{
  r->vectors->put(r->device, r->twin[i].device);
  r->twin[i] = r->twin[--r->twins];
}

/* Is it only kept for its memory? */
static int idle(const struct ho_twin *e)
{
  return e->stay != HO_KEPT && !e->live;
}

/* The part of [p, p + n) that is in e: its first index, and its floats. */
static size_t shared(const struct ho_twin *e, const float *p, size_t n, size_t *first)
{
  uintptr_t own = (uintptr_t)e->host, asked = (uintptr_t)p;
  uintptr_t from = own > asked ? own : asked, end = own + e->n * sizeof *p;
  if (asked + n * sizeof *p < end)
    end = asked + n * sizeof *p;
  *first = from < end ? (from - own) / sizeof *p : 0;
  return from < end ? (end - from) / sizeof *p : 0;
}

/* The live array that has all of [p, p + n), of which *first is the index of p; NULL: none. */
static struct ho_twin *find(const struct ho_residence *r, const float *p, size_t n, size_t *first)
{
  for (int i = 0; i < r->twins; i++)
    if (!idle(&r->twin[i]) && n > 0 && shared(&r->twin[i], p, n, first) == n)
      return &r->twin[i];
  return NULL;
}

/* Makes a live entry of this kind.  The memory of an idle one at the same place is used again; others that are in the
 * way, idle ones and guests, are dropped. */
static struct ho_twin *enter(struct ho_residence *r, enum ho_stay stay, float *host, size_t n, struct ho_error *err)
{
  float *memory = NULL;
  for (int i = r->twins - 1; i >= 0; i--) {
    struct ho_twin *e = &r->twin[i];
    size_t first;
    if ((!idle(e) && e->stay != HO_GUEST) || !shared(e, host, n, &first))
      continue;
    if (e->host == host && e->n == n && !memory) {
      memory = e->device;
      e->device = NULL;
    }
    drop(r, i);
  }
  if (r->twins == r->room) {
    int room = r->room ? 2 * r->room : 16;
    struct ho_twin *longer = realloc(r->twin, (size_t)room * sizeof *longer);
    if (!longer) {
      r->vectors->put(r->device, memory);
      ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %d arrays", room);
      return NULL;
    }
    r->twin = longer;
    r->room = room;
  }
  r->twin[r->twins] =
      (struct ho_twin){ .stay = stay, .host = host, .n = n, .own = n, .device = memory, .host_true = 1, .live = 1 };
  return &r->twin[r->twins++];
}

int ho_residence_keep(struct ho_residence *r, float *host, size_t n, size_t own, struct ho_error *err)
{
  struct ho_twin *e = r->vectors ? enter(r, HO_KEPT, host, n, err) : NULL;
  if (e)
    e->own = own;
  return r->vectors && !e ? -1 : 0;
}

int ho_residence_lend(struct ho_residence *r, void *host, size_t bytes, struct ho_error *err)
{
  size_t n = bytes / sizeof(float);
  if (!r->vectors || r->at_home || !r->least || n < r->least)
    return 0;
  return enter(r, HO_LENT, host, n, err) ? 0 : -1;
}

void ho_residence_begin(struct ho_residence *r)
{
  int used = 0;
  for (int i = 0; i < r->twins; i++)
    used += r->twin[i].stay != HO_KEPT && r->twin[i].live && r->twin[i].device;
  for (int i = r->twins - 1; i >= 0; i--) {
    struct ho_twin *e = &r->twin[i];
    if (e->stay == HO_KEPT)
      continue;
    if (!e->device || (used && !e->live))
      drop(r, i);
    else
      e->live = 0;
  }
}

void ho_residence_doubt(struct ho_residence *r)
{
  for (int i = 0; i < r->twins && r->at_home; i++)
    r->twin[i].device_true = 0;
}

/* Memory for the twin.  Where there is none left, idle ones give back theirs; e may have moved then. */
static struct ho_twin *place(struct ho_residence *r, struct ho_twin *e, struct ho_error *err)
{
  float *host = e->host;
  size_t first, n = e->n;
  if (e->device || (e->device = r->vectors->get(r->device, n, NULL)))
    return e;
  for (int i = r->twins - 1; i >= 0; i--)
    if (idle(&r->twin[i]))
      drop(r, i);
  e = find(r, host, n, &first);
  e->device = r->vectors->get(r->device, n, err);
  return e->device ? e : NULL;
}

/* ---- copies ---- */

static int up(struct ho_residence *r, const struct ho_twin *e, size_t first, size_t n, struct ho_error *err)
{
  return r->vectors->up(r->device, e->device + first, e->host + first, n, err);
}

static int down(struct ho_residence *r, const struct ho_twin *e, size_t first, size_t n, struct ho_error *err)
{
  return r->vectors->down(r->device, e->host + first, e->device + first, n, err);
}

/* ---- the device's side ---- */

int ho_residence_away(const struct ho_residence *r, const float *p, size_t n)
{
  size_t first;
  const struct ho_twin *e = r->vectors && !r->at_home ? find(r, p, n, &first) : NULL;
  return e && e->stay != HO_GUEST;
}

static struct ho_twin *obtain(struct ho_residence *r, float *p, size_t n, size_t *first, struct ho_error *err)
{
  struct ho_twin *e = find(r, p, n, first);
  if (!e) {
    *first = 0;
    e = enter(r, HO_GUEST, p, n, err);
  }
  return e ? place(r, e, err) : NULL;
}

const float *ho_residence_read(struct ho_residence *r, const float *p, size_t n, struct ho_error *err)
{
  size_t first;
  if (!r->vectors)
    return p;
  struct ho_twin *e = obtain(r, (float *)p, n, &first, err);
  if (!e)
    return NULL;
  if (e->stay == HO_GUEST) {
    if (ho_residence_pull(r, p, n, err) || up(r, e, first, n, err))
      return NULL;
  } else if (!e->device_true) {
    if (up(r, e, 0, e->n, err))
      return NULL;
    e->device_true = 1;
  } else if (first + n > e->own && up(r, e, e->own, e->n - e->own, err))
    return NULL;
  return e->device + first;
}

float *ho_residence_write(struct ho_residence *r, float *p, size_t n, struct ho_error *err)
{
  size_t first;
  if (!r->vectors)
    return p;
  struct ho_twin *e = obtain(r, p, n, &first, err);
  if (!e)
    return NULL;
  if (e->stay != HO_GUEST && !r->at_home && !e->device_true && n < e->n) {
    if (up(r, e, 0, e->n, err))
      return NULL;
    e->device_true = 1;
  }
  return e->device + first;
}

int ho_residence_written(struct ho_residence *r, float *p, size_t n, struct ho_error *err)
{
  size_t first;
  struct ho_twin *e = r->vectors ? find(r, p, n, &first) : NULL;
  if (!e)
    return 0;
  if (e->stay == HO_GUEST || r->at_home) {
    e->device_true = 0;
    return down(r, e, first, n, err) || (e->stay == HO_GUEST && ho_residence_push(r, p, n, err)) ? -1 : 0;
  }
  e->device_true = 1;
  e->host_true = 0;
  if (r->vectors->stale)
    r->vectors->stale(r->device, p, n);
  return first + n > e->own ? down(r, e, e->own, e->n - e->own, err) : 0;
}

/* ---- the host's side ---- */

int ho_residence_pull(struct ho_residence *r, const float *p, size_t n, struct ho_error *err)
{
  for (int i = 0; i < r->twins; i++) {
    struct ho_twin *e = &r->twin[i];
    size_t first, size = e->host_true || idle(e) ? 0 : shared(e, p, n, &first);
    if (size && first + size > e->own) /* plugins' own parameters are true here, and perhaps newer */
      size = first < e->own ? e->own - first : 0;
    if (!size)
      continue;
    if (down(r, e, first, size, err))
      return -1;
    e->host_true = size == e->own;
  }
  return 0;
}

int ho_residence_push(struct ho_residence *r, const float *p, size_t n, struct ho_error *err)
{
  for (int i = 0; i < r->twins; i++) {
    struct ho_twin *e = &r->twin[i];
    size_t first, size = e->stay == HO_GUEST || idle(e) ? 0 : shared(e, p, n, &first);
    if (!size)
      continue;
    if (size == e->n)
      e->host_true = 1;
    if (e->host_true)
      e->device_true = 0;
    else if (up(r, e, first, size, err))
      return -1;
  }
  return 0;
}
