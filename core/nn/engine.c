/* SPDX-License-Identifier: MIT
 * engine.c - calls through the table of an engine's functions; see engine.h. */
#include "nn/engine.h"

#include <assert.h>

size_t ho_engine_bytes(const struct ho_engine_kind *kind, const struct ho_net *net, int groups, int images,
                       int backward)
{
  return kind->bytes(net, groups, images, backward);
}

struct ho_engine *ho_engine_new(const struct ho_engine_kind *kind, const struct ho_net *net, int groups, int images,
                                int backward, struct ho_error *err)
{
  assert(groups >= 1 && images >= groups);
  struct ho_engine *e = kind->create(net, groups, images, backward, err);
  if (e)
    *e = (struct ho_engine){ .kind = kind, .net = net };
  return e;
}

void ho_engine_free(struct ho_engine *e)
{
  if (e)
    e->kind->free(e);
}

int ho_engine_forward(struct ho_engine *e, const struct ho_forward *f, struct ho_error *err)
{
  assert(f->groups >= 1 && f->size >= 1);
  e->groups = f->groups;
  e->size = f->size;
  return e->kind->forward(e, f, err);
}

int ho_engine_outputs(struct ho_engine *e, float *logits, float *features, struct ho_error *err)
{
  assert(e->groups);
  return e->kind->outputs(e, logits, features, err);
}

int ho_engine_backward(struct ho_engine *e, const float *dlogits, float *rows, size_t ld, struct ho_error *err)
{
  assert(e->groups);
  return e->kind->backward(e, dlogits, rows, ld, err);
}

void ho_engine_clock(struct ho_engine *e, double *seconds)
{
  e->kind->clock(e, seconds);
}
