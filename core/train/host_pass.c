/* SPDX-License-Identifier: MIT
 * host_pass.c - the services that run the network: gradients, losses, evaluate.
 *
 * A pass takes mini-batches through the network together, and through the loss hook one by one, in order.  The first
 * training pass over a mini-batch at the network's own parameters updates the running statistics.  At the first
 * gradients the weigh hooks decide its sample weights, unless the plugin gives them. */
#include <math.h>
#include <string.h>

#include "compute/random.h"
#include "train/host.h"
#include "train/norm.h"
#include "train/outputs.h"

/* The results of a pass for all of its mini-batches, in the memory of the step. */
struct outputs {
  float *logits, *features; /* [images][K], [images][F] */
  float *loss, *dlogits;    /* [images], [images][K] */
};

static int check(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n)
{
  if ((t->caller.phase != HO_EPOCH && t->caller.phase != HO_STEP) || t->caller.inside)
    return ho_call_fail(&t->caller, "a network can be run only in direction and epoch, not in %s",
                        t->caller.inside == HO_INSIDE_PASS   ? "a hook within a pass"
                        : t->caller.inside == HO_INSIDE_DRAW ? "input"
                                                             : "open, update or predict");
  if (n < 1 || pass->net < 0 || pass->net >= t->host.nets)
    return ho_call_fail(&t->caller, "a pass of network %d over %d mini-batches: there are %d networks", pass->net, n,
                        t->host.nets);
  if (pass->later[0] || pass->later[1])
    return ho_call_fail(
        &t->caller,
        "struct ho_pass asks for what this program does not know: zero its unused fields, or use a newer holdout");
  for (int g = 1; g < n; g++)
    if (mb[g]->size != mb[0]->size)
      return ho_call_fail(&t->caller, "mini-batches of %d and %d images cannot share a pass", mb[0]->size, mb[g]->size);
  for (int g = 1; g < n; g++)
    for (int k = 0; k < g; k++)
      if (mb[g] == mb[k])
        return ho_call_fail(&t->caller, "mini-batch %d appears twice in one pass", mb[g]->index);
  if (t->caller.phase == HO_EPOCH) /* in a step, theta may change before the first pass only */
    ho_residence_doubt(t->network.residence);
  return 0;
}

/* Brings plugins' own parameters in pass->theta up to date in host memory, where the loss and own hooks read them. */
static int fetch_own(struct ho_trainer *t, const struct ho_pass *pass, struct ho_error *why)
{
  size_t P = t->host.parameters, first = t->network.net->parameters;
  return pass->theta && P > first ? ho_residence_pull(t->network.residence, pass->theta + first, P - first, why) : 0;
}

static int forward(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                   struct outputs *out)
{
  const struct ho_host *h = &t->host;
  size_t images = (size_t)n * (size_t)mb[0]->size;
  const float **x = ho_host_scratch(h, (size_t)n * sizeof *x);
  unsigned char *advance = ho_host_scratch(h, (size_t)n);
  struct ho_stream *mask = ho_host_scratch(h, (size_t)n * sizeof *mask);
  out->logits = ho_host_scratch(h, images * (size_t)h->classes * sizeof *out->logits);
  out->features = ho_host_scratch(h, images * (size_t)h->features * sizeof *out->features);
  if (!x || !advance || !mask || !out->logits || !out->features)
    return -1;
  for (int g = 0; g < n; g++) {
    struct ho_drawn *d = (struct ho_drawn *)mb[g];
    uint64_t index = pass->flags & HO_SHARED_MASKS ? 0 : (uint64_t)mb[g]->index;
    x[g] = mb[g]->x;
    advance[g] = !(d->moved >> pass->net & 1) && !(pass->flags & (HO_KEEP_STATS | HO_EVAL)) && !pass->theta;
    d->moved |= (unsigned)advance[g] << pass->net;
    d->first = !(d->seen >> pass->net & 1) && !(pass->flags & HO_EVAL) && !pass->theta;
    mask[g] = ho_stream_make(t->source.seed, "dropout", h->step, (uint64_t)pass->net << 32 | index);
  }
  const struct ho_forward f = {
    .groups = n,
    .size = mb[0]->size,
    .theta = pass->theta,
    .x = x,
    .eval = !!(pass->flags & HO_EVAL),
    .advance = advance,
    .mask = mask,
  };
  struct ho_error why;
  if (ho_network_forward(&t->network, pass->net, &f, out->logits, out->features, &why) || fetch_own(t, pass, &why))
    return ho_call_fail_as(&t->caller, &why);
  return ho_norm_settle(t); /* the device has done all that came before, so this does not wait */
}

/* Mini-batch g of a pass, as the loss and own hooks get it. */
static struct ho_head head_of(const struct ho_trainer *t, const struct ho_pass *pass, const struct ho_minibatch *mb,
                              size_t g, const struct outputs *out)
{
  size_t first = g * (size_t)mb->size, K = (size_t)t->host.classes, F = (size_t)t->host.features;
  return (struct ho_head){
    .logits = out->logits + first * K,
    .features = out->features + first * F,
    .theta = pass->theta ? pass->theta : t->network.theta[pass->net],
    .loss = out->loss + first,
    .dlogits = out->dlogits + first * K,
    .first = ((const struct ho_drawn *)mb)->first,
    .net = pass->net,
  };
}

/* Loss and dL/dlogits of a mini-batch through the loss hook. */
static int compute_loss(struct ho_trainer *t, const struct ho_minibatch *mb, const struct ho_head *head)
{
  if (ho_call_loss(&t->caller, t->chain.loss, mb, head))
    return -1;
  for (int i = 0; i < mb->size; i++)
    if (!isfinite(head->loss[i]))
      return ho_call_fail_for(&t->caller, t->caller.current, HO_ERROR_DIVERGED,
                              "the loss of sample %u is %g at step %llu, mini-batch %d of network %d: training has "
                              "diverged; a smaller --lr may help",
                              mb->id[i], (double)head->loss[i], (unsigned long long)t->host.step, mb->index, head->net);
  return 0;
}

/* Weights of the samples by the weigh hooks, in order, from 1/size on; once per mini-batch. */
static int weigh(struct ho_trainer *t, struct ho_drawn *d, const float *loss)
{
  if (d->weighed)
    return 0;
  for (int i = 0; i < d->pub.size; i++)
    d->w[i] = 1 / (float)d->pub.size;
  for (int l = 0; l < t->chain.n; l++)
    if (ho_call_weigh(&t->caller, l, &d->pub, loss, d->w))
      return -1;
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

/* The weights of a mini-batch's samples in this pass: those of the weigh hooks, or those that the plugin passed, times the
 * hooks' factors.  The last ones that network 0 is trained with in a step are kept in d->given. */
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

/* Loss and accuracy on the training images as the network saw them, for the run log. */
static void note(struct ho_trainer *t, const struct ho_minibatch *mb, const struct ho_head *out)
{
  size_t K = (size_t)t->host.classes;
  for (int i = 0; i < mb->size; i++) {
    if (mb->id[i] >= t->source.samples) /* clean or held out */
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

/* Keeps what holdout trace writes of a mini-batch: the results of its first training pass at the network's own
 * parameters or, without one, of its very first pass. */
static int record(struct ho_trainer *t, struct ho_drawn *d, const struct ho_head *out)
{
  size_t size = (size_t)d->pub.size;
  float **logits = &d->logits[out->net], **loss = &d->loss[out->net];
  if (!t->step.recording || (*logits && !d->first))
    return 0;
  *logits = copy(t, out->logits, size * (size_t)t->host.classes);
  *loss = copy(t, out->loss, size);
  return *logits && *loss ? 0 : -1;
}

static int record_gradients(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                            const float *rows)
{
  size_t P = t->host.parameters;
  struct ho_error why;
  if (t->step.recording && ho_residence_pull(t->network.residence, rows, (size_t)n * P, &why))
    return ho_call_fail_as(&t->caller, &why);
  for (size_t g = 0; g < (size_t)n && t->step.recording; g++) {
    float **gradient = &((struct ho_drawn *)mb[g])->gradient[pass->net];
    if (!*gradient && !(*gradient = copy(t, rows + g * P, P)))
      return -1;
  }
  return 0;
}

/* The losses of all mini-batches after a forward pass. */
static int losses(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                  const struct outputs *out)
{
  for (int g = 0; g < n; g++) {
    struct ho_drawn *d = (struct ho_drawn *)mb[g];
    struct ho_head head = head_of(t, pass, mb[g], (size_t)g, out);
    if (compute_loss(t, mb[g], &head) || record(t, d, &head))
      return -1;
    if (d->first) {
      note(t, mb[g], &head);
      d->seen |= 1u << pass->net;
    }
  }
  return 0;
}

/* Gradient of the plugin's own parameters into the tail of each row. */
static int own(struct ho_trainer *t, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
               const struct outputs *out, const float *w, float *rows)
{
  size_t size = (size_t)mb[0]->size, P = t->host.parameters, first = t->network.net->parameters;
  if (P == first)
    return 0;
  for (size_t g = 0; g < (size_t)n; g++) {
    float *row = rows + g * P;
    memset(row + first, 0, (P - first) * sizeof *row);
    struct ho_head head = head_of(t, pass, mb[g], g, out);
    if (t->chain.own >= 0 && ho_call_own(&t->caller, t->chain.own, mb[g], &head, w + g * size, row))
      return -1;
  }
  return 0;
}

int ho_host_gradients(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                      float *rows)
{
  struct ho_trainer *t = h->host;
  struct outputs out;
  struct ho_error why;
  if (check(t, pass, mb, n))
    return -1;
  size_t size = (size_t)mb[0]->size, K = (size_t)h->classes, images = (size_t)n * size;
  float *w = ho_host_scratch(h, images * sizeof *w);
  out.loss = ho_host_scratch(h, images * sizeof *out.loss);
  out.dlogits = ho_host_scratch(h, images * K * sizeof *out.dlogits);
  if (!w || !out.loss || !out.dlogits || forward(t, pass, mb, n, &out) || losses(t, pass, mb, n, &out))
    return -1;
  for (size_t g = 0; g < (size_t)n; g++)
    if (coefficients(t, pass, g, (struct ho_drawn *)mb[g], out.loss + g * size, w + g * size))
      return -1;
  if (own(t, pass, mb, n, &out, w, rows))
    return -1;
  for (size_t i = 0; i < images; i++)
    for (size_t k = 0; k < K; k++)
      out.dlogits[i * K + k] *= w[i];
  if (ho_network_backward(&t->network, out.dlogits, rows, &why))
    return ho_call_fail_as(&t->caller, &why);
  return record_gradients(t, pass, mb, n, rows);
}

int ho_host_losses(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb, int n,
                   float *loss, float *logits)
{
  struct ho_trainer *t = h->host;
  struct outputs out;
  if (check(t, pass, mb, n))
    return -1;
  size_t K = (size_t)h->classes, images = (size_t)n * (size_t)mb[0]->size;
  out.loss = loss ? loss : ho_host_scratch(h, images * sizeof *out.loss);
  out.dlogits = ho_host_scratch(h, images * K * sizeof *out.dlogits);
  if (!out.loss || !out.dlogits || forward(t, pass, mb, n, &out) || losses(t, pass, mb, n, &out))
    return -1;
  if (logits)
    memcpy(logits, out.logits, images * K * sizeof *logits);
  return 0;
}

int ho_host_evaluate(const struct ho_host *h, const struct ho_pass *pass, int pool, float *logits, float *features)
{
  struct ho_trainer *t = h->host;
  const struct ho_source *s = &t->source;
  struct ho_error why;
  if (!s->kind->is_data_set)
    return ho_call_fail(&t->caller, "it evaluates a pool, but there is no data set, only the batch of %s",
                        s->data.name);
  if ((t->caller.phase != HO_EPOCH && t->caller.phase != HO_STEP) || pass->net < 0 || pass->net >= h->nets ||
      pool < 0 || pool >= s->pools)
    return ho_call_fail(&t->caller, "cannot evaluate network %d on pool %d here", pass->net, pool);
  const struct ho_source_pool *p = &s->pool[pool];
  uint32_t *image = ho_alloc(p->n, sizeof *image, "an evaluation", &why);
  ho_residence_doubt(t->network.residence);
  for (size_t i = 0; i < p->n && image; i++)
    image[i] = ho_source_image(s, p->id[i]);
  int bad = !image || ho_outputs(t, pass->net, pass->theta, &s->data.train, image, p->n, logits, features, &why);
  ho_free(image);
  return bad ? ho_call_fail_as(&t->caller, &why) : 0;
}
