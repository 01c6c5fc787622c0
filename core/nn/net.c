/* SPDX-License-Identifier: MIT
 * net.c - the table of architectures, and networks from specs. */
#include "nn/net.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "nn/models/models.h"

enum { MOST_OPTIONS = 16, MOST_MODELS = 32, SIDE = 1 << 20, MOST_CLASSES = 65536 };

static const struct ho_model *const models[] = {
  &ho_model_alexnet_small, &ho_model_cifarnet,        &ho_model_inception_small, &ho_model_lenet,
  &ho_model_mlp,           &ho_model_preact_resnet18, &ho_model_resnet32,        NULL
};

const struct ho_model *const *ho_models(void)
{
  return models;
}

static const struct ho_model *find_model(const char *name, struct ho_error *err)
{
  const char *names[MOST_MODELS];
  char all[512] = "";
  size_t n = 0, length = 0;
  for (; models[n]; n++) {
    if (!strcmp(models[n]->name, name))
      return models[n];
    names[n] = models[n]->name;
    length += (size_t)snprintf(all + length, sizeof all - length, "%s%s", n ? ", " : "", names[n]);
  }
  const char *nearest = ho_text_nearest(name, names, n);
  if (nearest)
    ho_error_set(err, "unknown network `%s': did you mean `%s'?", name, nearest);
  else
    ho_error_set(err, "unknown network `%s': choose one of %s", name, all);
  return NULL;
}

static int find_option(const struct ho_model *model, const char *key, struct ho_error *err)
{
  const char *names[MOST_OPTIONS];
  char all[512] = "";
  int n = 0;
  size_t length = 0;
  for (; model->options[n].name; n++) {
    if (!strcmp(model->options[n].name, key))
      return n;
    names[n] = model->options[n].name;
    length += (size_t)snprintf(all + length, sizeof all - length, "%s%s", n ? ", " : "", names[n]);
  }
  const char *nearest = ho_text_nearest(key, names, (size_t)n);
  if (nearest)
    return ho_error_set(err, "network %s has no option `%s': did you mean `%s'?", model->name, key, nearest);
  return ho_error_set(err, "network %s has no option `%s': its options are %s", model->name, key, all);
}

void ho_net_option_text(const struct ho_net_option *o, double value, char out[32])
{
  if (o->whole)
    snprintf(out, 32, "%.0f", value);
  else
    ho_text_from_real(value, out);
}

static int parse_value(const struct ho_model *model, const struct ho_net_option *o, const char *text, double *value,
                       struct ho_error *err)
{
  char low[32], high[32];
  ho_net_option_text(o, o->low, low);
  ho_net_option_text(o, o->high, high);
  if (ho_text_real(text, value) || (o->whole && *value != floor(*value)) || *value < o->low || *value > o->high)
    return ho_error_set(err, "network %s: %s=%s: `%s' must be a %snumber from %s to %s", model->name, o->name, text,
                        o->name, o->whole ? "whole " : "", low, high);
  *value += 0.0; /* -0 would be written differently from 0 */
  return 0;
}

/* Parses key=value,key=value; writes into `text'. */
static int parse_options(const struct ho_model *model, char *text, double *value, struct ho_error *err)
{
  unsigned char seen[MOST_OPTIONS] = { 0 };
  for (char *item = text, *next; item; item = next) {
    if ((next = strchr(item, ',')))
      *next++ = 0;
    char *equals = strchr(item, '=');
    if (!equals)
      return ho_error_set(err, "network %s: `%s' must have the form key=value", model->name, item);
    *equals = 0;
    int i = find_option(model, item, err);
    if (i < 0 || parse_value(model, &model->options[i], equals + 1, &value[i], err))
      return -1;
    if (seen[i]++)
      return ho_error_set(err, "network %s: option `%s' is given twice", model->name, item);
  }
  return 0;
}

static void write_spec(const struct ho_model *model, const double *value, char *out, size_t size)
{
  size_t length = (size_t)snprintf(out, size, "%s", model->name);
  char separator = ':', text[32];
  for (int i = 0; model->options[i].name && length < size; i++)
    if (value[i] != model->options[i].value) {
      ho_net_option_text(&model->options[i], value[i], text);
      length += (size_t)snprintf(out + length, size - length, "%c%s=%s", separator, model->options[i].name, text);
      separator = ',';
    }
}

static int check_sizes(struct ho_shape s, int classes, struct ho_error *err)
{
  if (s.height < 1 || s.width < 1 || s.channels < 1 || s.height > SIDE || s.width > SIDE || s.channels > SIDE)
    return ho_error_set(err, "images of %dx%dx%d: height, width and channels must be from 1 to %d", s.height, s.width,
                        s.channels, SIDE);
  if (classes < 2 || classes > MOST_CLASSES)
    return ho_error_set(err, "%d classes: the number of classes must be from 2 to %d", classes, MOST_CLASSES);
  return 0;
}

/* Fills the public struct (net.h) from the finished graph. */
static void describe(struct ho_net *net)
{
  const struct ho_graph *g = net->graph;
  net->features = (int)ho_shape_size(g->node[g->features].out);
  net->parameters = g->parameters;
  net->statistics = g->statistics;
  net->param = g->param;
  net->stat = g->stat;
  net->nparams = g->nparams;
  net->nstats = g->nstats;
  for (int i = 1; i < g->nodes; i++)
    if (g->node[i].layer->multiply_adds)
      net->multiply_adds += g->node[i].layer->multiply_adds(&g->node[i]);
}

struct ho_net *ho_net_build(const struct ho_model *model, const double *value, struct ho_shape input, int classes,
                            struct ho_error *err)
{
  struct ho_error scratch;
  struct ho_net *net;
  if (check_sizes(input, classes, err) || !(net = ho_alloc(1, sizeof *net, "a network", err)))
    return NULL;
  net->model = model;
  net->input = input;
  net->classes = classes;
  net->graph = ho_alloc(1, sizeof *net->graph, "a network", err);
  if (!net->graph) {
    ho_free(net);
    return NULL;
  }
  net->graph->input = input;
  net->graph->classes = classes;
  net->graph->err = err ? err : &scratch;
  int bad = model->build(net->graph, value);
  net->graph->err = NULL;
  if (bad) {
    ho_error_prefix(err, "network %s", model->name);
    ho_net_free(net);
    return NULL;
  }
  write_spec(model, value, net->spec, sizeof net->spec);
  describe(net);
  return net;
}

struct ho_net *ho_net_new(const char *spec, struct ho_shape input, int classes, struct ho_error *err)
{
  char text[sizeof((struct ho_net *)0)->spec];
  double value[MOST_OPTIONS];
  if (snprintf(text, sizeof text, "%s", spec) >= (int)sizeof text) {
    ho_error_set(err, "network `%.40s...': the text is too long", spec);
    return NULL;
  }
  char *options = strchr(text, ':');
  if (options)
    *options++ = 0;
  const struct ho_model *model = find_model(text, err);
  if (!model)
    return NULL;
  for (int i = 0; model->options[i].name; i++)
    value[i] = model->options[i].value;
  if (options && parse_options(model, options, value, err))
    return NULL;
  return ho_net_build(model, value, input, classes, err);
}

void ho_net_free(struct ho_net *net)
{
  if (!net)
    return;
  ho_free(net->graph->node);
  ho_free(net->graph->param);
  ho_free(net->graph->stat);
  ho_free(net->graph);
  ho_free(net);
}
