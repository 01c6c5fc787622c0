/* SPDX-License-Identifier: MIT
 * trainer.c - puts a training together from its settings, and takes it apart. */
#include "train/trainer.h"

#include <limits.h>
#include <stdlib.h>

#include "train/host.h"
#include "train/norm.h"

/* Numbers that the ABI holds in an int. */
static int check_sizes(const struct ho_settings *s, struct ho_error *err)
{
  const struct {
    const char *name;
    long long value;
  } each[] = { { "batch-size", s->batch_size }, { "epochs", s->epochs } };
  for (size_t i = 0; i < sizeof each / sizeof *each; i++)
    if (each[i].value > INT_MAX / 2)
      return ho_error_set(err, "--%s %lld is too large: at most %d", each[i].name, each[i].value, INT_MAX / 2);
  return 0;
}

static int make_network(struct ho_trainer *t, struct ho_device *device, struct ho_error *err)
{
  const struct ho_images *im = &t->source.data.train;
  const struct ho_augment *augment = t->source.augment;
  struct ho_shape input = { augment->side(im->height), augment->side(im->width), im->channels };
  return ho_network_make(&t->network, device ? device : &ho_cpu, t->settings, input, t->source.data.classes, &t->budget,
                         err);
}

static int make_host(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_settings *s = t->settings;
  uint64_t per_epoch = t->source.samples / (uint64_t)s->batch_size;
  if (per_epoch == 0)
    return ho_error_set(err, "--batch-size %lld is larger than the training set of %zu images", s->batch_size,
                        t->source.samples);
  if (t->chain.nets > HO_NETS_MAX || t->chain.slots > HO_SLOTS_MAX)
    return ho_error_set(err, "%s asks for %d networks and %d slots; at most %d and %d are possible", t->chain.spec,
                        t->chain.nets, t->chain.slots, HO_NETS_MAX, HO_SLOTS_MAX);
  ho_host_fill(t);
  struct ho_host *h = &t->host;
  h->samples = t->source.samples;
  h->clean = t->source.clean;
  h->label = t->source.labelled.given[HO_PART_TRAIN];
  h->wrong = t->source.wrong;
  h->parameters = t->network.parameters;
  h->classes = t->source.data.classes;
  h->features = t->network.net->features;
  h->height = t->network.net->input.height;
  h->width = t->network.net->input.width;
  h->channels = t->network.net->input.channels;
  h->tensor = t->network.tensor;
  h->tensors = t->network.tensors;
  h->nets = t->chain.nets;
  h->batch_size = (int)s->batch_size;
  h->epochs = (int)s->epochs;
  h->steps = per_epoch * (uint64_t)s->epochs;
  return ho_schedule_make(&t->schedule, s, per_epoch, err);
}

static int open_link(struct ho_trainer *t, int l)
{
  if (ho_call_open(&t->caller, l))
    return -1;
  t->opened |= 1u << l;
  return 0;
}

/* Calls the open hooks in order, except that the one that may add parameters comes first, so that the others see all of
 * them. */
static int open_chain(struct ho_trainer *t, struct ho_error *err)
{
  int own = t->chain.own;
  ho_call_begin(&t->caller, err);
  ho_step_begin(t);
  if (own >= 0 && open_link(t, own))
    return -1;
  for (int l = 0; l < t->chain.n; l++)
    if (l != own && open_link(t, l))
      return -1;
  return 0;
}

static int start_network(struct ho_trainer *t, struct ho_error *err)
{
  struct ho_residence *r = t->network.residence;
  r->at_home = !t->chain.opaque;
  t->caller.in_turn = r->vectors && t->chain.opaque; /* update hooks then only ask the device for something */
  if (ho_network_start(&t->network, t->chain.nets, HO_SCORE_BATCH, t->source.seed, err) ||
      ho_network_start_training(&t->network, t->chain.slots, err))
    return -1;
  t->host.theta = t->network.theta;
  return 0;
}

static int make(struct ho_trainer *t, const struct ho_plugin_path *path, const struct ho_origin *from,
                struct ho_error *err)
{
  const struct ho_settings *s = t->settings;
  const struct ho_source_kind *kind = from->batch ? &ho_source_batch : &ho_source_data_set;
  t->source.batch = from->batch;
  t->restored = from->restored;
  ho_budget_make(&t->budget, s);
  ho_memory_set_bound((size_t)s->memory_limit);
  if (check_sizes(s, err) || !(t->step.arena = ho_arena_new(err)) ||
      ho_chain_make(&t->chain, s->optimizer, path, (const char *const *)s->option, s->noptions, err) ||
      ho_source_make(&t->source, kind, s, &from->labels, &t->budget, err) ||
      ho_sample_weights_make(&t->weights, t->source.samples, err) || make_network(t, from->device, err) ||
      make_host(t, err) || open_chain(t, err) || start_network(t, err))
    return -1;
  return 0;
}

struct ho_trainer *ho_trainer_new(const struct ho_settings *s, const struct ho_plugin_path *path,
                                  const struct ho_origin *from, struct ho_error *err)
{
  static const struct ho_origin nowhere = { .data = NULL };
  struct ho_trainer *t = ho_alloc(1, sizeof *t, "a trainer", err);
  from = from ? from : &nowhere;
  if (!t) {
    if (from->data)
      ho_dataset_free(from->data);
    return NULL;
  }
  t->settings = s;
  ho_caller_make(&t->caller, &t->chain, &t->host);
  if (from->data) {
    t->source.data = *from->data;
    *from->data = (struct ho_dataset){ .classes = 0 };
  }
  if (make(t, path, from, err)) {
    ho_trainer_free(t);
    return NULL;
  }
  return t;
}

struct ho_trainer *ho_trainer_new_alone(const struct ho_settings *s, struct ho_dataset *data, struct ho_device *device,
                                        struct ho_error *err)
{
  struct ho_trainer *t = ho_alloc(1, sizeof *t, "a trainer", err);
  if (!t) {
    ho_dataset_free(data);
    return NULL;
  }
  t->settings = s;
  t->chain.predict = -1;
  ho_caller_make(&t->caller, &t->chain, &t->host);
  t->source.data = *data;
  *data = (struct ho_dataset){ .classes = 0 };
  ho_budget_make(&t->budget, s);
  if (!(t->source.augment = ho_augment_find(s->augment, err)) || make_network(t, device, err)) {
    ho_trainer_free(t);
    return NULL;
  }
  t->network.residence->at_home = 1;
  t->host.nets = 1;
  t->host.classes = t->source.data.classes;
  t->host.features = t->network.net->features;
  if (ho_network_start(&t->network, 1, HO_SCORE_BATCH, 0, err)) {
    ho_trainer_free(t);
    return NULL;
  }
  return t;
}

void ho_trainer_free(struct ho_trainer *t)
{
  if (!t)
    return;
  for (int l = 0; l < t->chain.n; l++)
    if (t->opened >> l & 1)
      ho_call_close(&t->caller, l);
  ho_norm_drop(t);
  ho_caller_free(&t->caller);
  ho_chain_free(&t->chain);
  for (int i = 0; i < t->states; i++)
    ho_free(t->state[i].data);
  free(t->state);
  free(t->changes.asked);
  free(t->changes.there);
  ho_network_free(&t->network);
  ho_source_free(&t->source);
  ho_sample_weights_free(&t->weights);
  ho_arena_free(t->step.arena);
  ho_free(t);
}
