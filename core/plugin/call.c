/* SPDX-License-Identifier: MIT
 * call.c - calls hooks; see call.h. */
#include "plugin/call.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/locale.h"
#include "compute/parallel.h"

static const struct ho_caller *latest; /* whose hook was called last, if it still exists */
static int latest_link;

void ho_caller_make(struct ho_caller *c, const struct ho_chain *chain, const struct ho_host *host)
{
  *c = (struct ho_caller){ .chain = chain, .host = host };
  pthread_mutex_init(&c->lock, NULL);
}

void ho_caller_free(struct ho_caller *c)
{
  if (latest == c)
    latest = NULL;
  pthread_mutex_destroy(&c->lock);
}

void ho_call_begin(struct ho_caller *c, struct ho_error *err)
{
  c->err = err;
  ho_error_clear(err);
}

/* ---- messages ---- */

static const char *name_of(const struct ho_caller *c, int link)
{
  return c->chain->link[link].plugin->hooks.name;
}

static int fail(struct ho_caller *c, int link, enum ho_error_code code, const char *format, va_list args)
{
  char text[sizeof c->err->text];
  vsnprintf(text, sizeof text, format, args);
  pthread_mutex_lock(&c->lock);
  if (!ho_call_failed(c))
    ho_error_set_as(c->err, code, "optimizer %s: %s", name_of(c, link), text);
  pthread_mutex_unlock(&c->lock);
  return -1;
}

int ho_call_fail_list(struct ho_caller *c, const char *format, va_list args)
{
  return fail(c, c->current, HO_ERROR_FAILED, format, args);
}

int ho_call_fail(struct ho_caller *c, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  fail(c, c->current, HO_ERROR_FAILED, format, args);
  va_end(args);
  return -1;
}

int ho_call_fail_for(struct ho_caller *c, int link, enum ho_error_code code, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  fail(c, link, code, format, args);
  va_end(args);
  return -1;
}

int ho_call_fail_as(struct ho_caller *c, const struct ho_error *why)
{
  return ho_call_fail_for(c, c->current, why->code, "%s", why->text);
}

int ho_call_failed(const struct ho_caller *c)
{
  return ho_error_is_set(c->err);
}

const char *ho_call_name(const struct ho_caller *c)
{
  return name_of(c, c->current);
}

const char *ho_call_latest(void)
{
  if (ho_plugin_loading)
    return ho_plugin_loading;
  return latest ? name_of(latest, latest_link) : NULL;
}

/* ---- entering and leaving ---- */

/* What to restore when a hook returns. */
struct turn {
  int current;
  enum ho_phase phase;
  enum ho_inside inside;
};

static struct turn enter(struct ho_caller *c, int link, enum ho_phase phase, enum ho_inside inside)
{
  struct turn before = { c->current, c->phase, c->inside };
  c->current = link;
  c->phase = phase;
  c->inside = inside;
  latest = c;
  latest_link = link;
  return before;
}

static int leave(struct ho_caller *c, struct turn before, int status, const char *hook)
{
  ho_locale_plain(); /* a hook may have changed the locale of its thread */
  if (status && !ho_call_failed(c))
    ho_call_fail_for(c, c->current, HO_ERROR_SILENT, "its %s hook failed without a message", hook);
  c->current = before.current;
  c->phase = before.phase;
  c->inside = before.inside;
  return ho_call_failed(c) ? -1 : 0;
}

static const struct ho_optimizer *hooks_of(const struct ho_caller *c, int link)
{
  return &c->chain->link[link].plugin->hooks;
}

static void *self_of(const struct ho_caller *c, int link)
{
  return c->chain->link[link].self;
}

/* ---- the hooks ---- */

int ho_call_open(struct ho_caller *c, int link)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, HO_OPEN, HO_INSIDE_NOTHING);
  return leave(c, before, o->open ? o->open(self_of(c, link), c->host) : 0, "open");
}

void ho_call_close(struct ho_caller *c, int link)
{
  struct ho_error why; /* dropped: the run is over */
  const struct ho_optimizer *o = hooks_of(c, link);
  ho_call_begin(c, &why);
  struct turn before = enter(c, link, HO_IDLE, HO_INSIDE_NOTHING);
  if (o->close)
    o->close(self_of(c, link));
  leave(c, before, 0, "close");
}

int ho_call_epoch(struct ho_caller *c, int link, int end)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, HO_EPOCH, HO_INSIDE_NOTHING);
  return leave(c, before, o->epoch ? o->epoch(self_of(c, link), c->host, end) : 0, "epoch");
}

int ho_call_direction(struct ho_caller *c, int link, float *const *dir)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, HO_STEP, HO_INSIDE_NOTHING);
  return leave(c, before, o->direction ? o->direction(self_of(c, link), c->host, dir) : 0, "direction");
}

int ho_call_predict(struct ho_caller *c, int link, int n, const float *logits, const float *features, float *out)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, HO_IDLE, HO_INSIDE_NOTHING);
  int status = o->predict ? o->predict(self_of(c, link), c->host, n, logits, features, out) : 0;
  return leave(c, before, status, "predict");
}

int ho_call_input(struct ho_caller *c, int link, struct ho_minibatch *mb)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, c->phase, HO_INSIDE_DRAW);
  return leave(c, before, o->input ? o->input(self_of(c, link), c->host, mb) : 0, "input");
}

int ho_call_loss(struct ho_caller *c, int link, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, c->phase, HO_INSIDE_PASS);
  return leave(c, before, o->loss ? o->loss(self_of(c, link), c->host, mb, head) : 0, "loss");
}

int ho_call_own(struct ho_caller *c, int link, const struct ho_minibatch *mb, const struct ho_head *head,
                const float *w, float *row)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, c->phase, HO_INSIDE_PASS);
  return leave(c, before, o->own ? o->own(self_of(c, link), c->host, mb, head, w, row) : 0, "own");
}

int ho_call_weigh(struct ho_caller *c, int link, const struct ho_minibatch *mb, const float *loss, float *w)
{
  const struct ho_optimizer *o = hooks_of(c, link);
  struct turn before = enter(c, link, c->phase, HO_INSIDE_PASS);
  return leave(c, before, o->weigh ? o->weigh(self_of(c, link), c->host, mb, loss, w) : 0, "weigh");
}

/* ---- update, on several tensors at once ---- */

struct updates {
  struct ho_caller *c;
  int link;
  const struct ho_update *each;
  atomic_int failed; /* the first tensor, in their order, on which the hook failed */
};

/* The message must not depend on which thread is faster. */
static void note_failure(struct updates *u, int i)
{
  int first = atomic_load(&u->failed);
  while (i < first && !atomic_compare_exchange_weak(&u->failed, &first, i))
    continue;
}

static void update_one(int i, int worker, void *arg)
{
  struct updates *u = arg;
  const struct ho_update *e = &u->each[i];
  (void)worker;
  if (hooks_of(u->c, u->link)->update(self_of(u->c, u->link), u->c->host, &e->tensor, e->theta, e->dir, e->slot))
    note_failure(u, i);
}

int ho_call_update(struct ho_caller *c, int link, const struct ho_update *each, int n)
{
  struct updates u = { c, link, each, n };
  struct turn before = enter(c, link, HO_UPDATE, HO_INSIDE_NOTHING);
  if (hooks_of(c, link)->update && !c->in_turn)
    ho_parallel(n, update_one, &u);
  for (int i = 0; hooks_of(c, link)->update && c->in_turn && i < n; i++)
    update_one(i, 0, &u);
  if (atomic_load(&u.failed) < n)
    ho_call_fail(c, "its update hook failed on %s", each[atomic_load(&u.failed)].tensor.name);
  return leave(c, before, 0, "update");
}
