/* SPDX-License-Identifier: MIT
 * trainer.c - puts a training together from its settings, and takes it apart. */
#include "train/trainer.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "base/locale.h"
#include "compute/parallel.h"
#include "labels/realised.h"

int ho_trainer_reserve(struct ho_trainer *t, size_t bytes, const char *what, struct ho_error *err)
{
  size_t used = t->fixed_bytes + t->step_bytes;
  if (bytes > t->limit || used > t->limit - bytes)
    return ho_error_set(err,
                        "%s needs %zu bytes on top of %zu, the memory limit is %s; a smaller batch, a narrower "
                        "network or a larger --memory-limit helps",
                        what, bytes, used, t->limit_told);
  t->fixed_bytes += bytes;
  return 0;
}

void *ho_trainer_alloc(struct ho_trainer *t, size_t n, size_t size, const char *what, struct ho_error *err)
{
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes))
    bytes = SIZE_MAX;
  return ho_trainer_reserve(t, bytes, what, err) ? NULL : ho_alloc(n, size, what, err);
}

size_t ho_memory_limit(const struct ho_settings *s, char told[HO_LIMIT_TOLD])
{
  const char *bound = NULL;
  size_t limit = s->memory_limit ? (size_t)s->memory_limit : ho_machine_memory("", &bound) / 10 * 9;
  int length = snprintf(told, HO_LIMIT_TOLD, "%zu", limit);
  if (bound)
    snprintf(told + length, HO_LIMIT_TOLD - (size_t)length, ", nine tenths of what %s leaves", bound);
  return limit;
}

static int take_batch(struct ho_trainer *t, struct ho_error *err)
{
  if (!(t->augment = ho_augment_find("none", err)) || ho_noise_parse("none", &t->noise, err) ||
      ho_batch_fits(t->batch, &t->chain, err))
    return -1;
  return ho_batch_data(t->batch, &t->data, &t->labelled, err);
}

/* The label file, if there is one: what the run keeps of it, or itself. */
static int locate_labels(struct ho_trainer *t, struct ho_error *err)
{
  if (!t->kept_labels || !*t->noise.path)
    return ho_noise_locate(&t->noise, t->settings->data_dir, err);
  snprintf(t->noise.path, sizeof t->noise.path, "%s", t->kept_labels);
  t->noise.sealed = 1;
  return 0;
}

static int load_data(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_settings *s = t->settings;
  const size_t size[HO_PARTS] = { (size_t)s->train_size, (size_t)s->validation_size, (size_t)s->clean_size };
  const size_t test[HO_PARTS] = { (size_t)s->test_size, 0, 0 };
  if (!(t->augment = ho_augment_find(s->augment, err)) || ho_noise_parse(s->noise, &t->noise, err) ||
      (!t->data.classes &&
       (ho_dataset_load(s->dataset, s->data_dir, &t->data, err) ||
        ho_trainer_reserve(t, t->data.train.counted + t->data.test.counted, "the data set", err))) ||
      locate_labels(t, err) || ho_labelled_make(&t->data, size, &t->noise, t->seed, s->noise_seed, &t->labelled, err))
    return -1;
  if (test[HO_PART_TRAIN] > t->data.test.n)
    return ho_error_set(err, "--test-size %zu: there are only %zu test images", test[HO_PART_TRAIN], t->data.test.n);
  if (ho_split_make(&t->data.test, t->data.classes, test, 0, &t->test, err)) /* one test subset for every seed */
    return ho_error_prefix(err, "test images (--test-size)");
  const char *const flag[HO_PARTS] = { [HO_PART_TRAIN] = s->test_size ? "test-size" : NULL };
  if (ho_split_warn(&t->test, &t->data.test, t->data.classes, flag, &t->labelled.warnings, err))
    return -1;
  return t->augment->arrange ? t->augment->arrange(&t->data, t->seed, err) : 0;
}

/* Samples, as plugins count them: the training part, the clean part with its true labels, the validation part. */
static int number_samples(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_part_ids *train = &t->labelled.split.part[HO_PART_TRAIN];
  const struct ho_part_ids *clean = &t->labelled.split.part[HO_PART_CLEAN];
  const struct ho_part_ids *validation = &t->labelled.split.part[HO_PART_VALIDATION];
  size_t n = train->n + clean->n + validation->n, first = train->n + clean->n;
  uint32_t *ids = ho_alloc(n, sizeof *ids, "samples", err);
  t->samples = train->n;
  t->clean = clean->n;
  t->known = n;
  t->image = ho_alloc(n, sizeof *t->image, "samples", err);
  t->label = ho_alloc(n, sizeof *t->label, "samples", err);
  t->weight_sum = ho_alloc(train->n, sizeof *t->weight_sum, "samples", err);
  t->weight_count = ho_alloc(train->n, sizeof *t->weight_count, "samples", err);
  if (!ids || !t->image || !t->label || !t->weight_sum || !t->weight_count) {
    ho_free(ids);
    return -1;
  }
  for (size_t i = 0; i < n; i++) {
    ids[i] = (uint32_t)i;
    t->image[i] = i < train->n ? train->id[i] : i < first ? clean->id[i - train->n] : validation->id[i - first];
    t->label[i] = i < train->n ? t->labelled.given[HO_PART_TRAIN][i]
                  : i < first  ? t->data.train.label[t->image[i]]
                               : t->labelled.given[HO_PART_VALIDATION][i - first];
  }
  int bad = ho_host_set_pool(t, HO_TRAIN, ids, train->n, err) ||
            ho_host_set_pool(t, HO_CLEAN, ids + train->n, clean->n, err) ||
            ho_host_set_pool(t, HO_VALIDATION, ids + first, validation->n, err);
  ho_free(ids);
  if (bad)
    return -1;
  t->classes = ho_class_list_new(t->seed, t->label, train->n, err);
  return t->classes ? 0 : -1;
}

/* What labels.tsv says of the training part, for the summary. */
static int describe_labels(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_part_ids *train = &t->labelled.split.part[HO_PART_TRAIN];
  uint16_t *truth = ho_alloc(train->n, sizeof *truth, "labels", err);
  if (!truth)
    return -1;
  for (size_t i = 0; i < train->n; i++)
    truth[i] = t->data.train.label[train->id[i]];
  t->noise_rate_realised =
      t->labelled.truth == HO_TRUTH_UNKNOWN ? NAN : ho_realised_rate(t->data.classes, train->n, truth, t->label, NULL);
  void *hash = ho_sha256_begin();
  ho_sha256_add(hash, train->id, train->n * sizeof *train->id);
  ho_sha256_add(hash, t->label, train->n * sizeof *t->label);
  ho_sha256_end(hash, t->labels_sha256);
  ho_free(truth);
  return 0;
}

static int decays(const struct ho_settings *s, const struct ho_param *p)
{
  return p->is_weight || !strcmp(s->decay, "all");
}

static int make_network(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_images *im = &t->data.train;
  struct ho_shape input = { t->augment->side(im->height), t->augment->side(im->width), im->channels };
  if (!(t->net = ho_net_new(t->settings->net, input, t->data.classes, err)))
    return -1;
  t->tensor = calloc((size_t)t->net->nparams, sizeof *t->tensor);
  if (!t->tensor)
    return ho_error_set(err, "out of memory: %d tensors", t->net->nparams);
  for (; t->tensors < t->net->nparams; t->tensors++) {
    const struct ho_param *p = &t->net->param[t->tensors];
    double decay = decays(t->settings, p) ? t->settings->weight_decay : 0;
    char *name = strdup(p->name);
    if (!name)
      return ho_error_set(err, "out of memory: the name %s", p->name);
    t->tensor[t->tensors] = (struct ho_tensor){ name, p->offset, p->size, 1, decay };
  }
  return 0;
}

static int make_host(struct ho_trainer *t, struct ho_error *err)
{
  const struct ho_settings *s = t->settings;
  uint64_t per_epoch = t->samples / (uint64_t)s->batch_size;
  if (per_epoch == 0)
    return ho_error_set(err, "--batch-size %lld is larger than the training set of %zu images", s->batch_size,
                        t->samples);
  if (t->chain.nets > HO_NETS_MAX || t->chain.slots > HO_SLOTS_MAX)
    return ho_error_set(err, "%s wants %d networks and %d slots; the host has room for %d and %d", t->chain.spec,
                        t->chain.nets, t->chain.slots, HO_NETS_MAX, HO_SLOTS_MAX);
  ho_host_fill(t);
  struct ho_host *h = &t->host;
  h->samples = t->samples;
  h->clean = t->clean;
  h->label = t->label;
  h->wrong = t->noise_rate_realised;
  h->parameters = t->net->parameters;
  h->classes = t->data.classes;
  h->features = t->net->features;
  h->height = t->net->input.height;
  h->width = t->net->input.width;
  h->channels = t->net->input.channels;
  h->tensor = t->tensor;
  h->tensors = t->tensors;
  h->nets = t->chain.nets;
  h->batch_size = (int)s->batch_size;
  h->epochs = (int)s->epochs;
  h->steps = per_epoch * (uint64_t)s->epochs;
  return ho_schedule_make(&t->schedule, s, per_epoch, err);
}

static int open_link(struct ho_trainer *t, int l, struct ho_error *err)
{
  const struct ho_link *link = &t->chain.link[l];
  t->current = l;
  t->phase = HO_OPEN;
  int bad = link->plugin->hooks.open && link->plugin->hooks.open(link->self, &t->host);
  t->phase = HO_IDLE;
  ho_locale_plain();
  if (bad)
    return err->text[0] ? -1 : ho_host_fail(t, "its open hook failed without a word");
  t->opened |= 1u << l;
  return err->text[0] ? -1 : 0;
}

/* The open hooks, in order, but for the one that may add parameters: it comes first, and others see all of them. */
static int open_chain(struct ho_trainer *t, struct ho_error *err)
{
  int own = t->chain.own;
  t->err = err;
  err->text[0] = 0;
  ho_trainer_begin(t);
  if (own >= 0 && open_link(t, own, err))
    return -1;
  for (int l = 0; l < t->chain.n; l++)
    if (l != own && open_link(t, l, err))
      return -1;
  return 0;
}

static int make_parameters(struct ho_trainer *t, struct ho_error *err)
{
  size_t P = t->host.parameters;
  for (int k = 0; k < t->chain.nets; k++) {
    t->theta[k] = ho_trainer_alloc(t, P, sizeof(float), "parameters", err);
    t->dir[k] = ho_trainer_alloc(t, P, sizeof(float), "the direction", err);
    t->stats[k] = ho_trainer_alloc(t, t->net->statistics, sizeof(float), "running averages", err);
    if (!t->theta[k] || !t->dir[k] || !t->stats[k])
      return -1;
    for (int s = 0; s < t->chain.slots; s++)
      if (!(t->slot[k][s] = ho_trainer_alloc(t, P, sizeof(float), "the optimizer's slots", err)))
        return -1;
    ho_net_init(t->net, t->seed, k, t->theta[k], t->stats[k]);
  }
  t->host.theta = t->theta;
  return 0;
}

static int make_scorer(struct ho_trainer *t, struct ho_error *err)
{
  size_t floats = (size_t)t->host.height * (size_t)t->host.width * (size_t)t->host.channels;
  t->score_x = ho_trainer_alloc(t, HO_SCORE_BATCH * floats, sizeof(float), "evaluation", err);
  if (!t->score_x ||
      ho_trainer_reserve(t, ho_engine_bytes(&ho_engine_cpu, t->net, 1, HO_SCORE_BATCH, 0), "evaluation", err) ||
      !(t->scorer = ho_engine_new(&ho_engine_cpu, t->net, 1, HO_SCORE_BATCH, 0, err)))
    return -1;
  return 0;
}

/* On a batch (borrowed), on data that become the trainer's own (classes = 0: there are none), or on the settings' data
 * set. */
static const struct ho_trainer *latest; /* that has not been freed */

const char *ho_trainer_running(void)
{
  if (ho_plugin_loading)
    return ho_plugin_loading;
  return latest && latest->current < latest->chain.n ? latest->chain.link[latest->current].plugin->hooks.name : NULL;
}

static struct ho_trainer *make(const struct ho_settings *s, const struct ho_plugin_path *path, int restored,
                               const char *labels, const struct ho_batch *batch, struct ho_dataset *data,
                               struct ho_error *err)
{
  struct ho_trainer *t = ho_alloc(1, sizeof *t, "a trainer", err);
  if (!t) {
    ho_dataset_free(data);
    return NULL;
  }
  latest = t;
  t->data = *data;
  *data = (struct ho_dataset){ .classes = 0 };
  pthread_mutex_init(&t->lock, NULL);
  t->settings = s;
  t->restored = restored;
  t->kept_labels = labels;
  t->batch = batch;
  t->seed = (uint64_t)s->seed;
  t->limit = ho_memory_limit(s, t->limit_told);
  ho_memory_set_bound((size_t)s->memory_limit);
  t->drawn_end = &t->drawn;
  if (s->batch_size > INT_MAX / 2 || s->epochs > INT_MAX / 2) {
    int images = s->batch_size > INT_MAX / 2;
    ho_error_set(err, "--%s %lld is too many: at most %d", images ? "batch-size" : "epochs",
                 images ? s->batch_size : s->epochs, INT_MAX / 2);
    goto failed;
  }
  if (!(t->arena = ho_arena_new(err)) ||
      ho_chain_make(&t->chain, s->optimizer, path, (const char *const *)s->option, s->noptions, err) ||
      (batch ? take_batch : load_data)(t, err) || number_samples(t, err) || describe_labels(t, err) ||
      make_network(t, err) || make_host(t, err) || open_chain(t, err) || make_parameters(t, err) || make_scorer(t, err))
    goto failed;
  return t;
failed:
  ho_trainer_free(t);
  return NULL;
}

struct ho_trainer *ho_trainer_new(const struct ho_settings *s, const struct ho_plugin_path *path, struct ho_error *err)
{
  return make(s, path, 0, NULL, NULL, &(struct ho_dataset){ .classes = 0 }, err);
}

struct ho_trainer *ho_trainer_new_restored(const struct ho_settings *s, const struct ho_plugin_path *path,
                                           const char *labels, struct ho_error *err)
{
  return make(s, path, 1, labels, NULL, &(struct ho_dataset){ .classes = 0 }, err);
}

struct ho_trainer *ho_trainer_new_on(const struct ho_settings *s, const struct ho_plugin_path *path,
                                     const struct ho_batch *batch, struct ho_error *err)
{
  return make(s, path, 0, NULL, batch, &(struct ho_dataset){ .classes = 0 }, err);
}

struct ho_trainer *ho_trainer_new_with(const struct ho_settings *s, const struct ho_plugin_path *path,
                                       struct ho_dataset *data, struct ho_error *err)
{
  return make(s, path, 0, NULL, NULL, data, err);
}

static void free_network(struct ho_trainer *t)
{
  for (int k = 0; k < HO_NETS_MAX; k++) {
    ho_free(t->theta[k]);
    ho_free(t->dir[k]);
    ho_free(t->stats[k]);
    for (int s = 0; s < HO_SLOTS_MAX; s++)
      ho_free(t->slot[k][s]);
  }
  for (int i = 0; i < t->tensors; i++)
    free((char *)t->tensor[i].name);
  free(t->tensor);
  ho_engine_free(t->engine);
  ho_engine_free(t->scorer);
  ho_net_free(t->net);
  ho_free(t->score_x);
}

static void free_data(struct ho_trainer *t)
{
  for (int i = 0; i < t->pools; i++) {
    ho_sampler_free(t->pool[i].pool);
    ho_free(t->pool[i].id);
  }
  free(t->pool);
  ho_class_list_free(t->classes);
  ho_labelled_free(&t->labelled);
  ho_split_free(&t->test);
  ho_dataset_free(&t->data);
  ho_free(t->image);
  ho_free(t->label);
  ho_free(t->weight_sum);
  ho_free(t->weight_count);
}

void ho_trainer_free(struct ho_trainer *t)
{
  if (!t)
    return;
  for (int l = 0; l < t->chain.n; l++)
    if (t->opened >> l & 1 && t->chain.link[l].plugin->hooks.close) {
      t->current = l;
      t->chain.link[l].plugin->hooks.close(t->chain.link[l].self);
    }
  if (t == latest)
    latest = NULL;
  ho_chain_free(&t->chain);
  for (int i = 0; i < t->states; i++)
    ho_free(t->state[i].data);
  free(t->state);
  free_network(t);
  free_data(t);
  ho_free(t->score);
  ho_arena_free(t->arena);
  pthread_mutex_destroy(&t->lock);
  ho_free(t);
}
