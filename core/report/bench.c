/* SPDX-License-Identifier: MIT
 * bench.c - times steps and forward passes; see bench.h. */
#include "report/bench.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "compute/random.h"
#include "data/dataset.h"
#include "nn/engine_load.h"
#include "nn/graph.h"

enum { WARM_UP = 2, LEAST_IMAGES = 512 };

/* `VmHWM' or `VmRSS' of this process, in bytes; 0 when it cannot be known.  Not getrusage, whose peak may be that of
 * the program that started this one. */
static size_t resident(const char *key)
{
  char line[256];
  size_t kilobytes = 0, length = strlen(key);
  FILE *f = fopen("/proc/self/status", "re");
  while (f && fgets(line, sizeof line, f))
    if (!strncmp(line, key, length) && line[length] == ':')
      kilobytes = strtoul(line + length + 1, NULL, 10);
  if (f)
    fclose(f);
  return 1024 * kilobytes;
}

/* ---- images ---- */

static int draw_images(struct ho_images *im, size_t n, const struct ho_bench *b, const char *purpose, uint64_t seed,
                       struct ho_error *err)
{
  enum { WORDS = 512 };
  uint64_t word[WORDS];
  struct ho_stream s = ho_stream_make(seed, purpose, 0, 0);
  if (ho_images_alloc(im, n, b->input.height, b->input.width, b->input.channels, err))
    return -1;
  size_t bytes = n * ho_shape_size(b->input);
  for (size_t at = 0; at < bytes; at += sizeof word) {
    ho_stream_fill(&s, word, WORDS);
    memcpy(im->pixel + at, word, bytes - at < sizeof word ? bytes - at : sizeof word);
  }
  for (size_t i = 0; i < n; i++)
    im->label[i] = (uint16_t)(i % (size_t)b->classes);
  return 0;
}

static int make_data(const struct ho_bench *b, const struct ho_settings *s, struct ho_dataset *data,
                     struct ho_error *err)
{
  size_t batch = (size_t)s->batch_size, K = (size_t)b->classes, n = batch > LEAST_IMAGES ? batch : LEAST_IMAGES;
  *data = (struct ho_dataset){ .name = "noise", .classes = b->classes };
  if (b->input.channels > HO_CHANNELS_MOST || b->classes > HO_CLASSES_MOST)
    return ho_error_set(err, "training has at most %d channels and %d classes, not %d and %d", HO_CHANNELS_MOST,
                        HO_CLASSES_MOST, b->input.channels, b->classes);
  n = (n > 2 * K ? n : 2 * K) + (size_t)s->clean_size;
  return draw_images(&data->train, n, b, "bench-train", (uint64_t)s->seed, err) ||
                 draw_images(&data->test, K, b, "bench-test", (uint64_t)s->seed, err) || ho_dataset_finish(data, err)
             ? -1
             : 0;
}

/* ---- what is timed ---- */

struct work {
  struct ho_bench *b;
  struct ho_device *device;
  struct ho_settings settings; /* the given settings, except those that would only get in the way */
  struct ho_trainer *trainer;  /* NULL for --eval, which has the following instead */
  struct ho_network network;
  struct ho_budget budget;
  double *clock; /* [nodes][HO_CLOCKS] or NULL */
};

static const struct ho_net *net_of(const struct work *w)
{
  return w->trainer ? w->trainer->network.net : w->network.net;
}

static int prepare_training(struct work *w, const struct ho_plugin_path *path, struct ho_error *err)
{
  static char none[] = "none", constant[] = "const";
  struct ho_settings *s = &w->settings;
  struct ho_dataset data;
  s->noise = s->augment = none;
  s->schedule = constant;
  s->lr = 1e-3; /* small, as there is nothing to learn */
  s->train_size = s->validation_size = s->test_size = s->warmup_epochs = 0;
  s->epochs = w->b->steps + WARM_UP;
  if (make_data(w->b, s, &data, err)) {
    ho_dataset_free(&data);
    return -1;
  }
  w->trainer = ho_trainer_new(s, path, &(struct ho_origin){ .data = &data, .device = w->device }, err);
  return w->trainer ? ho_trainer_epoch(w->trainer, 0, err) : -1;
}

static int prepare_eval(struct work *w, struct ho_error *err)
{
  const struct ho_settings *s = &w->settings;
  struct ho_network *n = &w->network;
  ho_budget_make(&w->budget, s);
  if (ho_network_make(n, w->device, s, w->b->input, w->b->classes, &w->budget, err) ||
      ho_network_start(n, 1, (int)s->batch_size, (uint64_t)s->seed, err))
    return -1;
  struct ho_stream stream = ho_stream_make((uint64_t)s->seed, "bench-eval", 0, 0);
  size_t floats = (size_t)s->batch_size * ho_shape_size(w->b->input);
  for (size_t i = 0; i < floats; i++)
    n->score_x[i] = (float)(2 * ho_stream_uniform(&stream) - 1);
  return 0;
}

static int step(struct work *w, struct ho_error *err)
{
  return w->trainer ? ho_trainer_step(w->trainer, err)
                    : ho_network_score(&w->network, 0, NULL, (int)w->settings.batch_size, NULL, NULL, err);
}

static int time_steps(struct work *w, double *seconds, struct ho_error *err)
{
  for (int i = -WARM_UP; i < w->b->steps; i++) {
    if (i >= 0) /* the trainer may have made a larger engine */
      ho_network_clock(w->trainer ? &w->trainer->network : &w->network, w->clock);
    double start = ho_clock_now();
    if (step(w, err))
      return -1;
    if (i >= 0)
      seconds[i] = ho_clock_now() - start;
  }
  return 0;
}

/* ---- what was found ---- */

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

double ho_bench_median(double *seconds, int n)
{
  qsort(seconds, (size_t)n, sizeof *seconds, ascending);
  return (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
}

/* The layer that a tensor belongs to is its name up to the last dot. */
static void name_layer(const struct ho_graph *g, const struct ho_node *node, char name[64])
{
  const char *full = NULL;
  for (int i = 0; i < g->nparams && !full; i++)
    if (g->param[i].offset == node->weight || g->param[i].offset == node->bias)
      full = g->param[i].name;
  for (int i = 0; i < g->nstats && !full; i++)
    if (g->stat[i].offset == node->mean)
      full = g->stat[i].name;
  const char *dot = full ? strrchr(full, '.') : NULL;
  snprintf(name, 64, "%.*s", dot ? (int)(dot - full) : 0, full ? full : "");
}

static int describe_layers(const struct work *w, struct ho_error *err)
{
  struct ho_bench *b = w->b;
  const struct ho_graph *g = net_of(w)->graph;
  if (!(b->layer = ho_alloc((size_t)g->nodes, sizeof *b->layer, "layers", err)))
    return -1;
  for (int i = 1; i < g->nodes; i++) {
    const struct ho_node *node = &g->node[i];
    struct ho_bench_layer *layer = &b->layer[b->layers++];
    name_layer(g, node, layer->name);
    layer->kind = node->layer->name;
    layer->out = node->out;
    layer->multiply_adds = node->layer->multiply_adds ? node->layer->multiply_adds(node) : 0;
    for (int k = 0; k < HO_CLOCKS; k++)
      layer->seconds[k] = w->clock[i * HO_CLOCKS + k] / b->steps; /* NOLINT: made by both preparations */
  }
  return 0;
}

static void describe_times(struct ho_bench *b, double *seconds)
{
  double sum = 0;
  for (int i = 0; i < b->steps; i++)
    sum += seconds[i];
  b->mean = sum / b->steps;
  b->median = ho_bench_median(seconds, b->steps);
  b->least = seconds[0];
  b->most = seconds[b->steps - 1];
}

static int measure(struct work *w, struct ho_error *err)
{
  struct ho_bench *b = w->b;
  const struct ho_net *net = net_of(w);
  double *seconds = ho_alloc((size_t)b->steps, sizeof *seconds, "times", err);
  if (b->by_layer && !(w->clock = ho_alloc((size_t)net->graph->nodes * HO_CLOCKS, sizeof(double), "times", err))) {
    ho_free(seconds);
    return -1;
  }
  int bad = !seconds || time_steps(w, seconds, err);
  if (!bad) {
    snprintf(b->net, sizeof b->net, "%s", net->spec);
    ho_device_describe(w->device, b->engine, sizeof b->engine);
    b->parameters = net->parameters;
    b->peak = resident("VmHWM");
    describe_times(b, seconds);
    bad = b->by_layer && describe_layers(w, err);
  }
  ho_free(seconds);
  return bad ? -1 : 0;
}

int ho_bench_run(struct ho_bench *b, const struct ho_settings *s, const struct ho_plugin_path *path,
                 struct ho_device *device, struct ho_error *err)
{
  struct work w = { .b = b, .device = device, .settings = *s };
  if (s->batch_size > INT_MAX / 2)
    return ho_error_set(err, "--batch-size %lld is too large: at most %d", s->batch_size, INT_MAX / 2);
  b->baseline = resident("VmRSS");
  int bad = (b->eval ? prepare_eval(&w, err) : prepare_training(&w, path, err)) || measure(&w, err);
  ho_trainer_free(w.trainer);
  ho_network_free(&w.network);
  ho_free(w.clock);
  return bad ? -1 : 0;
}

void ho_bench_free(struct ho_bench *b)
{
  ho_free(b->layer);
  b->layer = NULL;
  b->layers = 0;
}
