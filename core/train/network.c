/* SPDX-License-Identifier: MIT
 * network.c - the networks of a training; see network.h. */
#include "train/network.h"

#include <stdlib.h>
#include <string.h>

#include "compute/vector.h"
#include "nn/graph.h"

static int decays(const struct ho_settings *s, const struct ho_param *p)
{
  return p->is_weight || !strcmp(s->decay, "all");
}

int ho_network_make(struct ho_network *w, struct ho_device *device, const struct ho_settings *s, struct ho_shape input,
                    int classes, struct ho_budget *budget, struct ho_error *err)
{
  *w = (struct ho_network){ .device = device, .budget = budget };
  if (!(w->residence = ho_alloc(1, sizeof *w->residence, "the table of arrays", err)))
    return -1;
  ho_residence_make(w->residence, device);
  if (!(w->net = ho_net_new(s->net, input, classes, err)))
    return -1;
  w->parameters = w->net->parameters;
  w->tensor = calloc((size_t)w->net->nparams, sizeof *w->tensor);
  if (!w->tensor)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: %d tensors", w->net->nparams);
  for (; w->tensors < w->net->nparams; w->tensors++) {
    const struct ho_param *p = &w->net->param[w->tensors];
    double decay = decays(s, p) ? s->weight_decay : 0;
    char *name = strdup(p->name);
    if (!name)
      return ho_error_set_as(err, HO_ERROR_MEMORY, "out of memory: the name %s", p->name);
    w->tensor[w->tensors] = (struct ho_tensor){ name, p->offset, p->size, 1, decay };
  }
  return 0;
}

int ho_network_add(struct ho_network *w, const char *name, size_t n, double rate, double decay, size_t *offset)
{
  struct ho_tensor *longer = realloc(w->tensor, (size_t)(w->tensors + 1) * sizeof *longer);
  char *copy = strdup(name);
  if (longer)
    w->tensor = longer;
  if (!longer || !copy) {
    free(copy);
    return -1;
  }
  *offset = w->parameters;
  w->tensor[w->tensors++] = (struct ho_tensor){ copy, *offset, n, rate, decay };
  w->parameters += n;
  return 0;
}

/* Bytes of host memory: an engine on another device has its own. */
static size_t engine_bytes(const struct ho_network *w, int groups, int images, int backward)
{
  return w->device->kind->vectors ? 0 : ho_engine_bytes(w->device, w->net, groups, images, backward);
}

int ho_network_start(struct ho_network *w, int nets, int score_images, uint64_t seed, struct ho_error *err)
{
  struct ho_budget *b = w->budget;
  size_t images = (size_t)score_images;
  w->nets = nets;
  for (int k = 0; k < w->nets; k++) {
    w->theta[k] = ho_budget_alloc(b, w->parameters, sizeof(float), "parameters", err);
    w->stats[k] = ho_budget_alloc(b, w->net->statistics, sizeof(float), "running statistics", err);
    if (!w->theta[k] || !w->stats[k])
      return -1;
    ho_net_init(w->net, seed, k, w->theta[k], w->stats[k]);
    if (ho_residence_keep(w->residence, w->theta[k], w->parameters, w->net->parameters, err))
      return -1;
  }
  w->residence->least = w->parameters;
  if (ho_budget_reserve(b, engine_bytes(w, 1, score_images, 0), "evaluation", err) ||
      !(w->score_x = ho_budget_alloc(b, images, ho_shape_size(w->net->input) * sizeof(float), "evaluation", err)) ||
      !(w->scorer = ho_engine_new(w->device, w->net, 1, score_images, 0, err)))
    return -1;
  return 0;
}

/* At home, hooks write these themselves: a pass that is given one gets a fresh copy each time. */
static int keep(struct ho_network *w, float *array, struct ho_error *err)
{
  return w->residence->at_home ? 0 : ho_residence_keep(w->residence, array, w->parameters, w->parameters, err);
}

int ho_network_start_training(struct ho_network *w, int slots, struct ho_error *err)
{
  size_t P = w->parameters;
  w->slots = slots;
  for (int k = 0; k < w->nets; k++) {
    if (!(w->dir[k] = ho_budget_alloc(w->budget, P, sizeof(float), "the direction", err)) || keep(w, w->dir[k], err))
      return -1;
    for (int s = 0; s < w->slots; s++)
      if (!(w->slot[k][s] = ho_budget_alloc(w->budget, P, sizeof(float), "the optimizer's slots", err)) ||
          keep(w, w->slot[k][s], err))
        return -1;
  }
  return 0;
}

void ho_network_free(struct ho_network *w)
{
  for (int k = 0; k < HO_NETS_MAX; k++) {
    ho_free(w->theta[k]);
    ho_free(w->dir[k]);
    ho_free(w->stats[k]);
    for (int s = 0; s < HO_SLOTS_MAX; s++)
      ho_free(w->slot[k][s]);
  }
  for (int i = 0; i < w->tensors; i++)
    free((char *)w->tensor[i].name);
  free(w->tensor);
  ho_engine_free(w->engine);
  ho_engine_free(w->scorer);
  if (w->residence)
    ho_residence_free(w->residence);
  ho_free(w->residence);
  ho_net_free(w->net);
  ho_free(w->score_x);
}

int ho_network_changed(struct ho_network *w, struct ho_error *err)
{
  for (int k = 0; k < w->nets; k++)
    if (ho_residence_push(w->residence, w->theta[k], w->parameters, err))
      return -1;
  return 0;
}

int ho_network_finite(struct ho_network *w, int k, int *finite, struct ho_error *err)
{
  struct ho_residence *r = w->residence;
  size_t P = w->parameters, first = P;
  const float *theta = ho_residence_read(r, w->theta[k], P, err);
  if (!theta || (r->vectors && r->vectors->nonfinite(r->device, P, theta, &first, err)))
    return -1;
  *finite = r->vectors ? first == P : ho_vector_nonfinite(P, theta) == P;
  return 0;
}

/* An engine large enough for the pass; it grows when a larger pass comes, and results do not depend on its size. */
static int fit_engine(struct ho_network *w, int groups, int images, struct ho_error *err)
{
  if (groups <= w->groups && images <= w->images)
    return 0;
  if (w->engine)
    ho_budget_return(w->budget, engine_bytes(w, w->groups, w->images, 1));
  groups = groups > w->groups ? groups : w->groups;
  images = images > w->images ? images : w->images;
  ho_engine_free(w->engine);
  w->engine = NULL;
  w->groups = w->images = 0;
  size_t bytes = engine_bytes(w, groups, images, 1);
  if (ho_budget_reserve(w->budget, bytes, "activations", err))
    return -1;
  if (!(w->engine = ho_engine_new(w->device, w->net, groups, images, 1, err))) {
    ho_budget_return(w->budget, bytes);
    return -1;
  }
  w->groups = groups;
  w->images = images;
  return 0;
}

/* Runs a pass with what the network knows of it, and copies out the results. */
static int run(struct ho_network *w, struct ho_engine *engine, int net, struct ho_forward f, float *logits,
               float *features, struct ho_error *err)
{
  f.theta = ho_residence_read(w->residence, f.theta ? f.theta : w->theta[net], w->net->parameters, err);
  f.stats = w->stats[net];
  return !f.theta || ho_engine_forward(engine, &f, err) || ho_engine_outputs(engine, logits, features, err) ? -1 : 0;
}

int ho_network_forward(struct ho_network *w, int net, const struct ho_forward *f, float *logits, float *features,
                       struct ho_error *err)
{
  if (fit_engine(w, f->groups, f->groups * f->size, err))
    return -1;
  return run(w, w->engine, net, *f, logits, features, err);
}

int ho_network_backward(struct ho_network *w, const float *dlogits, float *rows, struct ho_error *err)
{
  struct ho_residence *r = w->residence;
  size_t P = w->parameters, own = w->net->parameters, groups = (size_t)w->engine->groups;
  float *to = ho_residence_write(r, rows, groups * P, err);
  if (!to || ho_engine_backward(w->engine, dlogits, to, P, err))
    return -1;
  if (P == own)
    return ho_residence_written(r, rows, groups * P, err);
  for (float *row = rows; row < rows + groups * P; row += P)
    if (ho_residence_written(r, row, own, err) || ho_residence_push(r, row + own, P - own, err))
      return -1;
  return 0;
}

int ho_network_score(struct ho_network *w, int net, const float *theta, int n, float *logits, float *features,
                     struct ho_error *err)
{
  const float *x = w->score_x;
  const struct ho_forward f = { .groups = 1, .size = n, .x = &x, .theta = theta, .eval = 1 };
  return run(w, w->scorer, net, f, logits, features, err);
}

void ho_network_clock(struct ho_network *w, double *seconds)
{
  ho_engine_clock(w->engine ? w->engine : w->scorer, seconds);
}
