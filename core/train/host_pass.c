/* SPDX-License-Identifier: MIT
 * host_pass.c - the services that run the network: gradients, losses, evaluate.
 *
 * A pass takes mini-batches through the network together and through the loss hook one by one, in order.  At the first
 * training pass over a mini-batch at the network's own parameters running averages move; at the first gradients, the
 * weigh hooks decide its sample weights, unless the plugin gives them. */
#include <math.h>
#include <string.h>

#include "compute/random.h"
#include "train/trainer.h"

/* The hook that runs is the current link's: its name stands in messages and streams. */
static int say(struct ho_trainer *t, int caller, const char *hook)
{
  if (!t->err->text[0])
    ho_host_fail(t, "its %s hook failed without a word", hook);
  t->current = caller;
  return -1;
}

static int check(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n)
{
  if ((t->phase != HO_EPOCH && t->phase != HO_STEP) || t->passing || t->drawing)
    return ho_host_fail(t, "the network runs for direction and epoch, not for %s",
                        t->passing   ? "a hook within a pass"
                        : t->drawing ? "input"
                                     : "open, update or predict");
  if (n < 1 || pass->net < 0 || pass->net >= t->host.nets)
    return ho_host_fail(t, "a pass of network %d over %d mini-batches: there are %d networks", pass->net, n,
                        t->host.nets);
  if (pass->later[0] || pass->later[1])
    return ho_host_fail(
        t, "the pass asks for what this program does not know: zero all of struct ho_pass, or use a newer holdout");
  for (int g = 1; g < n; g++)
    if (mb[g]->size != mb[0]->size)
      return ho_host_fail(t, "mini-batches of %d and %d images cannot share a pass", mb[0]->size, mb[g]->size);
  for (int g = 1; g < n; g++)
    for (int k = 0; k < g; k++)
      if (mb[g] == mb[k])
        return ho_host_fail(t, "mini-batch %d is twice in one pass", mb[g]->index);
  return 0;
}

/* An engine large enough for the pass; it grows when a larger pass comes, and results do not depend on its size. */
static int fit_engine(struct ho_trainer *t, int groups, int images)
{
  struct ho_error why;
  if (groups <= t->engine_groups && images <= t->engine_images)
    return 0;
  size_t old = t->engine ? ho_engine_bytes(&ho_engine_cpu, t->net, t->engine_groups, t->engine_images, 1) : 0;
  groups = groups > t->engine_groups ? groups : t->engine_groups;
  images = images > t->engine_images ? images : t->engine_images;
  ho_engine_free(t->engine);
  t->engine = NULL;
  t->engine_groups = t->engine_images = 0;
  t->fixed_bytes -= old;
  if (ho_trainer_reserve(t, ho_engine_bytes(&ho_engine_cpu, t->net, groups, images, 1), "activations", &why) ||
      !(t->engine = ho_engine_new(&ho_engine_cpu, t->net, groups, images, 1, &why)))
    return ho_host_fail(t, "%s", why.text);
  t->engine_groups = groups;
  t->engine_images = images;
  return 0;
}

/* What a pass gives, in scratch memory. */
struct outputs {
  float *logits, *features; /* [images][K]; [images][F] */
};

static int forward(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                   struct outputs *out)
{
  struct ho_error why;
  const struct ho_host *h = &t->host;
  const float **x = ho_host_scratch(h, (size_t)n * sizeof *x);
  unsigned char *advance = ho_host_scratch(h, (size_t)n);
  struct ho_stream *mask = ho_host_scratch(h, (size_t)n * sizeof *mask);
  size_t images = (size_t)n * (size_t)mb[0]->size;
  out->logits = ho_host_scratch(h, images * (size_t)h->classes * sizeof *out->logits);
  out->features = ho_host_scratch(h, images * (size_t)h->features * sizeof *out->features);
  if (!x || !advance || !mask || !out->logits || !out->features || fit_engine(t, n, n * mb[0]->size))
    return -1;
  for (int g = 0; g < n; g++) {
    struct ho_drawn *d = (struct ho_drawn *)mb[g];
    uint64_t index = pass->flags & HO_SHARED_MASKS ? 0 : (uint64_t)mb[g]->index;
    x[g] = mb[g]->x;
    advance[g] = !(d->moved >> pass->net & 1) && !(pass->flags & (HO_KEEP_STATS | HO_EVAL)) && !pass->theta;
    d->moved |= (unsigned)advance[g] << pass->net;
    d->first = !(d->seen >> pass->net & 1) && !(pass->flags & HO_EVAL) && !pass->theta;
    mask[g] = ho_stream_make(t->seed, "dropout", h->step, (uint64_t)pass->net << 32 | index);
  }
  struct ho_forward f = {
    .groups = n,
    .size = mb[0]->size,
    .x = x,
    .theta = pass->theta ? pass->theta : t->theta[pass->net],
    .stats = t->stats[pass->net],
    .eval = !!(pass->flags & HO_EVAL),
    .advance = advance,
    .mask = mask,
  };
  if (ho_engine_forward(t->engine, &f, &why) || ho_engine_outputs(t->engine, out->logits, out->features, &why))
    return ho_host_fail(t, "%s", why.text);
  return 0;
}

/* Loss and dL/dlogits of mini-batch g through the loss hook. */
static int head(struct ho_trainer *t, const struct ho_pass *pass, const struct ho_minibatch *mb, struct ho_head *out)
{
  const struct ho_link *link = &t->chain.link[t->chain.loss];
  int caller = t->current;
  t->current = t->chain.loss;
  if (link->plugin->hooks.loss(link->self, &t->host, mb, out))
    return say(t, caller, "loss");
  t->current = caller;
  for (int i = 0; i < mb->size; i++)
    if (!isfinite(out->loss[i]))
      return ho_host_fail(t,
                          "the loss of sample %u is %g at step %llu, mini-batch %d of network %d: training has "
                          "diverged; a smaller --lr may help",
                          mb->id[i], (double)out->loss[i], (unsigned long long)t->host.step, mb->index, pass->net);
  return 0;
}

/* Weights of the samples by the weigh hooks, in order, from 1/size on; once per mini-batch. */
static int weigh(struct ho_trainer *t, struct ho_drawn *d, const float *loss)
{
  int caller = t->current;
  if (d->weighed)
    return 0;
  for (int i = 0; i < d->pub.size; i++)
    d->w[i] = 1 / (float)d->pub.size;
  for (int l = 0; l < t->chain.n; l++) {
    const struct ho_link *link = &t->chain.link[l];
    t->current = l;
    if (link->plugin->hooks.weigh && link->plugin->hooks.weigh(link->self, &t->host, &d->pub, loss, d->w))
      return say(t, caller, "weigh");
  }
  t->current = caller;
  d->weighed = 1;
  return 0;
}

/* Does a hook of the chain weigh samples? */
static int weighs(const struct ho_trainer *t)
{
  for (int l = 0; l < t->chain.n; l++)
    if (t->chain.link[l].plugin->hooks.weigh)
      return 1;
  return 0;
}

/* The coefficients of a mini-batch's samples in this pass: those of the weigh hooks, or those that the plugin gave, with
 * the hooks' factors.  What network 0 is trained with is what the samples had in this step, the last of it. */
static int coefficients(struct ho_trainer *t, const struct ho_pass *pass, size_t g, struct ho_drawn *d,
                        const float *loss, float *w)
{
  size_t size = (size_t)d->pub.size;
  if ((!pass->w || weighs(t)) && weigh(t, d, loss))
    return -1;
  for (size_t i = 0; i < size; i++)
    w[i] = !pass->w ? d->w[i] : weighs(t) ? pass->w[g * size + i] * (d->w[i] * (float)size) : pass->w[g * size + i];
  if (!pass->w || pass->theta || pass->flags & HO_EVAL || pass->net)
    return 0;
  if (!d->given && !(d->given = ho_host_scratch(&t->host, size * sizeof *d->given)))
    return -1;
  memcpy(d->given, w, size * sizeof *w);
  return 0;
}

/* What the run log says of training itself: loss and accuracy on the images as the network saw them. */
static void note(struct ho_trainer *t, const struct ho_minibatch *mb, const struct ho_head *out)
{
  size_t K = (size_t)t->host.classes;
  for (int i = 0; i < mb->size; i++) {
    if (mb->id[i] >= t->samples) /* clean or held out */
      continue;
    const float *z = out->logits + (size_t)i * K;
    size_t top = 0;
    for (size_t k = 1; k < K; k++)
      if (z[k] > z[top])
        top = k;
    ho_tally_add(&t->tally, "loss", out->loss[i], NULL);
    ho_tally_add(&t->tally, "hit", top == mb->label[i], NULL);
  }
}

static float *copy(struct ho_trainer *t, const float *from, size_t n)
{
  float *to = ho_host_scratch(&t->host, n * sizeof *to);
  return to ? memcpy(to, from, n * sizeof *to) : NULL;
}

/* What holdout trace tells of a mini-batch: the outcome of its first training pass at the network's own parameters, or of
 * its very first pass, if there is none such. */
static int record(struct ho_trainer *t, struct ho_drawn *d, const struct ho_head *out)
{
  size_t size = (size_t)d->pub.size;
  float **logits = &d->logits[out->net], **loss = &d->loss[out->net];
  if (!t->recording || (*logits && !d->first))
    return 0;
  *logits = copy(t, out->logits, size * (size_t)t->host.classes);
  *loss = copy(t, out->loss, size);
  return *logits && *loss ? 0 : -1;
}

/* The heads of all mini-batches after a forward pass. */
static int heads(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                 const struct outputs *from, float *loss, float *dlogits)
{
  size_t size = (size_t)mb[0]->size, K = (size_t)t->host.classes, F = (size_t)t->host.features;
  unsigned bit = 1u << pass->net;
  for (size_t g = 0; g < (size_t)n; g++) {
    struct ho_drawn *d = (struct ho_drawn *)mb[g];
    struct ho_head out = {
      .logits = from->logits + g * size * K,
      .features = from->features + g * size * F,
      .theta = pass->theta ? pass->theta : t->theta[pass->net],
      .loss = loss + g * size,
      .dlogits = dlogits + g * size * K,
      .first = d->first,
      .net = pass->net,
    };
    if (head(t, pass, mb[g], &out) || record(t, d, &out))
      return -1;
    if (d->first) {
      note(t, mb[g], &out);
      d->seen |= bit;
    }
  }
  return 0;
}

/* Gradient of the plugin's own parameters into the tail of each row. */
static int own(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
               const struct outputs *from, float *loss, float *dlogits, const float *w, float *rows)
{
  size_t size = (size_t)mb[0]->size, K = (size_t)t->host.classes, F = (size_t)t->host.features, P = t->host.parameters;
  int caller = t->current;
  if (P == t->net->parameters)
    return 0;
  for (size_t g = 0; g < (size_t)n; g++) {
    float *row = rows + g * P;
    memset(row + t->net->parameters, 0, (P - t->net->parameters) * sizeof *row);
    if (t->chain.own < 0)
      continue;
    const struct ho_link *link = &t->chain.link[t->chain.own];
    struct ho_head in = {
      .logits = from->logits + g * size * K,
      .features = from->features + g * size * F,
      .theta = pass->theta ? pass->theta : t->theta[pass->net],
      .loss = loss + g * size,
      .dlogits = dlogits + g * size * K,
      .first = ((struct ho_drawn *)mb[g])->first,
      .net = pass->net,
    };
    t->current = t->chain.own;
    if (link->plugin->hooks.own(link->self, &t->host, mb[g], &in, w + g * size, row))
      return say(t, caller, "own");
    t->current = caller;
  }
  return 0;
}

static int run_gradients(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                         float *rows)
{
  size_t size = (size_t)mb[0]->size, K = (size_t)t->host.classes, images = (size_t)n * size;
  float *loss = ho_host_scratch(&t->host, images * sizeof *loss);
  float *dlogits = ho_host_scratch(&t->host, images * K * sizeof *dlogits);
  float *w = ho_host_scratch(&t->host, images * sizeof *w);
  struct outputs from;
  struct ho_error why;
  if (!loss || !dlogits || !w || forward(t, pass, mb, n, &from) || heads(t, pass, mb, n, &from, loss, dlogits))
    return -1;
  for (size_t g = 0; g < (size_t)n; g++)
    if (coefficients(t, pass, g, (struct ho_drawn *)mb[g], loss + g * size, w + g * size))
      return -1;
  if (own(t, pass, mb, n, &from, loss, dlogits, w, rows))
    return -1;
  for (size_t i = 0; i < images; i++)
    for (size_t k = 0; k < K; k++)
      dlogits[i * K + k] *= w[i];
  if (ho_engine_backward(t->engine, dlogits, rows, t->host.parameters, &why))
    return ho_host_fail(t, "%s", why.text);
  for (size_t g = 0; g < (size_t)n && t->recording; g++) {
    struct ho_drawn *d = (struct ho_drawn *)mb[g];
    float **gradient = &d->gradient[pass->net];
    if (!*gradient && !(*gradient = copy(t, rows + g * t->host.parameters, t->host.parameters)))
      return -1;
  }
  return 0;
}

int ho_host_gradients(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                      float *rows)
{
  struct ho_trainer *t = h->host;
  if (check(t, pass, mb, n))
    return -1;
  t->passing = 1;
  int result = run_gradients(t, pass, mb, n, rows);
  t->passing = 0;
  return result;
}

static int run_losses(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                      float *loss, float *logits)
{
  size_t K = (size_t)t->host.classes, images = (size_t)n * (size_t)mb[0]->size;
  float *dlogits = ho_host_scratch(&t->host, images * K * sizeof *dlogits);
  struct outputs from;
  if (!loss)
    loss = ho_host_scratch(&t->host, images * sizeof *loss);
  if (!loss || !dlogits || forward(t, pass, mb, n, &from) || heads(t, pass, mb, n, &from, loss, dlogits))
    return -1;
  if (logits)
    memcpy(logits, from.logits, images * K * sizeof *logits);
  return 0;
}

int ho_host_losses(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                   float *loss, float *logits)
{
  struct ho_trainer *t = h->host;
  if (check(t, pass, mb, n))
    return -1;
  t->passing = 1;
  int result = run_losses(t, pass, mb, n, loss, logits);
  t->passing = 0;
  return result;
}

int ho_host_evaluate(const struct ho_host *h, const struct ho_pass *pass, int pool, float *logits, float *features)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  if (t->batch)
    return ho_host_fail(t, "it evaluates a pool, and there is no data set beside the batch of %s", t->batch->path);
  if ((t->phase != HO_EPOCH && t->phase != HO_STEP) || pass->net < 0 || pass->net >= h->nets || pool < 0 ||
      pool >= t->pools)
    return ho_host_fail(t, "cannot evaluate network %d on pool %d here", pass->net, pool);
  const struct ho_pool_entry *p = &t->pool[pool];
  uint32_t *image = ho_alloc(p->n, sizeof *image, "an evaluation", &why);
  if (!image)
    return ho_host_fail(t, "%s", why.text);
  for (size_t i = 0; i < p->n; i++)
    image[i] = t->image[p->id[i]];
  int bad = ho_trainer_forward(t, pass->net, pass->theta, &t->data.train, image, p->n, logits, features, &why);
  ho_free(image);
  return bad ? ho_host_fail(t, "%s", why.text) : 0;
}
