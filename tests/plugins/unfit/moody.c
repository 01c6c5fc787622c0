/* SPDX-License-Identifier: MIT
 * moody.c - has every hook, all correct; its option makes one of them fail in a way that no other plugin of this folder
 * does.  Checks call hooks with 32 images, while trainings have 64: most moods fail only in a check. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

struct moody {
  const char *mood; /* a text, as the check of values tries every choice */
  size_t shift;     /* a parameter of its own: the loss is L + s + s^2 / 2 */
  int calls;
};

static const struct ho_option options[] = {
  HO_OPTION(struct moody, mood, HO_TEXT, "", NULL, "what goes wrong"),
  { 0 },
};

static int opens, steps; /* of all trainings */

static int is(const struct moody *o, const char *mood)
{
  return !strcmp(o->mood, mood);
}

static int checked(const struct ho_minibatch *mb)
{
  return mb->size == 32;
}

static int open(void *self, const struct ho_host *h)
{
  struct moody *o = self;
  if (is(o, "registers") && ++opens > 2 && !h->state(h, "later", "U8", 1))
    return -1;
  return is(o, "ownerless") ? 0 : h->parameter(h, "shift", 1, 1, 0, &o->shift);
}

static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  struct moody *o = self;
  if (is(o, "pixel") && h->step == 5)
    mb->x[0] = (float)NAN;
  if (is(o, "share"))
    ((float *)mb->lambda)[0] = 2;
  if (is(o, "behind"))
    ((char *)self)[sizeof *o] = 1;
  return is(o, "input fails") && checked(mb) ? -1 : 0;
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  struct moody *o = self;
  size_t K = (size_t)h->classes;
  float s = is(o, "ownerless") ? 0 : head->theta[o->shift];
  double *log_p = h->scratch(h, K * sizeof *log_p);
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    h->log_softmax(h, head->logits + i * K, log_p);
    head->loss[i] = s + s * s / 2;
    for (size_t k = 0; k < K; k++) {
      head->loss[i] -= mb->target[i * K + k] * (float)log_p[k];
      head->dlogits[i * K + k] = (float)exp(log_p[k]) - mb->target[i * K + k];
      if (is(o, "steep") && head->logits[i * K + k] > 50)
        head->dlogits[i * K + k] = (float)NAN;
    }
    if (is(o, "counts") && checked(mb))
      head->loss[i] += (float)++o->calls;
  }
  return !log_p || (is(o, "loss fails") && checked(mb)) ? -1 : 0;
}

static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  struct moody *o = self;
  (void)h;
  for (int i = 0; i < mb->size; i++)
    row[o->shift] += w[i] * (1 + head->theta[o->shift]);
  return 0;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *l, float *w)
{
  struct moody *o = self;
  (void)h, (void)l;
  if (is(o, "weight") && checked(mb))
    w[3] = (float)INFINITY;
  return is(o, "weigh fails") && checked(mb) ? -1 : 0;
}

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  struct moody *o = self;
  struct ho_draw want = { .count = 1, .size = h->batch_size };
  struct ho_pass pass = { .net = 0 };
  struct ho_minibatch *mb;
  if (is(o, "logs"))
    h->log(h, "steps", ++steps);
  if (h->draw(h, &want, &mb) || h->gradients(h, &pass, &mb, 1, dir[0]))
    return -1;
  return is(o, "direction fails") && h->step == 1 ? -1 : 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  struct moody *o = self;
  int training = theta == h->theta[0] + t->offset;
  (void)slot;
  for (size_t k = 0; k < t->size; k++)
    theta[k] -= (float)h->lr * dir[k];
  if (is(o, "direction changes") && !training)
    ((float *)dir)[0] = 0;
  return is(o, "update fails") && !training ? -1 : 0;
}

static int predict(void *self, const struct ho_host *h, int n, const float *logits, const float *features, float *out)
{
  struct moody *o = self;
  size_t K = (size_t)h->classes;
  (void)features;
  memcpy(out, logits, (size_t)n * K * sizeof *out);
  if (is(o, "predictions drift"))
    out[0] += (float)++steps;
  if (is(o, "output") && n == 1)
    out[K - 1] = (float)NAN;
  return is(o, "predict fails") && n == 1 ? -1 : 0;
}

HO_PLUGIN(struct moody, .name = "moody", .summary = "goes wrong as it is told", .options = options, .open = open,
          .input = input, .loss = loss, .own = own, .weigh = weigh, .direction = direction, .update = update,
          .predict = predict);
