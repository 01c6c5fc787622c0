/* SPDX-License-Identifier: MIT
 * score.c - evaluation; see score.h. */
#include "train/score.h"

#include <math.h>
#include <string.h>

#include "compute/vector.h"
#include "train/outputs.h"

const struct ho_link *ho_trainer_late(const struct ho_trainer *t)
{
  const struct ho_link *link = t->chain.predict < 0 ? NULL : &t->chain.link[t->chain.predict];
  return link && link->plugin->hooks.late && t->host.step < t->host.steps ? link : NULL;
}

static int diverged(const struct ho_trainer *t, struct ho_error *err)
{
  return ho_error_set_as(
      err, HO_ERROR_DIVERGED,
      "the network's outputs are not finite at step %llu: training has diverged; a smaller --lr may help",
      (unsigned long long)t->host.step);
}

static int by_hook(struct ho_trainer *t, size_t n, const float *logits, const float *features, float *out,
                   struct ho_error *err)
{
  int link = t->chain.predict;
  size_t outputs = n * (size_t)t->host.classes;
  ho_call_begin(&t->caller, err);
  if (ho_call_predict(&t->caller, link, (int)n, logits, features, out))
    return -1;
  if (ho_vector_nonfinite(outputs, out) < outputs)
    return ho_call_fail_for(
        &t->caller, link, HO_ERROR_FAILED,
        "its predictions are not finite at step %llu, although the networks' outputs are; check its options",
        (unsigned long long)t->host.step);
  return 0;
}

/* What the run predicts: the logits of network 0, or whatever the chain's predict hook makes of all of them.  The features of
 * network 0 go to `kept', which may be NULL. */
static int predict(struct ho_trainer *t, const struct ho_score_request *r, float *out, float *kept,
                   struct ho_error *err)
{
  size_t nets = (size_t)t->host.nets, K = (size_t)t->host.classes, F = (size_t)t->host.features, n = r->n;
  if (t->chain.predict < 0) {
    if (ho_outputs(t, 0, NULL, r->from, r->image, n, out, kept, err))
      return -1;
    return ho_vector_nonfinite(n * K, out) < n * K ? diverged(t, err) : 0;
  }
  float *logits = ho_alloc(nets * n * K, sizeof *logits, "logits", err);
  float *features = ho_alloc(nets * n * F, sizeof *features, "features", err);
  int result = logits && features ? 0 : -1;
  for (size_t k = 0; k < nets && !result; k++)
    result = ho_outputs(t, (int)k, NULL, r->from, r->image, n, logits + k * n * K, features + k * n * F, err);
  if (!result)
    result = ho_vector_nonfinite(nets * n * K, logits) < nets * n * K ? diverged(t, err)
                                                                      : by_hook(t, n, logits, features, out, err);
  if (!result && kept)
    memcpy(kept, features, n * F * sizeof *kept);
  ho_free(logits);
  ho_free(features);
  return result;
}

static void score_one(const float *z, size_t K, size_t y, size_t i, struct ho_score_result *out)
{
  size_t top = 0, other = y == 0 && K > 1 ? 1 : 0; /* the largest of all, the largest but the label's */
  double sum = 0;
  for (size_t k = 0; k < K; k++) {
    top = z[k] > z[top] ? k : top;
    other = k != y && z[k] > z[other] ? k : other;
  }
  for (size_t k = 0; k < K; k++)
    sum += exp((double)z[k] - z[top]);
  for (size_t k = 0; k < K && out->probabilities; k++)
    out->probabilities[i * K + k] = (float)(exp((double)z[k] - z[top]) / sum);
  double loss = log(sum) + z[top] - z[y];
  out->loss += loss;
  out->accuracy += top == y;
  if (out->each_loss)
    out->each_loss[i] = (float)loss;
  if (out->margin)
    out->margin[i] = z[y] - z[other];
  if (out->probability)
    out->probability[i] = (float)(1 / sum);
  if (out->prediction)
    out->prediction[i] = (uint16_t)top;
}

int ho_trainer_score(struct ho_trainer *t, const struct ho_score_request *r, struct ho_score_result *out,
                     struct ho_error *err)
{
  size_t K = (size_t)t->host.classes;
  float *logits = ho_alloc(r->n * K, sizeof *logits, "logits", err);
  out->loss = out->accuracy = 0;
  if (!logits || predict(t, r, logits, out->features, err)) {
    ho_free(logits);
    return -1;
  }
  for (size_t i = 0; i < r->n; i++)
    score_one(logits + i * K, K, r->label[i], i, out);
  out->loss = r->n ? out->loss / (double)r->n : NAN;
  out->accuracy = r->n ? out->accuracy / (double)r->n : NAN;
  ho_free(logits);
  return 0;
}
