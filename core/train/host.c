/* SPDX-License-Identifier: MIT
 * host.c - the table of services, and the small ones among them; see host.h. */
#include "train/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "base/range.h"

static int fail(const struct ho_host *h, const char *format, ...)
{
  struct ho_trainer *t = h->host;
  va_list args;
  va_start(args, format);
  ho_call_fail_list(&t->caller, format, args);
  va_end(args);
  return -1;
}

static struct ho_stream stream(const struct ho_host *h, const char *purpose, uint64_t a, uint64_t b)
{
  struct ho_trainer *t = h->host;
  char own[192]; /* a purpose belongs to its plugin */
  if (snprintf(own, sizeof own, "plugin/%s/%s", ho_call_name(&t->caller), purpose) >= (int)sizeof own)
    ho_call_fail(&t->caller, "`%.40s...' is too long for the purpose of a stream", purpose);
  return ho_stream_make(t->source.seed, own, a, b);
}

/* Update hooks run in parallel, so they must not call services that change shared state. */
static int barred(struct ho_trainer *t, const char *service)
{
  return t->caller.phase == HO_UPDATE ? ho_call_fail(&t->caller, "%s must not be called in update", service) : 0;
}

static void set_decay(const struct ho_host *h, double factor)
{
  struct ho_trainer *t = h->host;
  if (!barred(t, "decay"))
    t->step.decay_factor *= factor;
}

static void skip(const struct ho_host *h)
{
  struct ho_trainer *t = h->host;
  if (!barred(t, "skip"))
    t->step.skip = 1;
}

static void set_weight(const struct ho_host *h, const struct ho_minibatch *mb, double w)
{
  struct ho_trainer *t = h->host;
  struct ho_drawn *d = (struct ho_drawn *)mb; /* a plugin's mini-batch is the first member of one */
  if (barred(t, "weight"))
    return;
  d->reported = 1;
  d->weight = w;
  ho_tally_add(&t->tally, "weight", w, NULL);
}

static void log_value(const struct ho_host *h, const char *name, double value)
{
  struct ho_trainer *t = h->host;
  char own[192];
  struct ho_error why;
  if (barred(t, "log"))
    return;
  snprintf(own, sizeof own, "%s.%s", ho_call_name(&t->caller),
           name); /* what is cut here is also too long for the tally */
  if (t->tally.n >= HO_TALLY_MAX - HO_TALLY_OWN && !ho_tally_find(&t->tally, own))
    ho_call_fail(&t->caller, "more than %d names are logged; the last was `%s'", HO_TALLY_MAX - HO_TALLY_OWN, own);
  else if (ho_tally_add(&t->tally, own, value, &why))
    ho_call_fail_as(&t->caller, &why);
}

void *ho_host_scratch(const struct ho_host *h, size_t bytes)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  if (barred(t, "scratch"))
    return NULL;
  if (!ho_budget_has(&t->budget, bytes)) {
    ho_call_fail_for(&t->caller, t->caller.current, HO_ERROR_MEMORY,
                     "a step needs %zu bytes in addition to %zu, but the memory limit is %s; use fewer or smaller "
                     "mini-batches, or a larger --memory-limit",
                     bytes, t->budget.fixed + t->budget.step, t->budget.text);
    return NULL;
  }
  void *memory = ho_arena_get(t->step.arena, bytes, 1, &why);
  t->budget.step += bytes;
  if (memory && !ho_residence_lend(t->network.residence, memory, bytes, &why))
    return memory;
  ho_call_fail_as(&t->caller, &why);
  return NULL;
}

static size_t dtype_bytes(const char *dtype)
{
  static const struct {
    char name[4];
    size_t bytes;
  } types[] = {
    { "F32", 4 }, { "F64", 8 }, { "U8", 1 },  { "I8", 1 },  { "U16", 2 },
    { "I16", 2 }, { "U32", 4 }, { "I32", 4 }, { "U64", 8 }, { "I64", 8 },
  };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strcmp(types[i].name, dtype))
      return types[i].bytes;
  return 0;
}

/* A name registered by the current plugin, checked; NULL after fail(). */
static const char *own_name(struct ho_trainer *t, const char *kind, const char *name, char own[128])
{
  if (t->caller.phase != HO_OPEN) {
    ho_call_fail(&t->caller, "%s `%s' is registered outside open", kind, name);
    return NULL;
  }
  /* a checkpoint puts up to 16 bytes before it */
  if (!ho_name_good(name) || snprintf(own, 128, "%s/%s", ho_call_name(&t->caller), name) >= 128 - 16) {
    ho_call_fail(&t->caller, "`%.80s' is not a name for a %s: use letters, digits, - and _, and not too many", name,
                 kind);
    return NULL;
  }
  for (int i = 0; i < t->states; i++)
    if (!strcmp(t->state[i].name, own)) {
      ho_call_fail(&t->caller, "state `%s' is registered twice", name);
      return NULL;
    }
  for (int i = 0; i < t->network.tensors; i++)
    if (!strcmp(t->network.tensor[i].name, own)) {
      ho_call_fail(&t->caller, "parameter `%s' is registered twice", name);
      return NULL;
    }
  return own;
}

static void *state(const struct ho_host *h, const char *name, const char *dtype, size_t n)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  char own[128];
  size_t size = dtype_bytes(dtype);
  if (!own_name(t, "state", name, own))
    return NULL;
  if (!size) {
    ho_call_fail(&t->caller, "state `%s' has no known type: `%.20s'", name, dtype);
    return NULL;
  }
  void *data = ho_budget_alloc(&t->budget, n, size, own, &why);
  struct ho_state *longer = realloc(t->state, (size_t)(t->states + 1) * sizeof *longer);
  if (longer)
    t->state = longer;
  if (!data || !longer) {
    if (data)
      ho_error_set_as(&why, HO_ERROR_MEMORY, "out of memory");
    ho_call_fail_as(&t->caller, &why);
    ho_free(data);
    return NULL;
  }
  struct ho_state *s = &t->state[t->states++];
  *s = (struct ho_state){ .n = n, .bytes = n * size, .data = data };
  memcpy(s->name, own, sizeof s->name);
  snprintf(s->dtype, sizeof s->dtype, "%s", dtype);
  return data;
}

static int parameter(const struct ho_host *h, const char *name, size_t n, double rate, double decay, size_t *offset)
{
  struct ho_trainer *t = h->host;
  char own[128];
  if (!own_name(t, "parameter", name, own))
    return -1;
  if (t->caller.current != t->chain.own)
    return ho_call_fail(&t->caller, "parameter `%s' needs a hook `own' that computes its gradient", name);
  if (n == 0 || n > SIZE_MAX / 16 - t->host.parameters || !(rate >= 0) || !(decay >= 0))
    return ho_call_fail(&t->caller, "parameter `%s': size %zu, rate %g or decay %g is out of range", name, n, rate,
                        decay);
  int bad = ho_network_add(&t->network, own, n, rate, decay * t->settings->weight_decay, offset);
  t->host.parameters = t->network.parameters;
  t->host.tensor = t->network.tensor; /* it may have moved, also on failure */
  t->host.tensors = t->network.tensors;
  if (bad)
    return ho_call_fail_for(&t->caller, t->caller.current, HO_ERROR_MEMORY, "out of memory");
  return 0;
}

void ho_host_fill(struct ho_trainer *t)
{
  t->host = (struct ho_host){
    .abi = HO_ABI,
    .bytes = sizeof(struct ho_host),
    .host = t,
    .state = state,
    .parameter = parameter,
    .pool = ho_host_pool,
    .draw = ho_host_draw,
    .mix = ho_host_mix,
    .gradients = ho_host_gradients,
    .losses = ho_host_losses,
    .slopes = ho_host_slopes,
    .evaluate = ho_host_evaluate,
    .dot = ho_host_dot,
    .dots = ho_host_dots,
    .combine = ho_host_combine,
    .scratch = ho_host_scratch,
    .stream = stream,
    .uniform = ho_stream_uniform,
    .normal = ho_stream_normal,
    .gamma = ho_stream_gamma,
    .permute = ho_stream_permute,
    .decay = set_decay,
    .skip = skip,
    .weight = set_weight,
    .log = log_value,
    .fail = fail,
    .log_softmax = ho_host_log_softmax,
    .transition = ho_host_transition,
    .invert = ho_host_invert,
    .blend = ho_host_blend,
    .momentum = ho_host_momentum,
    .adam = ho_host_adam,
  };
}
