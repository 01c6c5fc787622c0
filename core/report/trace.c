/* SPDX-License-Identifier: MIT
 * trace.c - runs one step and writes what it computed; see trace.h.
 *
 * While t->step.recording is set, host_pass.c keeps logits, losses and gradient of each mini-batch in the step's arena. */
#include "report/trace.h"

#include <stdio.h>
#include <string.h>

#include "report/trace_start.h"
#include "run/store.h"
#include "run/weights.h"

/* ---- the step ---- */

/* A trace needs every mini-batch passed through every network, all of one size, none left over. */
static int check_drawn(const struct ho_trainer *t, struct ho_error *err)
{
  if (!t->step.drawn)
    return ho_error_set(err, "%s drew no mini-batch in this step: there is nothing to trace", t->chain.spec);
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    for (int k = 0; k < t->chain.nets; k++)
      if (!d->logits[k] || d->pub.size != t->step.drawn->pub.size)
        return ho_error_set(err, "mini-batch %d of %s %s: a trace cannot record it", d->pub.index, t->chain.spec,
                            d->logits[k] ? "differs in size from the first" : "did not pass through every network");
  return t->source.kind->finish ? t->source.kind->finish(&t->source, err) : 0;
}

/* A step, with the hooks that a training calls before it. */
static int step(struct ho_trainer *t, struct ho_error *err)
{
  if (t->host.step % ho_steps_per_epoch(t) == 0 && ho_trainer_epoch(t, 0, err))
    return -1;
  t->step.recording = 1;
  int bad = ho_trainer_step(t, err) || ho_trainer_settle(t, err) || check_drawn(t, err);
  t->step.recording = 0;
  return bad ? -1 : 0;
}

/* The hooks that a training calls after a step.  They free what the step drew. */
static int finish(struct ho_trainer *t, struct ho_error *err)
{
  return t->host.step % ho_steps_per_epoch(t) == 0 ? ho_trainer_epoch(t, 1, err) : 0;
}

/* ---- the file ---- */

/* The same floats of every mini-batch, one after the other. */
static int add_each(struct ho_store *s, const struct ho_trainer *t, const char *name, int rank, const size_t *shape,
                    int net, const float *(*of)(const struct ho_drawn *, int net))
{
  size_t n = 1;
  for (int i = 1; i < rank; i++)
    n *= shape[i];
  float *all = ho_arena_get(s->arena, (size_t)t->step.ndrawn * n, sizeof *all, s->err), *to = all;
  if (!all)
    return -1;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, to += n)
    memcpy(to, of(d, net), n * sizeof *to);
  return ho_store_tensor(s, name, "F32", rank, shape, 0, all);
}

static const float *logits_of(const struct ho_drawn *d, int net)
{
  return d->logits[net];
}

static const float *losses_of(const struct ho_drawn *d, int net)
{
  return d->loss[net];
}

static const float *shares_of(const struct ho_drawn *d, int net)
{
  (void)net;
  return d->pub.lambda;
}

static const float *targets_of(const struct ho_drawn *d, int net)
{
  (void)net;
  return d->pub.target;
}

static int add_images(struct ho_store *s, const struct ho_trainer *t)
{
  size_t size = (size_t)t->step.drawn->pub.size, count = (size_t)t->step.ndrawn, channels = (size_t)t->host.channels;
  size_t height = (size_t)t->host.height, width = (size_t)t->host.width, pixels = height * width;
  float *x = ho_arena_get(s->arena, count * size * channels, pixels * sizeof *x, s->err), *to = x;
  int64_t *label = ho_arena_get(s->arena, count * size, sizeof *label, s->err), *y = label;
  if (!x || !label)
    return -1;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    for (size_t i = 0; i < size; i++) {
      *y++ = d->pub.label[i];
      for (size_t c = 0; c < channels; c++)
        for (size_t p = 0; p < pixels; p++)
          *to++ = d->pub.x[(i * pixels + p) * channels + c];
    }
  return ho_store_tensor(s, "images", "F32", 5, (size_t[]){ count, size, channels, height, width }, 0, x) ||
         ho_store_tensor(s, "labels", "I64", 2, (size_t[]){ count, size }, 0, label);
}

/* Samples, mixing partners, targets, and the sample weights of the last pass that trains network 0. */
static int add_samples(struct ho_store *s, const struct ho_trainer *t)
{
  size_t size = (size_t)t->step.drawn->pub.size, n = (size_t)t->step.ndrawn * size;
  size_t shape[] = { (size_t)t->step.ndrawn, size, (size_t)t->host.classes };
  int64_t *id = ho_arena_get(s->arena, n, sizeof *id, s->err), *mate = ho_arena_get(s->arena, n, sizeof *mate, s->err);
  float *weight = ho_arena_get(s->arena, n, sizeof *weight, s->err);
  size_t k = 0;
  if (!id || !mate || !weight)
    return -1;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    for (size_t i = 0; i < size; i++, k++) {
      id[k] = d->pub.id[i];
      mate[k] = d->pub.mate[i];
      weight[k] = d->given ? d->given[i] : d->weighed ? d->w[i] : 1 / (float)size;
    }
  return ho_store_tensor(s, "samples", "I64", 2, shape, 0, id) ||
                 ho_store_tensor(s, "partners", "I64", 2, shape, 0, mate) ||
                 add_each(s, t, "shares", 2, shape, 0, shares_of) ||
                 add_each(s, t, "targets", 3, shape, 0, targets_of) ||
                 ho_store_tensor(s, "sample-weights", "F32", 2, shape, 0, weight)
             ? -1
             : 0;
}

/* The weights that the chain reported; equal shares if it reported none. */
static int add_weights(struct ho_store *s, const struct ho_trainer *t)
{
  float *w = ho_arena_get(s->arena, (size_t)t->step.ndrawn, sizeof *w, s->err);
  size_t n = 0;
  if (!w)
    return -1;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    if (d->reported)
      w[n++] = (float)d->weight;
  for (int told = n > 0; !told && n < (size_t)t->step.ndrawn; n++)
    w[n] = 1 / (float)t->step.ndrawn;
  return ho_store_flat(s, "weights", "F32", n, sizeof *w, w);
}

static int add_passes(struct ho_store *s, const struct ho_trainer *t, int k)
{
  size_t shape[] = { (size_t)t->step.ndrawn, (size_t)t->step.drawn->pub.size, (size_t)t->host.classes };
  char net[16], logits[32], losses[32], prefix[64];
  snprintf(logits, sizeof logits, "%slogits", ho_trace_network(k, net));
  snprintf(losses, sizeof losses, "%slosses", net);
  if (add_each(s, t, logits, 3, shape, k, logits_of) || add_each(s, t, losses, 2, shape, k, losses_of))
    return -1;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next) {
    snprintf(prefix, sizeof prefix, "%sgradient/%d/", net, d->pub.index);
    if (d->gradient[k] && ho_store_vector(s, prefix, t, d->gradient[k]))
      return -1;
  }
  return 0;
}

static int add_results(struct ho_store *s, const struct ho_trainer *t, int k)
{
  char net[16], prefix[48];
  snprintf(prefix, sizeof prefix, "%s" HO_UPDATED, ho_trace_network(k, net));
  if (ho_store_network(s, prefix, t, k))
    return -1;
  for (int j = 0; j < t->chain.slots; j++) {
    snprintf(prefix, sizeof prefix, "%sslot/%d/", net, j);
    if (ho_store_vector(s, prefix, t, t->network.slot[k][j]))
      return -1;
  }
  return 0;
}

static int add_notes(struct ho_store *s, const struct ho_trainer *t)
{
  char lr[32], seed[32];
  const char *settings = ho_store_settings(s, t);
  snprintf(lr, sizeof lr, "%.17g", t->host.lr);
  snprintf(seed, sizeof seed, "%lld", t->settings->seed);
  const char *notes[][2] = {
    { "format", "holdout trace 1" },
    { "net", t->network.net->spec },
    { "optimizer", t->chain.spec },
    { "lr", lr },
    { "seed", seed },
    { "settings", settings },
    { "data_sha256", ho_source_data_sha256(&t->source) },
    { "labels_sha256", ho_source_labels_sha256(&t->source) },
  };
  if (!settings)
    return -1;
  for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
    if (notes[i][1] && ho_tensor_file_note(s->file, notes[i][0], notes[i][1], s->err))
      return -1;
  return 0;
}

/* Writes the mini-batches and results of the step, then what the next step starts from. */
static int fill_file(struct ho_store *s, struct ho_trainer *t)
{
  char net[16], prefix[32];
  if (add_notes(s, t) || add_images(s, t) || add_samples(s, t))
    return -1;
  for (int k = 0; k < t->chain.nets; k++)
    if (add_passes(s, t, k))
      return -1;
  if (add_weights(s, t))
    return -1;
  for (int k = 0; k < t->chain.nets; k++) {
    snprintf(prefix, sizeof prefix, "%sdirection/", ho_trace_network(k, net));
    if (ho_store_vector(s, prefix, t, t->network.dir[k]))
      return -1;
  }
  if (finish(t, s->err))
    return -1;
  for (int k = 0; k < t->chain.nets; k++)
    if (add_results(s, t, k))
      return -1;
  if (ho_store_states(s, t) || ho_store_number(s, "run/step", &t->host.step))
    return -1;
  return !t->source.kind->is_data_set && t->source.pools <= HO_VALIDATION + 1 ? 0 : ho_store_sampling(s, t);
}

static int write_file(struct ho_trainer *t, const char *path, struct ho_error *err)
{
  struct ho_store s = { .path = path, .err = err };
  int bad = !(s.file = ho_tensor_file_new(err)) || !(s.arena = ho_arena_new(err)) || fill_file(&s, t) ||
            ho_tensor_file_write(s.file, path, err);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  return bad ? -1 : 0;
}

int ho_trace_write(const struct ho_trace *what, struct ho_settings *s, const struct ho_plugin_path *path,
                   struct ho_device *device, struct ho_error *err)
{
  struct ho_batch batch = { 0 };
  struct ho_trainer *t = NULL;
  if (what->batch && ho_batch_read(what->batch, what->classes, &batch, err))
    return -1;
  if (what->batch)
    s->batch_size = (long long)batch.count * batch.size;
  const struct ho_origin from = { .batch = what->batch ? &batch : NULL, .device = device };
  int bad = !(t = ho_trainer_new(s, path, &from, err)) || ho_trace_start(t, what, err) || step(t, err) ||
            write_file(t, what->out, err);
  ho_trainer_free(t);
  ho_batch_free(&batch);
  return bad ? -1 : 0;
}
