/* SPDX-License-Identifier: MIT
 * conform_loss.c - checks of a loss: its gradient, its linearity in the target, and that only first passes change
 * its state.
 *
 * The loss hook is called alone, with chosen logits and head.first = 0 so that its state must not change, before the
 * first step of a training and after the last. */
#include <math.h>
#include <string.h>

#include "conform/conform_work.h"

enum { N = HO_CONFORM_IMAGES };

struct loss_call {
  struct ho_conform_work *w;
  struct ho_trainer *t;
  struct ho_drawn *d;
  size_t K;
  int net;
  float *logits, *target, *features, *loss, *dlogits; /* with guards, except features */
};

static int loss_call_make(struct loss_call *c)
{
  struct ho_trainer *t = c->t;
  size_t F = (size_t)t->host.features;
  c->K = (size_t)t->host.classes;
  if (!(c->d = ho_conform_batch(t)))
    return -1;
  c->logits = ho_conform_guarded(t, N * c->K, NULL);
  c->target = ho_conform_guarded(t, N * c->K, c->d->pub.target);
  c->loss = ho_conform_guarded(t, N, NULL);
  c->dlogits = ho_conform_guarded(t, N * c->K, NULL);
  c->features = ho_conform_guarded(t, N * F, NULL);
  if (!c->logits || !c->target || !c->loss || !c->dlogits || !c->features)
    return -1;
  ho_conform_normal(4, 1, c->features, N * F);
  c->d->pub.target = c->target;
  return 0;
}

/* Calls the hook, which writes c->loss and c->dlogits, and copies the former to `loss' unless that is NULL. */
static int call(struct loss_call *c, const float *target, float *loss)
{
  struct ho_trainer *t = c->t;
  struct ho_head head = { .logits = c->logits,
                          .features = c->features,
                          .theta = t->network.theta[c->net],
                          .loss = c->loss,
                          .dlogits = c->dlogits,
                          .net = c->net };
  if (target != c->target)
    memcpy(c->target, target, N * c->K * sizeof *target);
  for (size_t i = 0; i < N; i++) /* to find what it does not write */
    c->loss[i] = (float)NAN;
  if (ho_call_loss(&t->caller, t->chain.loss, &c->d->pub, &head))
    return -1;
  ho_conform_guard(c->w, "loss", "loss", c->loss, N);
  ho_conform_guard(c->w, "loss", "dlogits", c->dlogits, N * c->K);
  ho_conform_guard(c->w, "loss", "the mini-batch's target", c->target, N * c->K);
  for (size_t i = 0; i < N; i++)
    if (!isfinite(c->loss[i]))
      return ho_error_set(t->caller.err, "the loss of an image is %g with logits within %g", (double)c->loss[i],
                          fabs((double)c->logits[i * c->K]) > 20 ? 100.0 : 10.0);
  if (loss)
    memcpy(loss, c->loss, N * sizeof *loss);
  return 0;
}

/* ---- targets ---- */

enum { ONE_HOT, MIXED, SMOOTH, TARGETS };
static const char *const target_names[] = { "one class", "two classes", "all classes" };

static void targets(const struct loss_call *c, int kind, float *q)
{
  const struct ho_minibatch *mb = &c->d->pub;
  memset(q, 0, N * c->K * sizeof *q);
  for (size_t i = 0; i < N; i++) {
    double share = kind == ONE_HOT ? 1 : kind == MIXED ? 0.7 : 0.6;
    q[i * c->K + mb->label[i]] += (float)share;
    if (kind == MIXED)
      q[i * c->K + mb->label[(i + 1) % N]] += 0.3f;
    for (size_t k = 0; k < c->K && kind == SMOOTH; k++)
      q[i * c->K + k] += (float)(0.4 / (double)c->K);
  }
}

/* ---- the gradient ---- */

/* Compares dL/dz_k of every image with the central difference, from z_k - r to z_k + r.  At a corner of the loss, any
 * value between the slopes on both sides is correct. */
static int compare_slopes(struct loss_call *c, const float *d, size_t k, const float *L0, const float *low,
                          const float *high, const double *r, const char *target)
{
  double scale = 0, most = 0;
  for (size_t i = 0; i < N; i++)
    most = fmax(most, fabs((double)L0[i]));
  for (size_t i = 0; i < N * c->K; i++)
    scale = fmax(scale, fabs((double)d[i]));
  double tolerance = 2e-3 * scale + 2e-5 * most + 1e-6;
  for (size_t i = 0; i < N; i++) {
    double left = ((double)L0[i] - low[i]) / r[i], right = ((double)high[i] - L0[i]) / r[i], slope = (left + right) / 2;
    double value = d[i * c->K + k];
    int corner = fabs(left - right) > 0.05 * (scale + most);
    if (fabs(value - slope) <= tolerance ||
        (corner && value >= fmin(left, right) - tolerance && value <= fmax(left, right) + tolerance))
      continue;
    return ho_error_set(c->t->caller.err,
                        "dlogits is %.6g where the loss has the slope %.6g (target: %s; network %d, epoch "
                        "%d); a loss that treats part of itself as constant also fails like this",
                        value, slope, target, c->net, c->t->host.epoch);
  }
  return 0;
}

static int gradient_of(struct loss_call *c, const float *q, const char *target)
{
  float L0[N], low[N], high[N], old[N], *d = ho_host_scratch(&c->t->host, N * c->K * sizeof *d);
  double r[N];
  if (!d || call(c, q, L0))
    return -1;
  memcpy(d, c->dlogits, N * c->K * sizeof *d);
  for (size_t k = 0; k < c->K; k++) {
    for (size_t i = 0; i < N; i++) {
      old[i] = c->logits[i * c->K + k];
      c->logits[i * c->K + k] = old[i] - 1 / 64.0f;
    }
    if (call(c, q, low))
      return -1;
    for (size_t i = 0; i < N; i++) {
      c->logits[i * c->K + k] = old[i] + 1 / 64.0f;
      r[i] = ((double)old[i] + 1 / 64.0f - ((double)old[i] - 1 / 64.0f)) / 2;
    }
    if (call(c, q, high))
      return -1;
    for (size_t i = 0; i < N; i++)
      c->logits[i * c->K + k] = old[i];
    if (compare_slopes(c, d, k, L0, low, high, r, target))
      return -1;
  }
  return 0;
}

/* Large logits: exp overflows in float32 above 88. */
static int extremes(struct loss_call *c, const float *q)
{
  for (size_t i = 0; i < N * c->K; i++)
    c->logits[i] = (i / c->K + i) % 3 == 0 ? 100 : -100;
  if (call(c, q, NULL))
    return -1;
  for (size_t i = 0; i < N * c->K; i++)
    if (!isfinite(c->dlogits[i]))
      return ho_error_set(c->t->caller.err, "dlogits is %g with logits within 100; h->log_softmax() does not overflow",
                          (double)c->dlogits[i]);
  return 0;
}

static int check_gradient(struct loss_call *c)
{
  float *q = ho_host_scratch(&c->t->host, N * c->K * sizeof *q);
  for (int kind = 0; q && kind < TARGETS; kind++) {
    targets(c, kind, q);
    ho_conform_normal(3, 1.5, c->logits, N * c->K);
    if (gradient_of(c, q, target_names[kind]) || extremes(c, q))
      return -1;
  }
  return q ? 0 : -1;
}

/* ---- linearity ---- */

static int check_linear(struct loss_call *c)
{
  size_t K = c->K;
  float *q = ho_host_scratch(&c->t->host, N * K * sizeof *q), *L = ho_host_scratch(&c->t->host, K * N * sizeof *L);
  float whole[N];
  if (!q || !L)
    return -1;
  ho_conform_normal(5, 1.5, c->logits, N * K);
  for (size_t k = 0; k < K; k++) {
    memset(q, 0, N * K * sizeof *q);
    for (size_t i = 0; i < N; i++)
      q[i * K + k] = 1;
    if (call(c, q, L + k * N))
      return -1;
  }
  for (int kind = MIXED; kind < TARGETS; kind++) {
    targets(c, kind, q);
    if (call(c, q, whole))
      return -1;
    for (size_t i = 0; i < N; i++) {
      double sum = 0, size = 0;
      for (size_t k = 0; k < K; k++) {
        sum += (double)q[i * K + k] * L[k * N + i];
        size += fabs((double)q[i * K + k] * L[k * N + i]);
      }
      if (fabs(sum - whole[i]) > 1e-4 * size + 1e-6)
        return ho_error_set(c->t->caller.err,
                            "L(q) is %.6g, sum_k q_k L(e_k) is %.6g (target: %s): the loss must be linear in "
                            "the target",
                            (double)whole[i], sum, target_names[kind]);
    }
  }
  return 0;
}

/* ---- state ---- */

static int check_still(struct loss_call *c)
{
  struct ho_trainer *t = c->t;
  int states = t->states;
  void *before[states + 1];
  for (int i = 0; i < states; i++) {
    if (!(before[i] = ho_host_scratch(&t->host, t->state[i].bytes)))
      return -1;
    memcpy(before[i], t->state[i].data, t->state[i].bytes);
  }
  float first[N], second[N];
  ho_conform_normal(6, 1.5, c->logits, N * c->K);
  if (call(c, c->target, first) || call(c, c->target, second))
    return -1;
  for (int i = 0; i < states; i++)
    if (memcmp(before[i], t->state[i].data, t->state[i].bytes))
      return ho_error_set(t->caller.err,
                          "state %s changes in a pass that is not the first: it may change only if head->first is set",
                          t->state[i].name);
  if (memcmp(first, second, sizeof first))
    return ho_error_set(t->caller.err, "the same pass twice gives %.9g and %.9g", (double)first[0], (double)second[0]);
  return 0;
}

/* ---- each of these, before and after a training ---- */

static int on_trainer(struct ho_conform_work *w, struct ho_trainer *t, int (*check)(struct loss_call *),
                      struct ho_error *why)
{
  int bad = 0;
  for (int net = 0; net < t->host.nets && !bad; net++) {
    struct loss_call c = { .w = w, .t = t, .net = net };
    ho_conform_enter(t, t->chain.loss, why);
    bad = loss_call_make(&c) || check(&c) || ho_error_is_set(why);
    ho_conform_leave(t);
  }
  return bad;
}

static enum ho_verdict check_loss(struct ho_conform_work *w, int (*check)(struct loss_call *), struct ho_error *why)
{
  if (!w->plugin->hooks.loss)
    return ho_conform_skipped(why, "it has no loss hook");
  struct ho_trainer *t = ho_conform_trainer(w, &w->settings[0], why);
  int bad = !t || ho_trainer_epoch(t, 0, why) || on_trainer(w, t, check, why);
  ho_trainer_free(t);
  if (!bad && w->trained[0])
    bad = on_trainer(w, w->trained[0], check, why);
  return bad ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}

enum ho_verdict ho_conform_gradient(struct ho_conform_work *w, struct ho_error *why)
{
  return check_loss(w, check_gradient, why);
}

enum ho_verdict ho_conform_linear(struct ho_conform_work *w, struct ho_error *why)
{
  return check_loss(w, check_linear, why);
}

enum ho_verdict ho_conform_still(struct ho_conform_work *w, struct ho_error *why)
{
  return check_loss(w, check_still, why);
}
