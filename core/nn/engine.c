/* SPDX-License-Identifier: MIT
 * engine.c - calls through the table of an engine's functions; see engine.h. */
#include "nn/engine.h"

#include <assert.h>
#include <stdio.h>

struct ho_device ho_cpu = { &ho_engine_cpu, "cpu" };

void ho_device_close(struct ho_device *d)
{
  if (d && d->kind->close)
    d->kind->close(d);
}

void ho_device_describe(const struct ho_device *d, char *text, size_t size)
{
  if (d->kind->describe)
    d->kind->describe(d, text, size);
  else
    snprintf(text, size, "%s", d->name);
}

size_t ho_engine_bytes(struct ho_device *d, const struct ho_net *net, int groups, int images, int backward)
{
  return d->kind->bytes(d, net, groups, images, backward);
}

struct ho_engine *ho_engine_new(struct ho_device *d, const struct ho_net *net, int groups, int images, int backward,
                                struct ho_error *err)
{
  assert(groups >= 1 && images >= groups);
  struct ho_engine *e = d->kind->create(d, net, groups, images, backward, err);
  if (e)
    *e = (struct ho_engine){ .device = d, .net = net };
  return e;
}

void ho_engine_free(struct ho_engine *e)
{
  if (e)
    e->device->kind->free(e);
}

int ho_engine_forward(struct ho_engine *e, const struct ho_forward *f, struct ho_error *err)
{
  assert(f->groups >= 1 && f->size >= 1);
  e->groups = f->groups;
  e->size = f->size;
  return e->device->kind->forward(e, f, err);
}

int ho_engine_outputs(struct ho_engine *e, float *logits, float *features, struct ho_error *err)
{
  assert(e->groups);
  return e->device->kind->outputs(e, logits, features, err);
}

int ho_engine_backward(struct ho_engine *e, const float *dlogits, float *rows, size_t ld, struct ho_error *err)
{
  assert(e->groups);
  return e->device->kind->backward(e, dlogits, rows, ld, err);
}

void ho_engine_clock(struct ho_engine *e, double *seconds)
{
  e->device->kind->clock(e, seconds);
}
