/* SPDX-License-Identifier: MIT
 * conform_step.c - checks of what a step computes: mini-batches, weights, directions, outputs; and what is needed to
 * call a single hook, on arrays with guards. */
#include <math.h>
#include <string.h>

#include "compute/random.h"
#include "conform/conform_work.h"

/* ---- found while training ---- */

/* The first fault of a mini-batch as the input hooks left it. */
static int look_at_input(const struct ho_trainer *t, const struct ho_minibatch *mb, struct ho_error *why)
{
  const struct ho_host *h = &t->host;
  size_t K = (size_t)h->classes, floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  unsigned long long step = h->step;
  for (size_t i = 0; i < (size_t)mb->size; i++) {
    double sum = 0;
    for (size_t k = 0; k < K; k++)
      sum += mb->target[i * K + k];
    if (!(fabs(sum - 1) <= 1e-4))
      return ho_error_set(why, "the target of an image sums to %.6g at step %llu, mini-batch %d; it must be 1", sum,
                          step, mb->index);
    for (size_t k = 0; k < floats; k++)
      if (!isfinite(mb->x[i * floats + k]))
        return ho_error_set(why, "a pixel is %g at step %llu, mini-batch %d", (double)mb->x[i * floats + k], step,
                            mb->index);
    if (!(mb->lambda[i] >= 0 && mb->lambda[i] <= 1) || mb->id[i] >= t->source.samples + t->source.clean ||
        mb->mate[i] >= t->source.samples + t->source.clean)
      return ho_error_set(why, "sample %u is mixed with %u with share %g: not valid samples, or not a share", mb->id[i],
                          mb->mate[i], (double)mb->lambda[i]);
  }
  return 0;
}

void ho_conform_look(struct ho_conform_work *w, const struct ho_trainer *t)
{
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next) {
    if (!ho_error_is_set(&w->input))
      look_at_input(t, &d->pub, &w->input);
    for (int i = 0; i < d->pub.size && d->weighed && !ho_error_is_set(&w->weigh); i++)
      if (!isfinite(d->w[i]))
        ho_error_set(&w->weigh, "the weight of an image is %g at step %llu, mini-batch %d; it must be finite",
                     (double)d->w[i], (unsigned long long)t->host.step, d->pub.index);
  }
}

enum ho_verdict ho_conform_input(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->plugin->hooks.input)
    return ho_conform_skipped(why, "it has no input hook");
  *why = w->input;
  return ho_error_is_set(why) ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}

enum ho_verdict ho_conform_weigh(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->plugin->hooks.weigh)
    return ho_conform_skipped(why, "it has no weigh hook");
  *why = w->weigh;
  return ho_error_is_set(why) ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}

/* ---- direction ---- */

/* A NaN that no computation returns. */
static const uint32_t mark = 0x7fc0dead;

static void fill_marks(float *x, size_t n)
{
  for (size_t k = 0; k < n; k++)
    memcpy(x + k, &mark, sizeof mark);
}

static int is_mark(const float *x)
{
  return !memcmp(x, &mark, sizeof mark);
}

/* dir is not cleared between steps and not in checkpoints, so what the hook leaves out is undefined. */
static int direction_is_whole(struct ho_trainer *t, struct ho_error *why)
{
  struct ho_residence *r = t->network.residence;
  size_t P = t->host.parameters;
  struct ho_error other;
  int bad = 0;
  for (int k = 0; k < t->host.nets; k++) {
    fill_marks(t->network.dir[k], P);
    if (ho_residence_push(r, t->network.dir[k], P, why))
      return -1;
  }
  if (ho_trainer_step(t, why) ||
      ho_trainer_settle(t, why)) /* marks left in dir make the step fail; report them first */
    bad = 1;
  for (int k = 0; k < t->host.nets; k++)
    if (ho_residence_pull(r, t->network.dir[k], P, bad ? &other : why))
      return -1;
  for (int k = 0; k < t->host.nets && !t->step.skip; k++)
    for (int i = 0; i < t->network.tensors; i++)
      for (size_t j = 0; j < t->network.tensor[i].size; j++)
        if (is_mark(t->network.dir[k] + t->network.tensor[i].offset + j))
          return ho_error_set(why,
                              "%s[%zu] of network %d is not written; direction must write all of dir, own "
                              "parameters included",
                              t->network.tensor[i].name, j, k);
  return bad ? ho_error_prefix(why, "a step fails") : 0;
}

enum ho_verdict ho_conform_direction(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->plugin->hooks.direction)
    return ho_conform_skipped(why, "it has no direction hook");
  struct ho_trainer *t = ho_conform_trainer(w, &w->settings[0], why);
  int bad = !t || ho_trainer_epoch(t, 0, why);
  for (int i = 0; i < 2 && !bad; i++) /* the first may be skipped */
    bad = direction_is_whole(t, why);
  ho_trainer_free(t);
  return bad ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}

/* ---- a single hook ---- */

void ho_conform_enter(struct ho_trainer *t, int current, struct ho_error *err)
{
  ho_call_begin(&t->caller, err);
  ho_step_begin(t);
  t->caller.current = current;
  t->caller.phase = HO_STEP;
}

void ho_conform_leave(struct ho_trainer *t)
{
  t->caller.phase = HO_IDLE;
}

enum { GUARD = 64 };

float *ho_conform_guarded(struct ho_trainer *t, size_t n, const float *from)
{
  float *all = ho_host_scratch(&t->host, (n + (size_t)2 * GUARD) * sizeof *all);
  if (!all)
    return NULL;
  fill_marks(all, GUARD);
  fill_marks(all + GUARD + n, GUARD);
  if (from)
    memcpy(all + GUARD, from, n * sizeof *all);
  else
    memset(all + GUARD, 0, n * sizeof *all);
  return all + GUARD;
}

int ho_conform_intact(const float *x, size_t n)
{
  for (size_t k = 0; k < GUARD; k++)
    if (!is_mark(x - GUARD + k) || !is_mark(x + n + k))
      return 0;
  return 1;
}

void ho_conform_guard(struct ho_conform_work *w, const char *hook, const char *array, const float *x, size_t n)
{
  if (!ho_error_is_set(&w->outside) && !ho_conform_intact(x, n))
    ho_error_set(&w->outside, "%s writes outside of %s, which has %zu numbers", hook, array, n);
}

void ho_conform_normal(uint64_t number, double scale, float *out, size_t n)
{
  struct ho_stream s = ho_stream_make(0, "conform", number, 0);
  for (size_t k = 0; k < n; k++)
    out[k] = (float)(scale * ho_stream_normal(&s));
}

/* Sample i is mixed with i + 1, with shares 0.7 and 0.3. */
struct ho_drawn *ho_conform_batch(struct ho_trainer *t)
{
  enum { N = HO_CONFORM_IMAGES };
  uint32_t id[N];
  struct ho_draw want = { .count = 1, .size = N, .ids = id, .plain = 1 };
  struct ho_minibatch *mb;
  for (uint32_t i = 0; i < N; i++)
    id[i] = i;
  if (ho_host_draw(&t->host, &want, &mb))
    return NULL;
  for (uint32_t i = 0; i < N; i++) {
    size_t K = (size_t)t->host.classes;
    ((uint32_t *)mb->mate)[i] = (i + 1) % N;
    ((float *)mb->lambda)[i] = 0.7f;
    mb->target[i * K + mb->label[i]] = 0.7f;
    mb->target[i * K + t->host.label[(i + 1) % N]] += 0.3f;
  }
  return (struct ho_drawn *)mb;
}

/* ---- predict ---- */

enum { SEEN = 12 };

/* Returns the outputs of n images, starting at image i; logits and features are [nets][SEEN][...]. */
static float *predict(struct ho_conform_work *w, struct ho_trainer *t, size_t i, size_t n, const float *logits,
                      const float *features)
{
  size_t K = (size_t)t->host.classes, F = (size_t)t->host.features, nets = (size_t)t->host.nets;
  float *z = ho_host_scratch(&t->host, nets * n * K * sizeof *z);
  float *f = ho_host_scratch(&t->host, nets * n * F * sizeof *f);
  float *out = ho_conform_guarded(t, n * K, NULL);
  if (!z || !f || !out)
    return NULL;
  for (size_t k = 0; k < nets; k++) {
    memcpy(z + k * n * K, logits + (k * SEEN + i) * K, n * K * sizeof *z);
    memcpy(f + k * n * F, features + (k * SEEN + i) * F, n * F * sizeof *f);
  }
  int bad = ho_call_predict(&t->caller, t->chain.predict, (int)n, z, f, out);
  ho_conform_guard(w, "predict", "out", out, n * K);
  return bad ? NULL : out;
}

static int check_predict(struct ho_conform_work *w, struct ho_trainer *t, struct ho_error *why)
{
  size_t K = (size_t)t->host.classes, F = (size_t)t->host.features, nets = (size_t)t->host.nets;
  float *logits = ho_host_scratch(&t->host, nets * SEEN * K * sizeof *logits);
  float *features = ho_host_scratch(&t->host, nets * SEEN * F * sizeof *features);
  if (!logits || !features)
    return -1;
  ho_conform_normal(1, 3, logits, nets * SEEN * K);
  ho_conform_normal(2, 1, features, nets * SEEN * F);
  const float *all = predict(w, t, 0, SEEN, logits, features);
  for (size_t i = 0; i < SEEN; i++) {
    const float *one = all ? predict(w, t, i, 1, logits, features) : NULL;
    if (!one)
      return -1;
    for (size_t k = 0; k < K; k++)
      if (!isfinite(one[k]))
        return ho_error_set(why, "an output is %g; all must be finite", (double)one[k]);
      else if (fabsf(one[k] - all[i * K + k]) > 1e-4f * (1 + fabsf(one[k])))
        return ho_error_set(why,
                            "an image gives %.6g alone and %.6g with others: outputs must not depend on other images",
                            (double)one[k], (double)all[i * K + k]);
  }
  return 0;
}

/* Returns 1 if its predictions are the logits of network 0, 0 if not, -1 on failure. */
static int predicts_as_network(struct ho_conform_work *w, struct ho_trainer *t, struct ho_error *why)
{
  size_t K = (size_t)t->host.classes, F = (size_t)t->host.features, nets = (size_t)t->host.nets;
  ho_conform_enter(t, 0, why);
  float *logits = ho_host_scratch(&t->host, nets * SEEN * K * sizeof *logits);
  float *features = ho_host_scratch(&t->host, nets * SEEN * F * sizeof *features);
  const float *out = NULL;
  if (logits && features) {
    ho_conform_normal(1, 3, logits, nets * SEEN * K);
    ho_conform_normal(2, 1, features, nets * SEEN * F);
    out = predict(w, t, 0, SEEN, logits, features);
  }
  int same = out ? !memcmp(out, logits, SEEN * K * sizeof *out) : -1;
  ho_conform_leave(t);
  return same;
}

/* A plugin that predicts only after the last epoch must declare it, as evaluations before are not of the method. */
static int check_late(struct ho_conform_work *w, struct ho_error *why)
{
  struct ho_trainer *t = ho_conform_trainer(w, &w->settings[0], why);
  int bad = !t || ho_conform_train(t, (uint64_t)(HO_CONFORM_EPOCHS - 1) * HO_CONFORM_STEPS, why);
  int before = bad ? -1 : predicts_as_network(w, t, why);
  int behind = before < 0 ? -1 : predicts_as_network(w, w->trained[0], why);
  int late = w->plugin->hooks.late;
  ho_trainer_free(t);
  if (behind < 0)
    return -1;
  if (!late && before && !behind)
    return ho_error_set(why,
                        "before the last epoch ends it predicts what the network does, and then something else: its "
                        "best epoch would be the network's (declare .late = 1)");
  if (late && !before)
    return ho_error_set(why, "it declares that it predicts only after the last epoch (.late), but does so before");
  return 0;
}

enum ho_verdict ho_conform_predict(struct ho_conform_work *w, struct ho_error *why)
{
  if (!w->plugin->hooks.predict)
    return ho_conform_skipped(why, "it has no predict hook");
  if (!w->trained[0])
    return ho_conform_skipped(why, "it does not train");
  ho_conform_enter(w->trained[0], 0, why);
  int bad = check_predict(w, w->trained[0], why);
  ho_conform_leave(w->trained[0]);
  bad = bad || ho_error_is_set(why) || check_late(w, why);
  return bad || ho_error_is_set(why) ? HO_VERDICT_FAILED : HO_VERDICT_OK;
}
