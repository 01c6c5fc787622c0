/* SPDX-License-Identifier: MIT
 * trace.c - runs one step and writes what it computed; see trace.h.
 *
 * While t->step.recording is set, host_pass.c keeps logits, losses and gradient of each mini-batch in the step's arena. */
#include "report/trace.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "run/store.h"
#include "run/weights.h"

/* "" or "netK/": before everything of network k. */
static const char *network(int k, char prefix[16])
{
  *prefix = 0;
  if (k)
    snprintf(prefix, 16, "net%d/", k);
  return prefix;
}

/* ---- the beginning ---- */

static int has_prefix(const struct ho_tensor_file *f, const char *prefix)
{
  for (size_t i = 0; i < ho_tensor_file_count(f); i++)
    if (!strncmp(ho_tensor_file_at(f, i)->name, prefix, strlen(prefix)))
      return 1;
  return 0;
}

/* Slots of an earlier step, all of one or none: under a trace's names, or a checkpoint's.  A step that goes on needs
 * every one. */
static int read_slots(struct ho_store *s, struct ho_trainer *t, int on)
{
  char net[16], name[2][48];
  for (int k = 0; k < t->chain.nets; k++)
    for (int j = 0; j < t->chain.slots; j++) {
      snprintf(name[0], sizeof name[0], "%sslot/%d/", network(k, net), j);
      snprintf(name[1], sizeof name[1], "slot%d/%s", j, net);
      const char *found = has_prefix(s->file, name[1]) ? name[1] : name[0];
      if ((on || has_prefix(s->file, found)) && ho_store_vector(s, found, t, t->network.slot[k][j]))
        return -1;
    }
  return 0;
}

/* Parameters of plugins: where the file has them, but all of them in a step that goes on. */
static int read_own(struct ho_store *s, struct ho_trainer *t, int on)
{
  char net[16], name[2][256];
  for (int k = 0; k < t->chain.nets; k++)
    for (int i = t->network.net->nparams; i < t->network.tensors; i++) {
      const struct ho_tensor *own = &t->network.tensor[i];
      snprintf(name[0], sizeof name[0], "%s" HO_UPDATED "%s", network(k, net), own->name);
      snprintf(name[1], sizeof name[1], "%s%s", net, own->name);
      const char *found = ho_tensor_file_find(s->file, name[0]) ? name[0] : name[1];
      if ((on || ho_tensor_file_find(s->file, found)) &&
          ho_store_flat(s, found, "F32", own->size, sizeof(float), t->network.theta[k] + own->offset))
        return -1;
    }
  return 0;
}

/* The line of a text of settings that begins as `line' does up to its = or, for a flag, its blank; NULL: none. */
static const char *same_key(const char *text, const char *line)
{
  size_t key = strcspn(line, "=\n");
  key = line[key] == '=' ? key + 1 : strcspn(line, " \n") + 1;
  for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n')
    if (!strncmp(text, line, key))
      return text;
  return NULL;
}

/* State has been made under the options of its chain, and means nothing under others. */
static int check_options(struct ho_store *s, const struct ho_trainer *t)
{
  const char *have = ho_tensor_file_get_note(s->file, "settings"), *want = ho_store_settings(s, t);
  if (!want)
    return -1;
  for (size_t n; *want; want += n + (want[n] == '\n')) {
    n = strcspn(want, "\n");
    const char *line = strncmp(want, "-O ", 3) && strncmp(want, "--epochs ", 9) ? NULL : same_key(have, want);
    size_t m = line ? strcspn(line, "\n") : 0;
    if (line && (m != n || memcmp(line, want, n)))
      return ho_error_set(s->err, "%s was written with %.*s, this step has %.*s", s->path, (int)m, line, (int)n, want);
  }
  return 0;
}

/* What the file's step and this one must have in common for it to go on. */
static int check_origin(struct ho_store *s, const struct ho_trainer *t)
{
  const struct {
    const char *note, *what, *want;
  } each[] = {
    { "optimizer", "optimizer", t->chain.spec },
    { "data_sha256", "data's SHA-256", ho_source_data_sha256(&t->source) },
    { "labels_sha256", "labels' SHA-256", ho_source_labels_sha256(&t->source) },
  };
  for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
    const char *have = ho_tensor_file_get_note(s->file, each[i].note);
    if (each[i].want && have && strcmp(have, each[i].want))
      return ho_error_set(s->err, "%s: its %s is `%.80s', this step's is `%.80s'", s->path, each[i].what, have,
                          each[i].want);
  }
  return check_options(s, t);
}

/* The step that comes next.  Behind the last one there is one only where nothing depends on how many there are. */
static int read_step(struct ho_store *s, struct ho_trainer *t)
{
  struct ho_host *h = &t->host;
  if (ho_store_number(s, "run/step", &h->step))
    return -1;
  uint64_t epoch = h->step / ho_steps_per_epoch(t);
  if (epoch > INT_MAX / 2)
    return ho_error_set(s->err, "%s: `run/step' is %" PRIu64, s->path, h->step);
  h->epoch = (int)epoch;
  if (h->step < h->steps || (!ho_store_planner(t) && !ho_schedule_depends_on_epochs(&t->schedule)))
    return 0;
  return ho_error_set(s->err,
                      "%s: %" PRIu64 " steps are done, all that --epochs %d has, and what comes after them depends on "
                      "that number; a larger --epochs has more",
                      s->path, h->step, h->epochs);
}

/* Where samples come from in the steps to come; mini-batches given take their place, but not that of a plugin's pools. */
static int read_sampling(struct ho_store *s, struct ho_trainer *t)
{
  const struct ho_source *source = &t->source;
  uint64_t pools = 0;
  if (!source->kind->is_data_set && ho_tensor_file_find(s->file, "pool/count") &&
      ho_store_number(s, "pool/count", &pools))
    return -1;
  return !source->kind->is_data_set && pools <= HO_VALIDATION + 1 ? 0 : ho_store_sampling(s, t);
}

/* Everything that the file's step left, which is that of a trace or of a training. */
static int go_on(struct ho_store *s, struct ho_trainer *t)
{
  int bad = check_origin(s, t) || read_step(s, t) || read_slots(s, t, 1) || read_own(s, t, 1) ||
            ho_store_states(s, t) || read_sampling(s, t);
  if (bad)
    ho_error_append(s->err,
                    "; this step cannot go on from there. --init %.200s takes its weights alone, for a first step",
                    s->path);
  return bad ? -1 : 0;
}

static int read_weights(struct ho_trainer *t, const char *path, struct ho_error *err)
{
  struct ho_store s = { .path = path, .reading = 1, .err = err };
  if (ho_weights_read(t->network.net, path, t->chain.nets, t->network.theta, t->network.stats, err))
    return -1;
  int bad = !(s.file = ho_tensor_file_read(path, err)) || !(s.arena = ho_arena_new(err));
  const char *format = bad ? NULL : ho_tensor_file_get_note(s.file, "format");
  if (!bad)
    bad = format && !strncmp(format, "holdout ", 8) ? go_on(&s, t) : read_slots(&s, t, 0) || read_own(&s, t, 0);
  ho_tensor_file_free(s.file);
  ho_arena_free(s.arena);
  return bad ? -1 : 0;
}

/* ---- the step ---- */

/* What a trace can tell of: every mini-batch passed, all of one size, none left over. */
static int check_drawn(const struct ho_trainer *t, struct ho_error *err)
{
  if (!t->step.drawn)
    return ho_error_set(err, "%s drew no mini-batch in this step: there is nothing to trace", t->chain.spec);
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next)
    for (int k = 0; k < t->chain.nets; k++)
      if (!d->logits[k] || d->pub.size != t->step.drawn->pub.size)
        return ho_error_set(err, "mini-batch %d of %s has %s: a trace cannot tell of it", d->pub.index, t->chain.spec,
                            d->logits[k] ? "another size than the first" : "been through no pass of some network");
  return t->source.kind->finish(&t->source, err);
}

/* A step, with the hooks that a training calls before it. */
static int step(struct ho_trainer *t, struct ho_error *err)
{
  if (t->host.step % ho_steps_per_epoch(t) == 0 && ho_trainer_epoch(t, 0, err))
    return -1;
  t->step.recording = 1;
  int bad = ho_trainer_step(t, err) || check_drawn(t, err);
  t->step.recording = 0;
  return bad ? -1 : 0;
}

/* The hooks that a training calls behind it; what the step drew is gone then. */
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

/* Who was drawn, what it was mixed with, its target, and what its loss counted for in the last pass that moves network 0. */
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

/* Those that the chain tells; of a chain that tells none, equal shares. */
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
  snprintf(logits, sizeof logits, "%slogits", network(k, net));
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
  snprintf(prefix, sizeof prefix, "%s" HO_UPDATED, network(k, net));
  if (ho_store_vector(s, prefix, t, t->network.theta[k]))
    return -1;
  for (int i = 0; i < t->network.net->nstats; i++)
    if (ho_store_param(s, prefix, &t->network.net->stat[i], t->network.stats[k]))
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

/* What the step drew and how it passed through the networks; then the rest, for the next step to begin with. */
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
    snprintf(prefix, sizeof prefix, "%sdirection/", network(k, net));
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

/* What the first step begins with, as in a training; or what an earlier one left. */
static int begin(struct ho_trainer *t, const struct ho_trace *what, struct ho_error *err)
{
  ho_network_all_changed(&t->network);
  if (what->weights)
    return read_weights(t, what->weights, err);
  if (what->init && ho_weights_read(t->network.net, what->init, t->chain.nets, t->network.theta, t->network.stats, err))
    return ho_error_prefix(err, "--init");
  return 0;
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
  int bad = !(t = ho_trainer_new(s, path, &(struct ho_origin){ .batch = what->batch ? &batch : NULL }, err)) ||
            begin(t, what, err) || step(t, err) || write_file(t, what->out, err);
  ho_trainer_free(t);
  ho_batch_free(&batch);
  return bad ? -1 : 0;
}
