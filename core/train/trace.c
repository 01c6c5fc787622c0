/* SPDX-License-Identifier: MIT
 * trace.c - runs one step and writes what it computed; see trace.h.
 *
 * While t->recording is set, host_pass.c keeps logits, losses and gradient of each mini-batch in the step's arena. */
#include "train/trace.h"

#include <stdio.h>
#include <string.h>

#include "train/store.h"
#include "train/weights.h"

/* ---- the beginning ---- */

static int has_prefix(const struct ho_tensor_file *f, const char *prefix)
{
  for (size_t i = 0; i < ho_tensor_file_count(f); i++)
    if (!strncmp(ho_tensor_file_at(f, i)->name, prefix, strlen(prefix)))
      return 1;
  return 0;
}

/* Slots of an earlier step, all of one or none: under a trace's names, or a checkpoint's. */
static int read_slots(struct ho_store *s, struct ho_trainer *t)
{
  static const char *const names[] = { "slot/%d/", "slot%d/" };
  for (int k = 0; k < t->chain.slots; k++)
    for (int n = 0; n < 2; n++) {
      char prefix[32];
      snprintf(prefix, sizeof prefix, names[n], k);
      if (!has_prefix(s->file, prefix))
        continue;
      if (ho_store_vector(s, prefix, t, t->slot[0][k]))
        return -1;
      break;
    }
  return 0;
}

/* Parameters of plugins, where the file has them. */
static int read_own(struct ho_store *s, struct ho_trainer *t)
{
  for (int i = t->net->nparams; i < t->tensors; i++) {
    const struct ho_tensor *own = &t->tensor[i];
    char name[256];
    snprintf(name, sizeof name, HO_UPDATED "%s", own->name);
    const char *found = ho_tensor_file_find(s->file, name) ? name : own->name;
    if (ho_tensor_file_find(s->file, found) &&
        ho_store_flat(s, found, "F32", own->size, sizeof(float), t->theta[0] + own->offset))
      return -1;
  }
  return 0;
}

static int read_weights(struct ho_trainer *t, const char *path, struct ho_error *err)
{
  struct ho_store s = { .path = path, .reading = 1, .err = err };
  if (ho_weights_read(t->net, path, 1, t->theta, t->stats, err))
    return -1;
  int bad = !(s.file = ho_tensor_file_read(path, err)) || !(s.arena = ho_arena_new(err)) || read_slots(&s, t) ||
            read_own(&s, t);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  return bad ? -1 : 0;
}

/* ---- the step ---- */

/* What a trace can tell of: every mini-batch passed, all of one size, none left over. */
static int check_drawn(const struct ho_trainer *t, struct ho_error *err)
{
  if (!t->drawn)
    return ho_error_set(err, "%s drew no mini-batch in this step: there is nothing to trace", t->chain.spec);
  for (const struct ho_drawn *d = t->drawn; d; d = d->next)
    if (!d->logits || d->pub.size != t->drawn->pub.size)
      return ho_error_set(err, "mini-batch %d of %s has %s: a trace cannot tell of it", d->pub.index, t->chain.spec,
                          d->logits ? "another size than the first" : "been through no training pass");
  if (t->batch && t->handed < t->batch->count)
    return ho_error_set(err, "%s has %d mini-batches, the step of %s took %d", t->batch->path, t->batch->count,
                        t->chain.spec, t->handed);
  return 0;
}

static int step(struct ho_trainer *t, struct ho_error *err)
{
  if (t->chain.nets != 1)
    return ho_error_set(err, "%s trains %d networks; a trace tells of one", t->chain.spec, t->chain.nets);
  t->recording = 1;
  return ho_trainer_epoch(t, 0, err) || ho_trainer_step(t, err) || check_drawn(t, err) ? -1 : 0;
}

/* ---- the file ---- */

/* The same floats of every mini-batch, one after the other. */
static int add_each(struct ho_store *s, const struct ho_trainer *t, const char *name, int rank, const size_t *shape,
                    const float *(*of)(const struct ho_drawn *))
{
  size_t n = 1;
  for (int i = 1; i < rank; i++)
    n *= shape[i];
  float *all = ho_arena_get(s->arena, (size_t)t->ndrawn * n, sizeof *all, s->err), *to = all;
  if (!all)
    return -1;
  for (const struct ho_drawn *d = t->drawn; d; d = d->next, to += n)
    memcpy(to, of(d), n * sizeof *to);
  return ho_store_tensor(s, name, "F32", rank, shape, 0, all);
}

static const float *logits_of(const struct ho_drawn *d)
{
  return d->logits;
}

static const float *losses_of(const struct ho_drawn *d)
{
  return d->loss;
}

static int add_images(struct ho_store *s, const struct ho_trainer *t)
{
  size_t size = (size_t)t->drawn->pub.size, count = (size_t)t->ndrawn, channels = (size_t)t->host.channels;
  size_t height = (size_t)t->host.height, width = (size_t)t->host.width, pixels = height * width;
  float *x = ho_arena_get(s->arena, count * size * channels, pixels * sizeof *x, s->err), *to = x;
  int64_t *label = ho_arena_get(s->arena, count * size, sizeof *label, s->err), *y = label;
  if (!x || !label)
    return -1;
  for (const struct ho_drawn *d = t->drawn; d; d = d->next)
    for (size_t i = 0; i < size; i++) {
      *y++ = d->pub.label[i];
      for (size_t c = 0; c < channels; c++)
        for (size_t p = 0; p < pixels; p++)
          *to++ = d->pub.x[(i * pixels + p) * channels + c];
    }
  return ho_store_tensor(s, "images", "F32", 5, (size_t[]){ count, size, channels, height, width }, 0, x) ||
         ho_store_tensor(s, "labels", "I64", 2, (size_t[]){ count, size }, 0, label);
}

/* Those that the chain tells; of a chain that tells none, equal shares. */
static int add_weights(struct ho_store *s, const struct ho_trainer *t)
{
  float *w = ho_arena_get(s->arena, (size_t)t->ndrawn, sizeof *w, s->err);
  size_t n = 0;
  if (!w)
    return -1;
  for (const struct ho_drawn *d = t->drawn; d; d = d->next)
    if (d->reported)
      w[n++] = (float)d->weight;
  for (int told = n > 0; !told && n < (size_t)t->ndrawn; n++)
    w[n] = 1 / (float)t->ndrawn;
  return ho_store_flat(s, "weights", "F32", n, sizeof *w, w);
}

static int add_passes(struct ho_store *s, const struct ho_trainer *t)
{
  size_t shape[] = { (size_t)t->ndrawn, (size_t)t->drawn->pub.size, (size_t)t->host.classes };
  char prefix[64];
  if (add_each(s, t, "logits", 3, shape, logits_of) || add_each(s, t, "losses", 2, shape, losses_of))
    return -1;
  for (const struct ho_drawn *d = t->drawn; d; d = d->next) {
    snprintf(prefix, sizeof prefix, "gradient/%d/", d->pub.index);
    if (d->gradient && ho_store_vector(s, prefix, t, d->gradient))
      return -1;
  }
  return 0;
}

static int add_results(struct ho_store *s, const struct ho_trainer *t)
{
  char prefix[32];
  if (add_weights(s, t) || ho_store_vector(s, "direction/", t, t->dir[0]) ||
      ho_store_vector(s, HO_UPDATED, t, t->theta[0]))
    return -1;
  for (int i = 0; i < t->net->nstats; i++)
    if (ho_store_param(s, HO_UPDATED, &t->net->stat[i], t->stats[0]))
      return -1;
  for (int k = 0; k < t->chain.slots; k++) {
    snprintf(prefix, sizeof prefix, "slot/%d/", k);
    if (ho_store_vector(s, prefix, t, t->slot[0][k]))
      return -1;
  }
  return 0;
}

static int add_notes(struct ho_store *s, const struct ho_trainer *t)
{
  char lr[32], seed[32];
  snprintf(lr, sizeof lr, "%.17g", t->host.lr);
  snprintf(seed, sizeof seed, "%lld", t->settings->seed);
  return ho_tensor_file_note(s->file, "format", "holdout trace 1", s->err) ||
         ho_tensor_file_note(s->file, "net", t->net->spec, s->err) ||
         ho_tensor_file_note(s->file, "optimizer", t->chain.spec, s->err) ||
         ho_tensor_file_note(s->file, "lr", lr, s->err) || ho_tensor_file_note(s->file, "seed", seed, s->err);
}

static int write_file(const struct ho_trainer *t, const char *path, struct ho_error *err)
{
  struct ho_store s = { .path = path, .err = err };
  int bad = !(s.file = ho_tensor_file_new(err)) || !(s.arena = ho_arena_new(err)) || add_notes(&s, t) ||
            add_images(&s, t) || add_passes(&s, t) || add_results(&s, t) || ho_tensor_file_write(s.file, path, err);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  return bad ? -1 : 0;
}

int ho_trace_write(const struct ho_trace *what, struct ho_settings *s, const struct ho_plugin_path *path,
                   struct ho_error *err)
{
  struct ho_batch batch = { 0 };
  struct ho_trainer *t = NULL;
  if (what->batch && ho_batch_read(what->batch, what->classes, &batch, err))
    return -1;
  if (what->batch)
    s->batch_size = (long long)batch.count * batch.size;
  int bad = !(t = ho_trainer_new_on(s, path, what->batch ? &batch : NULL, err)) ||
            (what->weights && read_weights(t, what->weights, err)) || step(t, err) || write_file(t, what->out, err);
  ho_trainer_free(t);
  ho_batch_free(&batch);
  return bad ? -1 : 0;
}
