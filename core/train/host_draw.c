/* SPDX-License-Identifier: MIT
 * host_draw.c - the services that make mini-batches: pools, draw, mix.
 *
 * A mini-batch is drawn, augmented and sent through the input hooks once; from then on it is immutable. */
#include <string.h>

#include "compute/parallel.h"
#include "train/host.h"

int ho_host_pool(const struct ho_host *h, int number, const uint32_t *ids, size_t n)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  if (t->caller.phase != HO_OPEN && t->caller.phase != HO_EPOCH)
    return ho_call_fail(&t->caller, "pools can be made only in open and epoch");
  if (n == 0)
    return ho_call_fail(&t->caller, "a pool needs at least one sample");
  if (number != -1 && (number <= HO_VALIDATION || number >= t->source.pools))
    return ho_call_fail(&t->caller, "pool %d cannot be refilled: it was not made by a plugin", number);
  number = number == -1 ? t->source.pools : number;
  return ho_source_set_pool(&t->source, number, ids, n, &why) ? ho_call_fail_as(&t->caller, &why) : number;
}

struct fill {
  struct ho_trainer *t;
  struct ho_minibatch *mb;
  int view;
  size_t floats; /* of one image */
};

static void fill_image(int i, int worker, void *arg)
{
  const struct fill *f = arg;
  const struct ho_source *s = &f->t->source;
  (void)worker;
  s->kind->image(s, f->mb->id[i], f->t->host.step, f->view, f->mb->x + (size_t)i * f->floats);
}

static struct ho_drawn *new_drawn(struct ho_trainer *t, const struct ho_draw *want, size_t floats)
{
  const struct ho_host *h = &t->host;
  size_t size = (size_t)want->size, K = (size_t)h->classes;
  struct ho_drawn *d = ho_host_scratch(h, sizeof *d);
  uint32_t *id = ho_host_scratch(h, size * sizeof *id), *mate = ho_host_scratch(h, size * sizeof *mate);
  uint16_t *label = ho_host_scratch(h, size * sizeof *label);
  float *lambda = ho_host_scratch(h, size * sizeof *lambda), *w = ho_host_scratch(h, size * sizeof *w);
  float *x = ho_host_scratch(h, size * floats * sizeof *x), *target = ho_host_scratch(h, size * K * sizeof *target);
  if (!d || !id || !mate || !label || !lambda || !w || !x || !target)
    return NULL;
  *d = (struct ho_drawn){
    .pub = { want->size, want->pool, t->step.ndrawn, id, mate, lambda, label, x, target },
    .w = w,
  };
  return d;
}

static int draw_one(struct ho_trainer *t, const struct ho_draw *want, int k, struct ho_minibatch **mb)
{
  const struct ho_host *h = &t->host;
  size_t K = (size_t)h->classes, floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  struct ho_drawn *d = new_drawn(t, want, floats);
  struct ho_error why;
  if (!d)
    return -1;
  if (ho_source_choose(&t->source, want, k, (uint32_t *)d->pub.id, &why))
    return ho_call_fail_as(&t->caller, &why);
  for (int i = 0; i < want->size; i++) {
    ((uint32_t *)d->pub.mate)[i] = d->pub.id[i];
    ((float *)d->pub.lambda)[i] = 1;
    ((uint16_t *)d->pub.label)[i] = ho_source_label(&t->source, d->pub.id[i]);
  }
  memset(d->pub.target, 0, (size_t)want->size * K * sizeof(float));
  for (size_t i = 0; i < (size_t)want->size; i++)
    d->pub.target[i * K + d->pub.label[i]] = 1;
  struct fill f = { t, &d->pub, want->view, floats };
  ho_parallel(want->size, fill_image, &f);
  *t->step.end = d;
  t->step.end = &d->next;
  t->step.ndrawn++;
  *mb = &d->pub;
  return 0;
}

int ho_host_draw(const struct ho_host *h, const struct ho_draw *want, struct ho_minibatch **mb)
{
  struct ho_trainer *t = h->host;
  if ((t->caller.phase != HO_EPOCH && t->caller.phase != HO_STEP) || t->caller.inside)
    return ho_call_fail(&t->caller, "draw can be called only in direction and epoch, not in %s",
                        t->caller.inside == HO_INSIDE_DRAW   ? "input"
                        : t->caller.inside == HO_INSIDE_PASS ? "a hook within a pass"
                                                             : "open, update or predict");
  if (want->count < 1 || want->size < 1 || want->pool < 0 || want->pool >= t->source.pools || want->view < 0)
    return ho_call_fail(&t->caller, "cannot draw %d mini-batches of %d images from pool %d (of %d)", want->count,
                        want->size, want->pool, t->source.pools);
  if (want->later[0] || want->later[1])
    return ho_call_fail(
        &t->caller,
        "struct ho_draw asks for what this program does not know: zero its unused fields, or use a newer holdout");
  for (int k = 0; k < want->count; k++) {
    if (draw_one(t, want, k, &mb[k]))
      return -1;
    for (int l = 0; l < t->chain.n && !want->plain; l++)
      if (ho_call_input(&t->caller, l, mb[k]))
        return -1;
  }
  return 0;
}

/* x_i <- lambda_i x_i + (1 - lambda_i) x_partner(i), and the targets likewise, from the values before the call. */
int ho_host_mix(const struct ho_host *h, struct ho_minibatch *mb, const int *partner, const float *lambda)
{
  struct ho_trainer *t = h->host;
  struct ho_drawn *d = (struct ho_drawn *)mb;
  size_t size = (size_t)mb->size, K = (size_t)h->classes;
  size_t floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  if (d->seen || t->caller.inside == HO_INSIDE_PASS)
    return ho_call_fail(&t->caller, "a mini-batch cannot be mixed after it has passed through a network");
  for (size_t i = 0; i < size; i++)
    if (partner[i] < 0 || partner[i] >= mb->size || !(lambda[i] >= 0 && lambda[i] <= 1))
      return ho_call_fail(&t->caller, "mix: partner %d and share %g of image %zu are out of range", partner[i],
                          lambda[i], i);
  float *x = ho_host_scratch(h, size * floats * sizeof *x), *target = ho_host_scratch(h, size * K * sizeof *target);
  if (!x || !target)
    return -1;
  memcpy(x, mb->x, size * floats * sizeof *x);
  memcpy(target, mb->target, size * K * sizeof *target);
  for (size_t i = 0; i < size; i++) {
    size_t j = (size_t)partner[i];
    if (j == i || lambda[i] == 1)
      continue;
    for (size_t k = 0; k < floats; k++)
      mb->x[i * floats + k] = lambda[i] * x[i * floats + k] + (1 - lambda[i]) * x[j * floats + k];
    for (size_t k = 0; k < K; k++)
      mb->target[i * K + k] = lambda[i] * target[i * K + k] + (1 - lambda[i]) * target[j * K + k];
    ((uint32_t *)mb->mate)[i] = mb->id[j];
    ((float *)mb->lambda)[i] = lambda[i];
  }
  return 0;
}
