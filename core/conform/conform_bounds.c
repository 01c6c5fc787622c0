/* SPDX-License-Identifier: MIT
 * conform_bounds.c - checks of the gradient of own parameters, and that hooks write only where they may. */
#include <math.h>
#include <string.h>

#include "conform/conform_work.h"

enum { N = HO_CONFORM_IMAGES };

/* ---- own parameters ---- */

/* sum_i w_i L_i at theta + r v, where v is 0 except for the own parameters. */
static int loss_along(struct ho_trainer *t, const struct ho_pass *base, struct ho_minibatch *mb, const float *v,
                      double r, double *sum)
{
  size_t first = t->network.net->parameters, P = t->host.parameters;
  float *theta = ho_host_scratch(&t->host, P * sizeof *theta), loss[N];
  struct ho_pass pass = *base;
  if (!theta)
    return -1;
  memcpy(theta, base->theta, P * sizeof *theta);
  for (size_t k = first; k < P; k++)
    theta[k] += (float)r * v[k - first];
  pass.theta = theta;
  if (ho_host_losses(&t->host, &pass, &mb, 1, loss, NULL))
    return -1;
  *sum = 0;
  for (int i = 0; i < N; i++)
    *sum += (double)base->w[i] * loss[i];
  return 0;
}

/* Compares the gradient with central differences, along random directions and along the gradient itself. */
static int check_own(struct ho_trainer *t, int net)
{
  enum { DIRECTIONS = 6 };
  const double r = 1 / 64.0;
  size_t first = t->network.net->parameters, P = t->host.parameters, own = P - first;
  struct ho_drawn *d = ho_conform_batch(t);
  float *row = ho_host_scratch(&t->host, P * sizeof *row), *v = ho_host_scratch(&t->host, own * sizeof *v), w[N];
  struct ho_pass pass = { .net = net, .theta = t->network.theta[net], .w = w };
  for (int i = 0; i < N; i++)
    w[i] = (float)(1 + i % 3) / (2 * N);
  struct ho_minibatch *mb = d ? &d->pub : NULL;
  if (ho_residence_pull(t->network.residence, pass.theta, P, t->caller.err))
    return -1;
  if (!mb || !row || !v || ho_host_gradients(&t->host, &pass, &mb, 1, row))
    return -1;
  double norm = 0;
  for (size_t k = first; k < P; k++)
    norm += (double)row[k] * row[k];
  for (int j = 0; j <= DIRECTIONS; j++) {
    double along = 0, low, high, length = 0;
    ho_conform_normal(20 + (uint64_t)j, 1, v, own);
    for (size_t k = 0; k < own; k++) {
      v[k] = j == DIRECTIONS ? row[first + k] : v[k];
      length += (double)v[k] * v[k];
    }
    if (length == 0)
      continue;
    for (size_t k = 0; k < own; k++) {
      v[k] = (float)(v[k] / sqrt(length));
      along += (double)v[k] * row[first + k];
    }
    if (loss_along(t, &pass, mb, v, -r, &low) || loss_along(t, &pass, mb, v, r, &high))
      return -1;
    double slope = (high - low) / (2 * r);
    if (!(fabs(along - slope) <= 0.02 * sqrt(norm) + 1e-4 * (1 + fabs(high))))
      return ho_error_set(t->caller.err,
                          "along a direction of its own parameters the gradient is %.6g, but the losses have the "
                          "slope %.6g (network %d, epoch %d)",
                          along, slope, net, t->host.epoch);
  }
  return 0;
}

enum ho_verdict ho_conform_own(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->plugin->hooks.own)
    return ho_conform_skipped(why, "it has no own hook");
  struct ho_trainer *fresh = ho_conform_trainer(w, &w->settings[0], why), *t[] = { fresh, w->trained[0] };
  int bad = !fresh || ho_trainer_epoch(fresh, 0, why);
  if (!bad && fresh->host.parameters == fresh->network.net->parameters)
    bad = ho_error_set(why, "it has an own hook but no parameter: open must call h->parameter()");
  for (int i = 0; i < 2 && !bad && t[i]; i++)
    for (int net = 0; net < t[i]->host.nets && !bad; net++) {
      ho_conform_enter(t[i], t[i]->chain.direction, why);
      bad = check_own(t[i], net) || ho_error_is_set(why);
      ho_conform_leave(t[i]);
    }
  ho_trainer_free(fresh);
  return bad ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}

/* ---- bounds ---- */

static int call_input(struct ho_conform_work *w, struct ho_trainer *t, int l)
{
  const struct ho_host *h = &t->host;
  size_t K = (size_t)h->classes, floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  struct ho_drawn *d = ho_conform_batch(t);
  float *x = d ? ho_conform_guarded(t, N * floats, d->pub.x) : NULL;
  float *target = d ? ho_conform_guarded(t, N * K, d->pub.target) : NULL;
  if (!x || !target)
    return -1;
  d->pub.x = x;
  d->pub.target = target;
  int bad = ho_call_input(&t->caller, l, &d->pub);
  ho_conform_guard(w, "input", "x", x, N * floats);
  ho_conform_guard(w, "input", "target", target, N * K);
  return bad;
}

static int call_weigh(struct ho_conform_work *w, struct ho_trainer *t, int l)
{
  struct ho_drawn *d = ho_conform_batch(t);
  float loss[N], *weight;
  if (!d || !(weight = ho_conform_guarded(t, N, NULL)))
    return -1;
  ho_conform_normal(7, 1, loss, N);
  for (int i = 0; i < N; i++) {
    loss[i] = fabsf(loss[i]);
    weight[i] = 1.0f / N;
  }
  int bad = ho_call_weigh(&t->caller, l, &d->pub, loss, weight);
  ho_conform_guard(w, "weigh", "w", weight, N);
  for (int i = 0; i < N && !bad && !ho_error_is_set(&w->outside); i++)
    if (!isfinite(weight[i]))
      ho_error_set(&w->outside, "weigh gives the weight %g to an image of loss %g", (double)weight[i], (double)loss[i]);
  return bad;
}

/* Another plugin may draw images with true labels, whose numbers follow those of the training images.  Arrays indexed
 * by sample must allow for that, which a build with sanitizers checks. */
static int call_on_clean(struct ho_trainer *t, int l)
{
  size_t K = (size_t)t->host.classes, F = (size_t)t->host.features;
  struct ho_draw want = { .pool = HO_CLEAN, .count = 1, .size = N };
  struct ho_minibatch *mb;
  float loss[N], w[N], *logits = ho_host_scratch(&t->host, N * K * sizeof *logits);
  float *d = ho_host_scratch(&t->host, N * K * sizeof *d);
  float *features = ho_host_scratch(&t->host, N * F * sizeof *features);
  if (!logits || !d || !features || ho_host_draw(&t->host, &want, &mb))
    return -1;
  ho_conform_normal(9, 1, logits, N * K);
  ho_conform_normal(10, 1, features, N * F);
  for (int i = 0; i < N; i++) {
    loss[i] = 1;
    w[i] = 1.0f / N;
  }
  struct ho_head head = {
    .logits = logits, .features = features, .theta = t->network.theta[0], .loss = loss, .dlogits = d, .first = 1
  };
  return ho_call_loss(&t->caller, l, mb, &head) || ho_call_weigh(&t->caller, l, mb, loss, w) ? -1 : 0;
}

/* Brings n floats up to date in host memory. */
static int fetch(struct ho_trainer *t, const float *p, size_t n)
{
  return ho_residence_pull(t->network.residence, p, n, t->caller.err);
}

/* Calls update for one tensor, on copies. */
static int call_update(struct ho_conform_work *w, struct ho_trainer *t, int l, const struct ho_tensor *p)
{
  const struct ho_network *n = &t->network;
  if (fetch(t, n->theta[0] + p->offset, p->size))
    return -1;
  float *dir = ho_conform_guarded(t, p->size, NULL), *same = ho_conform_guarded(t, p->size, NULL);
  struct ho_update u = { .tensor = *p, .theta = ho_conform_guarded(t, p->size, n->theta[0] + p->offset), .dir = dir };
  for (int s = 0; s < n->slots; s++)
    if (fetch(t, n->slot[0][s] + p->offset, p->size) ||
        !(u.slot[s] = ho_conform_guarded(t, p->size, n->slot[0][s] + p->offset)))
      return -1;
  if (!u.theta || !dir || !same)
    return -1;
  ho_conform_normal(8, 0.1, dir, p->size);
  memcpy(same, dir, p->size * sizeof *dir);
  int bad = ho_call_update(&t->caller, l, &u, 1) || ho_host_flush(t) || fetch(t, u.theta, p->size);
  for (int s = 0; s < n->slots && !bad; s++)
    bad = fetch(t, u.slot[s], p->size);
  ho_conform_guard(w, "update", "theta", u.theta, p->size);
  ho_conform_guard(w, "update", "dir", dir, p->size);
  for (int s = 0; s < n->slots; s++)
    ho_conform_guard(w, "update", "a slot", u.slot[s], p->size);
  if (!ho_error_is_set(&w->outside) && memcmp(same, dir, p->size * sizeof *dir))
    ho_error_set(&w->outside, "update writes to dir, which is read-only");
  return bad;
}

/* The memory from the end of self to the next multiple of 64 bytes is unused and was zeroed. */
static int behind_self(const struct ho_link *link)
{
  size_t size = link->plugin->hooks.self;
  const unsigned char *self = link->self;
  for (size_t k = size; k % HO_ALIGNMENT; k++)
    if (self[k])
      return 1;
  return 0;
}

static int call_hooks(struct ho_conform_work *w, struct ho_trainer *t)
{
  const struct ho_optimizer *o = &w->plugin->hooks;
  int l = ho_conform_link(w, t), bad = (o->input && call_input(w, t, l)) || (o->weigh && call_weigh(w, t, l));
  for (int i = 0; i < t->network.tensors && !bad && o->update; i++)
    bad = call_update(w, t, l, &t->network.tensor[i]);
  bad = bad || call_on_clean(t, l);
  if (!bad && !ho_error_is_set(&w->outside) && behind_self(&t->chain.link[l]))
    ho_error_set(&w->outside, "something is written beyond its struct of %zu bytes", o->self);
  return bad;
}

enum ho_verdict ho_conform_bounds(struct ho_conform_work *w, struct ho_error *why)
{
  struct ho_trainer *t = ho_conform_trainer(w, &w->settings[0], why);
  int bad = !t || ho_trainer_epoch(t, 0, why) || ho_trainer_step(t, why);
  if (!bad) {
    ho_conform_enter(t, 0, why);
    bad = call_hooks(w, t) || ho_error_is_set(why);
    ho_conform_leave(t);
  }
  ho_trainer_free(t);
  if (!bad && ho_error_is_set(&w->outside)) {
    *why = w->outside;
    bad = 1;
  }
  return bad ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}
