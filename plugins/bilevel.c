/* SPDX-License-Identifier: MIT
 * bilevel.c - Jenni and Favaro, Deep Bilevel Learning (ECCV 2018), with its ablations and controls.
 *
 * A step draws mini-batches with the same labels and splits them into a training group T and a validation group V.
 * The lower level fits the parameters to the weighted training losses; the upper level minimises the loss on V:
 *
 *    theta(w) = argmin_theta sum_{i in T} w_i l_i(theta),     w = argmin_{|w|_1 = 1} sum_{j in V} l_j(theta(w)).
 *
 * Linearise the losses at theta, add proximal terms, and drop the products of different training mini-batches:
 *
 *    w_i  =  <g_v, g_i> / (|g_i|^2 + mu),   g_v = sum_{j in V} g_j,   then   w_i <- w_i / sum_k |w_k|,
 *    theta  <-  theta - eps sum_{i in T} w_i g_i.
 *
 * A training mini-batch whose gradient agrees with that of the validation group gets a large weight, and one that
 * disagrees a negative weight.  g_v itself is never applied.  Defaults are those of the authors' code. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

enum { COMPUTED, UNIFORM, RANDOM };

struct bilevel {
  double mu, fixed;
  int minibatches, validation, matched, l1, clip, weights, per_layer, shared_masks, plain_validation;
  int pool[2]; /* from which T and V are drawn */
};

static const struct ho_option options[] = {
  HO_OPTION(struct bilevel, mu, HO_REAL, "0.01", "[0,inf)",
            "ridge in the denominator: damps mini-batches with tiny gradients"),
  HO_OPTION(struct bilevel, minibatches, HO_INT, "8", "[2,inf)",
            "mini-batches in a step, including those for validation"),
  HO_OPTION(struct bilevel, validation, HO_INT, "1", "[1,inf)", "number of these in the validation group"),
  HO_OPTION(struct bilevel, matched, HO_BOOL, "true", NULL,
            "all mini-batches of a step have the same ordered list of labels"),
  HO_OPTION(struct bilevel, l1, HO_BOOL, "true", NULL, "normalise the weights to sum |w| = 1"),
  HO_OPTION(struct bilevel, clip, HO_BOOL, "false", NULL, "negative weights become 0"),
  HO_OPTION(struct bilevel, weights, HO_CHOICE, "computed", "computed|uniform|random",
            "uniform: the control, 1/|T| on the very same mini-batches; random: rectified Gaussian"),
  HO_OPTION(struct bilevel, per_layer, HO_BOOL, "false", NULL, "compute separate weights for each layer"),
  HO_OPTION(struct bilevel, fixed, HO_REAL, "0", "[0,1)",
            "share of the samples used for validation only; 0: any sample, chosen anew in each step"),
  HO_OPTION(struct bilevel, shared_masks, HO_BOOL, "false", NULL, "one dropout mask for all mini-batches of a step"),
  HO_OPTION(struct bilevel, plain_validation, HO_BOOL, "false", NULL,
            "validation mini-batches are not mixed or smoothed by the chain"),
  { 0 },
};

/* A fixed validation set: a random share of the samples of each label.  T is drawn from the rest. */
static int fixed_pools(struct bilevel *o, const struct ho_host *h)
{
  size_t N = h->samples, v = 0, t = 0, K = (size_t)h->classes;
  int *order = h->scratch(h, N * sizeof *order);
  uint32_t *ids = h->scratch(h, N * sizeof *ids), *all = h->scratch(h, K * sizeof *all),
           *kept = h->scratch(h, K * sizeof *kept);
  if (!order || !ids || !all || !kept)
    return -1;
  memset(all, 0, K * sizeof *all);
  memset(kept, 0, K * sizeof *kept);
  for (size_t i = 0; i < N; i++)
    all[h->label[i]]++;
  struct ho_stream stream = h->stream(h, "fixed", 0, 0);
  h->permute(&stream, order, (int)N);
  for (size_t i = 0; i < N; i++) {
    uint32_t id = (uint32_t)order[i], y = h->label[id];
    if (kept[y] + 0.5 < o->fixed * all[y]) {
      kept[y]++;
      ids[v++] = id;
    } else
      ids[N - ++t] = id;
  }
  for (size_t y = 0; y < K; y++)
    if (o->matched && all[y] && (!kept[y] || kept[y] == all[y]))
      return h->fail(h, "bilevel.fixed=%g keeps %u of %u samples with label %u: both groups need at least one",
                     o->fixed, kept[y], all[y], (unsigned)y);
  o->pool[1] = h->pool(h, -1, ids, v);
  o->pool[0] = h->pool(h, -1, ids + v, t);
  return o->pool[0] < 0 || o->pool[1] < 0 ? -1 : 0;
}

static int open(void *self, const struct ho_host *h)
{
  struct bilevel *o = self;
  if (h->batch_size % o->minibatches)
    return h->fail(h, "batch size %d is not a multiple of bilevel.minibatches=%d", h->batch_size, o->minibatches);
  if (o->validation >= o->minibatches)
    return h->fail(h, "bilevel.validation=%d leaves none of %d mini-batches for training", o->validation,
                   o->minibatches);
  if (h->nets > 1)
    return h->fail(h, "it trains one network, but the chain has %d", h->nets);
  o->pool[0] = o->pool[1] = HO_TRAIN;
  return o->fixed > 0 ? fixed_pools(o, h) : 0;
}

/* The step's mini-batches: the validation group first, as in the authors' code.  region: draw */
static int draw(const struct bilevel *o, const struct ho_host *h, struct ho_minibatch **mb)
{
  struct ho_draw V = {
    .pool = o->pool[1], .count = o->validation, .size = h->batch_size / o->minibatches, .matched = o->matched
  };
  struct ho_draw T = V;
  V.plain = o->plain_validation;
  T.pool = o->pool[0];
  T.count = o->minibatches - o->validation;
  return h->draw(h, &V, mb) || h->draw(h, &T, mb + o->validation) ? -1 : 0;
}

/* w_i = <g_v, g_i> / (|g_i|^2 + mu) over P coordinates, then |w|_1 = 1.  The rows of G are g_i, ld apart; k is
 * the number of the layer.  Returns 0 if all weights vanish, so that there is no direction.  region: weights */
static int weights(const struct bilevel *o, const struct ho_host *h, int k, size_t P, const float *g_v, const float *G,
                   size_t ld, int n, double *w, double *square)
{
  struct ho_stream stream = h->stream(h, "weights", h->step, (uint64_t)k);
  double sum = 0;
  if (o->weights == COMPUTED)
    h->dots(h, P, g_v, n, G, ld, w, square); /* <g_v, g_i>, |g_i|^2 */
  for (int i = 0; i < n; i++) {
    if (o->weights == UNIFORM)
      w[i] = 1.0 / n;
    else if (o->weights == RANDOM)
      w[i] = fmax(0, h->normal(&stream));
    else
      w[i] = square[i] + o->mu == 0 ? 0 : w[i] / (square[i] + o->mu); /* mu = 0 and g_i = 0 */
    if (o->clip && w[i] < 0)
      w[i] = 0;
    sum += fabs(w[i]);
  }
  for (int i = 0; i < n && sum != 0; i++)
    if (o->l1 || o->weights == RANDOM)
      w[i] /= sum;
  return sum != 0;
}

/* The end of the layer that starts at tensor k: tensors with the same name up to the last dot; without per_layer, all.
 * */
static int layer_end(const struct bilevel *o, const struct ho_host *h, int k)
{
  int end = k + 1;
  const char *name = h->tensor[k].name, *dot = strrchr(name, '.');
  size_t length = dot ? (size_t)(dot - name) + 1 : strlen(name) + 1;
  if (!o->per_layer)
    return h->tensors;
  while (end < h->tensors && !strncmp(name, h->tensor[end].name, length))
    end++;
  return end;
}

/* The direction sum_{i in T} w_i g_i.  region: step */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct bilevel *o = self;
  const struct ho_pass pass = { .flags = o->shared_masks ? HO_SHARED_MASKS : 0 };
  int n = o->minibatches, v = o->validation, moves = 0;
  size_t P = h->parameters;
  struct ho_minibatch **mb = h->scratch(h, (size_t)n * sizeof *mb);
  float *G = h->scratch(h, (size_t)n * P * sizeof *G); /* row i: g_i */
  double *w = h->scratch(h, (size_t)n * sizeof *w), *mean = h->scratch(h, (size_t)n * sizeof *mean);
  double *square = h->scratch(h, (size_t)n * sizeof *square);
  if (!mb || !G || !w || !mean || !square || draw(o, h, mb) || h->gradients(h, &pass, mb, n, G))
    return -1;

  float *g_v = G, *G_T = G + (size_t)v * P;
  for (int j = 0; j < n; j++)
    w[j] = 1, mean[j] = 0;
  if (v > 1)
    h->combine(h, P, g_v, v, w, G, P); /* g_v = sum_{j in V} g_j */

  for (int k = 0, end; k < h->tensors; k = end) {
    end = layer_end(o, h, k);
    size_t first = h->tensor[k].offset, size = h->tensor[end - 1].offset + h->tensor[end - 1].size - first;
    moves += weights(o, h, k, size, g_v + first, G_T + first, P, n - v, w, square);
    h->combine(h, size, dir[0] + first, n - v, w, G_T + first, P); /* sum_{i in T} w_i g_i */
    for (int i = 0; i < n - v; i++)
      mean[i] += w[i] * (double)size / (double)P; /* per layer: mean over its parameters */
  }
  for (int i = 0; i < n - v; i++)
    h->weight(h, mb[v + i], mean[i]);
  if (!moves) /* all weights vanish: this step has no direction */
    h->skip(h);
  h->log(h, "skipped", !moves);
  return 0;
}

HO_PLUGIN(struct bilevel, .name = "bilevel", .citation = "jenni2018",
          .summary = "weigh mini-batches by the agreement of their gradients with a held-out one", .options = options,
          .open = open, .direction = direction, .opaque = 1);
