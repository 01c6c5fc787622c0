/* SPDX-License-Identifier: MIT
 * sgd.c - stochastic gradient descent with momentum.  It ends every chain, so its hooks are the defaults for whatever
 * other plugins leave out.  It is also the file to copy for a new plugin: a struct of options, a table that describes
 * them, hooks, and one HO_PLUGIN at the end. */
#include <holdout/optimizer.h>
#include <math.h>

struct sgd {
  double momentum;
  int nesterov, minibatches, matched;
};

/* For `-O sgd.momentum=0.5' the host checks the range and writes the field before any hook runs. */
static const struct ho_option options[] = {
  HO_OPTION(struct sgd, momentum, HO_REAL, "0.9", "[0,1)", "share of the last update's velocity that is kept"),
  HO_OPTION(struct sgd, nesterov, HO_BOOL, "false", NULL, "Nesterov's momentum: look ahead along the velocity"),
  HO_OPTION(struct sgd, minibatches, HO_INT, "1", "[1,inf)", "mini-batches in a step, batch norm over each on its own"),
  HO_OPTION(struct sgd, matched, HO_BOOL, "false", NULL,
            "all mini-batches of a step have the same ordered list of labels"),
  { 0 },
};

/* Softmax cross-entropy of each sample: L = -sum_k q_k log p_k,  dL/dz = p - q. */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  (void)self;
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    const float *q = mb->target + i * K;
    float *d = head->dlogits + i * K;
    double l = 0;
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t k = 0; k < K; k++) {
      l -= q[k] * log_p[k];
      d[k] = (float)(exp(log_p[k]) - q[k]);
    }
    head->loss[i] = (float)l;
  }
  return log_p ? 0 : -1;
}

/* g = mean of the gradients of the step's mini-batches: draw them, compute the gradients, combine. */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct sgd *o = self;
  int n = o->minibatches;
  if (h->batch_size % n)
    return h->fail(h, "batch size %d is not a multiple of sgd.minibatches=%d", h->batch_size, n);
  struct ho_draw want = { .pool = HO_TRAIN, .count = n, .size = h->batch_size / n, .matched = o->matched };
  struct ho_minibatch **mb = h->scratch(h, (size_t)n * sizeof *mb);
  float *rows = n > 1 ? h->scratch(h, (size_t)n * h->parameters * sizeof *rows) : NULL;
  double *mean = h->scratch(h, (size_t)n * sizeof *mean);
  if (!mb || !mean || (n > 1 && !rows) || h->draw(h, &want, mb))
    return -1;
  for (int i = 0; i < n; i++)
    mean[i] = 1.0 / n;
  for (int net = 0; net < h->nets; net++) {
    struct ho_pass pass = { .net = net };
    if (h->gradients(h, &pass, mb, n, n > 1 ? rows : dir[net]))
      return -1;
    if (n > 1)
      h->combine(h, h->parameters, dir[net], n, mean, rows, h->parameters);
  }
  return 0;
}

/* a <- momentum a + (g + decay theta),  theta <- theta - lr a.  Called for each tensor of each network.
 * region: step */
static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g,
                  float *const *slot)
{
  const struct sgd *o = self;
  float *a = slot[0];
  return h->momentum(h, t, theta, g, a, o->momentum, o->nesterov);
}

HO_PLUGIN(struct sgd, .name = "sgd", .summary = "stochastic gradient descent with momentum", .citation = "robbins1951",
          .options = options, .slots = 1, .loss = loss, .direction = direction, .update = update, .opaque = 1);
