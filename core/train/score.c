/* SPDX-License-Identifier: MIT
 * score.c - evaluation: images without random augmentation, running averages, no dropout, every network of the run.
 *
 * Batches have a fixed size, so scores do not depend on how a run was trained or on what machine. */
#include <math.h>
#include <string.h>

#include "base/locale.h"
#include "compute/parallel.h"
#include "compute/vector.h"
#include "train/trainer.h"

struct load {
  const struct ho_trainer *t;
  const struct ho_images *from;
  const uint32_t *image;
  size_t floats;
  float *x;
};

static void load_image(int i, int worker, void *arg)
{
  const struct load *l = arg;
  size_t bytes = (size_t)l->from->height * (size_t)l->from->width * (size_t)l->from->channels;
  (void)worker;
  l->t->augment->apply(&l->t->data, l->from->pixel + l->image[i] * bytes, NULL, l->x + (size_t)i * l->floats);
}

int ho_trainer_forward(struct ho_trainer *t, int net, const float *theta, const struct ho_images *from,
                       const uint32_t *image, size_t n, float *logits, float *features, struct ho_error *err)
{
  const struct ho_host *h = &t->host;
  size_t K = (size_t)h->classes, F = (size_t)h->features;
  size_t floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  for (size_t first = 0, size; first < n; first += size) {
    size = n - first < HO_SCORE_BATCH ? n - first : HO_SCORE_BATCH;
    struct load l = { t, from, image + first, floats, t->score_x };
    const float *x = t->score_x;
    ho_parallel((int)size, load_image, &l);
    struct ho_forward f = {
      .groups = 1,
      .size = (int)size,
      .x = &x,
      .theta = theta ? theta : t->theta[net],
      .stats = t->stats[net],
      .eval = 1,
    };
    if (ho_engine_forward(t->scorer, &f, err) ||
        ho_engine_outputs(t->scorer, logits ? logits + first * K : NULL, features ? features + first * F : NULL, err))
      return -1;
  }
  return 0;
}

const struct ho_link *ho_trainer_late(const struct ho_trainer *t)
{
  const struct ho_link *link = t->chain.predict < 0 ? NULL : &t->chain.link[t->chain.predict];
  return link && link->plugin->hooks.late && t->host.step < t->host.steps ? link : NULL;
}

static int diverged(const struct ho_trainer *t, struct ho_error *err)
{
  return ho_error_set(
      err, "the network's outputs are not finite at step %llu: training has diverged; a smaller --lr may help",
      (unsigned long long)t->host.step);
}

static int by_hook(struct ho_trainer *t, size_t n, const float *logits, const float *features, float *out,
                   struct ho_error *err)
{
  const struct ho_link *link = &t->chain.link[t->chain.predict];
  size_t outputs = n * (size_t)t->host.classes;
  t->err = err;
  err->text[0] = 0;
  t->current = t->chain.predict;
  int result = link->plugin->hooks.predict(link->self, &t->host, (int)n, logits, features, out);
  ho_locale_plain();
  if (result && !err->text[0])
    ho_host_fail(t, "its predict hook failed without a word");
  if (!err->text[0] && ho_vector_nonfinite(outputs, out) < outputs)
    ho_host_fail(t, "what it predicts is not finite at step %llu, and the networks' outputs are; see its options",
                 (unsigned long long)t->host.step);
  return err->text[0] ? -1 : 0;
}

/* What the run predicts: the logits of network 0, or whatever the chain's predict hook makes of all of them. */
static int predict(struct ho_trainer *t, const struct ho_score_request *r, float *out, struct ho_error *err)
{
  size_t nets = (size_t)t->host.nets, K = (size_t)t->host.classes, F = (size_t)t->host.features, n = r->n;
  if (t->chain.predict < 0) {
    if (ho_trainer_forward(t, 0, NULL, r->from, r->image, n, out, NULL, err))
      return -1;
    return ho_vector_nonfinite(n * K, out) < n * K ? diverged(t, err) : 0;
  }
  float *logits = ho_alloc(nets * n * K, sizeof *logits, "logits", err);
  float *features = ho_alloc(nets * n * F, sizeof *features, "features", err);
  int result = -1, bad = !logits || !features;
  for (size_t k = 0; k < nets && !bad; k++)
    bad = ho_trainer_forward(t, (int)k, NULL, r->from, r->image, n, logits + k * n * K, features + k * n * F, err);
  if (!bad)
    result = ho_vector_nonfinite(nets * n * K, logits) < nets * n * K ? diverged(t, err)
                                                                      : by_hook(t, n, logits, features, out, err);
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
  if (!logits || predict(t, r, logits, err)) {
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
