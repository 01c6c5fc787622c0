/* SPDX-License-Identifier: MIT
 * host_data.c - the services that make mini-batches: pools, draw, mix.
 *
 * A mini-batch is drawn, augmented and sent through the input hooks once; from then on it is immutable. */
#include <stdlib.h>
#include <string.h>

#include "compute/parallel.h"
#include "compute/random.h"
#include "train/trainer.h"

int ho_host_set_pool(struct ho_trainer *t, int number, const uint32_t *ids, size_t n, struct ho_error *err)
{
  size_t known = t->known;
  uint16_t *label = ho_alloc(n, sizeof *label, "a pool", err);
  uint32_t *id = ho_alloc(n, sizeof *id, "a pool", err);
  struct ho_sampler *pool = NULL;
  if (!label || !id)
    goto failed;
  if (number == t->pools) {
    struct ho_pool_entry *longer = realloc(t->pool, (size_t)(t->pools + 1) * sizeof *longer);
    if (!longer) {
      ho_error_set(err, "out of memory: %d pools", t->pools + 1);
      goto failed;
    }
    t->pool = longer;
    t->pool[t->pools++] = (struct ho_pool_entry){ NULL, NULL, 0 };
  }
  for (size_t i = 0; i < n; i++) {
    if (ids[i] >= known) {
      ho_error_set(err, "a pool cannot have sample %u: there are %zu", ids[i], known);
      goto failed;
    }
    id[i] = ids[i];
    label[i] = t->label[ids[i]];
  }
  if (!(pool = ho_sampler_new(t->seed, number, t->data.classes, label, n, err)))
    goto failed;
  ho_free(label);
  ho_sampler_free(t->pool[number].pool);
  ho_free(t->pool[number].id);
  t->pool[number] = (struct ho_pool_entry){ pool, id, n };
  return 0;
failed:
  ho_free(label);
  ho_free(id);
  return -1;
}

int ho_host_pool(const struct ho_host *h, int number, const uint32_t *ids, size_t n)
{
  struct ho_trainer *t = h->host;
  struct ho_error why;
  if (t->phase != HO_OPEN && t->phase != HO_EPOCH)
    return ho_host_fail(t, "pools are made in open and epoch only");
  if (n == 0)
    return ho_host_fail(t, "a pool needs at least one sample");
  if (number != -1 && (number <= HO_VALIDATION || number >= t->pools))
    return ho_host_fail(t, "pool %d cannot be refilled: it is none that a plugin made", number);
  number = number == -1 ? t->pools : number;
  return ho_host_set_pool(t, number, ids, n, &why) ? ho_host_fail(t, "%s", why.text) : number;
}

/* The step's ordered list of labels, made when it is first asked for. */
static int step_labels(struct ho_trainer *t, int size)
{
  if (t->step_labels == size)
    return 0;
  if (t->step_labels)
    return ho_host_fail(t, "matched mini-batches of one step have %d and %d images: they must be equal", t->step_labels,
                        size);
  if ((size_t)size > t->samples)
    return ho_host_fail(t, "a mini-batch of %d images is larger than the training set of %zu", size, t->samples);
  t->step_label = ho_host_scratch(&t->host, (size_t)size * sizeof *t->step_label);
  if (!t->step_label)
    return -1;
  ho_class_list_next(t->classes, size, t->step_label);
  t->step_labels = size;
  return 0;
}

/* The next mini-batch of a batch given: its images are samples in the order of the file. */
static int hand_out(struct ho_trainer *t, const struct ho_draw *want, uint32_t *id)
{
  const struct ho_batch *b = t->batch;
  if (want->size != b->size)
    return ho_host_fail(t, "it asks for a mini-batch of %d images, those of %s have %d", want->size, b->path, b->size);
  if (t->handed == b->count)
    return ho_host_fail(t, "it asks for %d mini-batches or more, %s has %d", t->handed + 1, b->path, b->count);
  for (int i = 0; i < b->size; i++)
    id[i] = (uint32_t)(t->handed * b->size + i);
  t->handed++;
  return 0;
}

/* The samples of the k-th mini-batch of a draw. */
static int choose(struct ho_trainer *t, const struct ho_draw *want, int k, uint32_t *id)
{
  struct ho_pool_entry *p = &t->pool[want->pool];
  struct ho_error why;
  size_t size = (size_t)want->size;
  if (want->ids) {
    for (size_t i = 0; i < size; i++) {
      id[i] = want->ids[(size_t)k * size + i];
      if (id[i] >= t->known)
        return ho_host_fail(t, "sample %u was asked for: there are %zu", id[i], t->known);
    }
    return 0;
  }
  if (t->batch)
    return hand_out(t, want, id);
  if (want->matched ? step_labels(t, want->size) || ho_sampler_matched(p->pool, want->size, t->step_label, id, &why)
                    : ho_sampler_plain(p->pool, want->size, id, &why))
    return t->err->text[0] ? -1
                           : ho_host_fail(t, "%s%s", why.text,
                                          want->pool == HO_CLEAN ? " with true labels: "
                                                                   "--clean-size gives more of them"
                                                                 : "");
  for (size_t i = 0; i < size; i++)
    id[i] = p->id[id[i]];
  return 0;
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
  const struct ho_trainer *t = f->t;
  const struct ho_images *from = &t->data.train;
  uint32_t id = f->mb->id[i];
  (void)worker;
  if (t->batch) {
    memcpy(f->mb->x + (size_t)i * f->floats, t->batch->x + id * f->floats, f->floats * sizeof(float));
    return;
  }
  size_t bytes = (size_t)from->height * (size_t)from->width * (size_t)from->channels;
  struct ho_stream stream = ho_stream_make(t->seed, "augment", t->host.step, (uint64_t)f->view << 32 | id);
  t->augment->apply(&t->data, from->pixel + t->image[id] * bytes, &stream, f->mb->x + (size_t)i * f->floats);
}

static struct ho_drawn *new_drawn(struct ho_trainer *t, const struct ho_draw *want, size_t floats)
{
  size_t size = (size_t)want->size, K = (size_t)t->data.classes;
  const struct ho_host *h = &t->host;
  struct ho_drawn *d = ho_host_scratch(h, sizeof *d);
  uint32_t *id = ho_host_scratch(h, size * sizeof *id), *mate = ho_host_scratch(h, size * sizeof *mate);
  uint16_t *label = ho_host_scratch(h, size * sizeof *label);
  float *lambda = ho_host_scratch(h, size * sizeof *lambda), *w = ho_host_scratch(h, size * sizeof *w);
  float *x = ho_host_scratch(h, size * floats * sizeof *x), *target = ho_host_scratch(h, size * K * sizeof *target);
  if (!d || !id || !mate || !label || !lambda || !w || !x || !target)
    return NULL;
  *d = (struct ho_drawn){
    .pub = { want->size, want->pool, t->ndrawn, id, mate, lambda, label, x, target },
    .w = w,
  };
  return d;
}

static int draw_one(struct ho_trainer *t, const struct ho_draw *want, int k, struct ho_minibatch **mb)
{
  const struct ho_host *h = &t->host;
  size_t K = (size_t)h->classes, floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  struct ho_drawn *d = new_drawn(t, want, floats);
  if (!d || choose(t, want, k, (uint32_t *)d->pub.id))
    return -1;
  for (int i = 0; i < want->size; i++) {
    ((uint32_t *)d->pub.mate)[i] = d->pub.id[i];
    ((float *)d->pub.lambda)[i] = 1;
    ((uint16_t *)d->pub.label)[i] = t->label[d->pub.id[i]];
  }
  memset(d->pub.target, 0, (size_t)want->size * K * sizeof(float));
  for (size_t i = 0; i < (size_t)want->size; i++)
    d->pub.target[i * K + d->pub.label[i]] = 1;
  struct fill f = { t, &d->pub, want->view, floats };
  ho_parallel(want->size, fill_image, &f);
  *t->drawn_end = d;
  t->drawn_end = &d->next;
  t->ndrawn++;
  *mb = &d->pub;
  return 0;
}

int ho_host_draw(const struct ho_host *h, const struct ho_draw *want, struct ho_minibatch **mb)
{
  struct ho_trainer *t = h->host;
  int caller = t->current;
  if ((t->phase != HO_EPOCH && t->phase != HO_STEP) || t->drawing || t->passing)
    return ho_host_fail(t, "draw is for direction and epoch, not for %s",
                        t->drawing   ? "input"
                        : t->passing ? "a hook within a pass"
                                     : "open, update or predict");
  if (want->count < 1 || want->size < 1 || want->pool < 0 || want->pool >= t->pools || want->view < 0)
    return ho_host_fail(t, "cannot draw %d mini-batches of %d images from pool %d (of %d)", want->count, want->size,
                        want->pool, t->pools);
  if (want->later[0] || want->later[1])
    return ho_host_fail(
        t, "the draw asks for what this program does not know: zero all of struct ho_draw, or use a newer holdout");
  if (!t->pool[want->pool].n && !want->ids && !t->batch)
    return ho_host_fail(t, want->pool == HO_CLEAN
                               ? "the clean pool is empty: --clean-size gives it images with true labels"
                               : "the validation pool is empty: --validation-size gives it images");
  for (int k = 0; k < want->count; k++) {
    if (draw_one(t, want, k, &mb[k]))
      return -1;
    t->drawing = 1;
    for (int l = 0; l < t->chain.n && !want->plain; l++) {
      const struct ho_optimizer *o = &t->chain.link[l].plugin->hooks;
      t->current = l;
      if (o->input && o->input(t->chain.link[l].self, h, mb[k]))
        return t->err->text[0] ? -1 : ho_host_fail(t, "its input hook failed without a word");
    }
    t->drawing = 0;
    t->current = caller;
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
  if (d->seen || t->passing)
    return ho_host_fail(t, "a mini-batch that has been through the network cannot be mixed any more");
  for (size_t i = 0; i < size; i++)
    if (partner[i] < 0 || partner[i] >= mb->size || !(lambda[i] >= 0 && lambda[i] <= 1))
      return ho_host_fail(t, "mix: partner %d and share %g of image %zu are out of range", partner[i], lambda[i], i);
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
