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
    return ho_error_set(s->err, "%s: `%s' has another type or shape than this run's", s->path, name);
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
  return 0;
}
