/* SPDX-License-Identifier: MIT
 * store.c - tensors to a file and back by one visitor for both directions; see store.h. */
#include "run/store.h"

#include <stdio.h>
#include <string.h>

int ho_store_tensor(struct ho_store *s, const char *name, const char *dtype, int rank, const size_t *shape,
                    size_t bytes, void *data)
{
  if (!s->reading)
    return ho_tensor_file_add(s->file, name, dtype, rank, shape, data, s->err);
  const struct ho_tensor_entry *e = ho_tensor_file_find(s->file, name);
  if (!e)
    return ho_error_set(s->err, "%s: `%s' is missing", s->path, name);
  if (strcmp(e->dtype, dtype) || e->rank != rank || memcmp(e->shape, shape, (size_t)rank * sizeof *shape) ||
      e->bytes != bytes)
    return ho_error_set(s->err, "%s: `%s' has a type or shape that differs from this run's", s->path, name);
  memcpy(data, e->data, bytes);
  return 0;
}

int ho_store_flat(struct ho_store *s, const char *name, const char *dtype, size_t n, size_t size, void *data)
{
  return ho_store_tensor(s, name, dtype, 1, &n, n * size, data);
}

int ho_store_param(struct ho_store *s, const char *prefix, const struct ho_param *p, float *vector)
{
  char name[160];
  size_t shape[4];
  int rank = ho_param_file_shape(p, shape);
  float *copy = ho_arena_get(s->arena, p->size, sizeof *copy, s->err);
  snprintf(name, sizeof name, "%s%s", prefix, p->name);
  if (!copy)
    return -1;
  if (!s->reading)
    ho_param_to_file(p, vector, copy);
  if (ho_store_tensor(s, name, "F32", rank, shape, p->size * sizeof *copy, copy))
    return -1;
  if (s->reading)
    ho_param_from_file(p, copy, vector);
  return 0;
}

int ho_store_vector(struct ho_store *s, const char *prefix, const struct ho_trainer *t, float *vector)
{
  struct ho_residence *r = t->network.residence;
  size_t P = t->network.parameters;
  if (!s->reading && ho_residence_pull(r, vector, P, s->err))
    return -1;
  for (int i = 0; i < t->network.net->nparams; i++)
    if (ho_store_param(s, prefix, &t->network.net->param[i], vector))
      return -1;
  for (int i = t->network.net->nparams; i < t->network.tensors; i++) {
    const struct ho_tensor *own = &t->network.tensor[i];
    float *value = vector + own->offset,
          *copy = s->reading ? value : ho_arena_get(s->arena, own->size, sizeof *copy, s->err);
    char name[256];
    snprintf(name, sizeof name, "%s%s", prefix, own->name);
    if (!copy)
      return -1;
    if (!s->reading)
      memcpy(copy, value, own->size * sizeof *copy);
    if (ho_store_flat(s, name, "F32", own->size, sizeof *copy, copy))
      return -1;
  }
  return s->reading ? ho_residence_push(r, vector, P, s->err) : 0;
}

int ho_store_network(struct ho_store *s, const char *prefix, const struct ho_trainer *t, int k)
{
  const struct ho_network *w = &t->network;
  if (ho_store_vector(s, prefix, t, w->theta[k]))
    return -1;
  for (int i = 0; i < w->net->nstats; i++)
    if (ho_store_param(s, prefix, &w->net->stat[i], w->stats[k]))
      return -1;
  return 0;
}

/* One number; what is written must outlive this call. */
int ho_store_number(struct ho_store *s, const char *name, uint64_t *value)
{
  uint64_t *copy = ho_arena_get(s->arena, 1, sizeof *copy, s->err);
  if (!copy)
    return -1;
  *copy = *value;
  if (ho_store_flat(s, name, "U64", 1, sizeof *copy, copy))
    return -1;
  *value = *copy;
  return 0;
}

int ho_store_states(struct ho_store *s, struct ho_trainer *t)
{
  for (int i = 0; i < t->states; i++) {
    char name[160];
    struct ho_state *state = &t->state[i];
    snprintf(name, sizeof name, "state/%s", state->name);
    if (ho_store_flat(s, name, state->dtype, state->n, state->n ? state->bytes / state->n : 0, state->data))
      return -1;
  }
  return 0;
}

/* ---- sampling ---- */

static int write_pool(struct ho_store *s, const struct ho_trainer *t, int k)
{
  char name[64];
  size_t n = ho_sampler_cursors(t->source.pool[k].sampler);
  uint64_t *cursor = ho_arena_get(s->arena, n, sizeof *cursor, s->err);
  if (!cursor)
    return -1;
  ho_sampler_save(t->source.pool[k].sampler, cursor);
  snprintf(name, sizeof name, "pool/%d/id", k);
  if (ho_store_flat(s, name, "U32", t->source.pool[k].n, sizeof(uint32_t), t->source.pool[k].id))
    return -1;
  snprintf(name, sizeof name, "pool/%d/cursor", k);
  return ho_store_flat(s, name, "U64", n, sizeof *cursor, cursor);
}

/* The host's own pools never change, and plugins rely on their sizes. */
static int is_other(const struct ho_trainer *t, int k, const struct ho_tensor_entry *id)
{
  const struct ho_source_pool *own = &t->source.pool[k];
  return k <= HO_VALIDATION && (id->shape[0] != own->n || memcmp(id->data, own->id, own->n * sizeof *own->id) != 0);
}

/* A pool may not exist yet (made in an epoch hook) or hold other samples by now: it is made anew as it was saved. */
static int read_pool(struct ho_store *s, struct ho_trainer *t, int k)
{
  char name[64];
  snprintf(name, sizeof name, "pool/%d/id", k);
  const struct ho_tensor_entry *id = ho_tensor_file_find(s->file, name);
  snprintf(name, sizeof name, "pool/%d/cursor", k);
  const struct ho_tensor_entry *cursor = ho_tensor_file_find(s->file, name);
  if (!id || !cursor || strcmp(id->dtype, "U32") || strcmp(cursor->dtype, "U64") || id->rank != 1 ||
      cursor->rank != 1 || is_other(t, k, id))
    return ho_error_set(s->err, "%s: pool %d is missing or damaged", s->path, k);
  if (ho_source_set_pool(&t->source, k, id->data, id->shape[0], s->err))
    return ho_error_prefix(s->err, "%s", s->path);
  if (cursor->shape[0] != ho_sampler_cursors(t->source.pool[k].sampler) ||
      ho_sampler_restore(t->source.pool[k].sampler, cursor->data, s->err))
    return ho_error_set(s->err, "%s: pool %d: its cursors do not fit its samples", s->path, k);
  return 0;
}

int ho_store_sampling(struct ho_store *s, struct ho_trainer *t)
{
  uint64_t list = ho_class_list_cursor(t->source.classes), pools = (uint64_t)t->source.pools;
  if (ho_store_number(s, "pool/classes", &list) || ho_store_number(s, "pool/count", &pools))
    return -1;
  if (!s->reading) {
    for (int k = 0; k < t->source.pools; k++)
      if (write_pool(s, t, k))
        return -1;
    return 0;
  }
  if (ho_class_list_seek(t->source.classes, list, s->err) || pools < (uint64_t)t->source.pools || pools > 100000)
    return ho_error_set(s->err, "%s: the sampler's cursors do not fit this run", s->path);
  for (int k = 0; k < (int)pools; k++)
    if (read_pool(s, t, k))
      return -1;
  return 0;
}

/* ---- settings ---- */

/* An optimizer of the chain whose training depends on --epochs, or NULL. */
const char *ho_store_planner(const struct ho_trainer *t)
{
  for (int i = 0; i < t->chain.n; i++)
    if (t->chain.link[i].plugin->hooks.horizon)
      return t->chain.link[i].plugin->hooks.name;
  return NULL;
}

/* Every setting that decides results, one per line.  A run can be resumed only with equal text.  --epochs is included
 * if an optimizer depends on it. */
char *ho_store_settings(struct ho_store *s, const struct ho_trainer *t)
{
  char **option, value[4096];
  int n;
  if (ho_chain_settings(&t->chain, &option, &n, s->err))
    return NULL;
  size_t used = 0, room = HO_SETTINGS_MOST * (sizeof value + 64); /* of a name */
  for (int i = 0; i < n; i++)
    room += strlen(option[i]) + sizeof "-O \n";
  char *text = ho_arena_get(s->arena, room, 1, s->err);
  for (const struct ho_setting *e = ho_setting_table; text && e->name; e++) {
    if (!(e->flags & HO_SETTING_RUN) || e->type == HO_SETTING_LIST ||
        (!strcmp(e->name, "epochs") && !ho_store_planner(t)) ||
        !ho_settings_record(t->settings, e, 0, value, sizeof value))
      continue;
    used += (size_t)snprintf(text + used, room - used, "--%s %s\n", e->name, value);
  }
  for (int i = 0; text && i < n; i++)
    used += (size_t)snprintf(text + used, room - used, "-O %s\n", option[i]);
  ho_chain_settings_free(option, n);
  return text;
}
