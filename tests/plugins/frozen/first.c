/* SPDX-License-Identifier: MIT
 * first.c - frozen with the first header of ABI 1, which lies beside it: it uses every hook, service and field of that, and
 * has to work with every later program of this ABI.  Neither file is ever changed. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

struct first {
  int whole, flag, choice;
  double real;
  const char *text;
  float *seen;              /* [samples] how often each was drawn */
  double *T;
  size_t own;
  int pool, predictions;
};

#define OPTION(field, type, value, range, help) { #field, type, offsetof(struct first, field), value, range, help }
static const struct ho_option options[] = {
  OPTION(whole, HO_INT, "3", "[1,9]", "a whole number"),
  OPTION(real, HO_REAL, "0.5", "[0,1]", "a number"),
  OPTION(flag, HO_BOOL, "true", NULL, "a truth value"),
  OPTION(choice, HO_CHOICE, "two", "one|two|three", "a choice"),
  OPTION(text, HO_TEXT, "words", NULL, "a text"),
  { 0 }
};

#define CHECK(condition) do { if (!(condition)) return h->fail(h, "line %d: %s", __LINE__, #condition); } while (0)

static int open(void *self, const struct ho_host *h)
{
  struct first *o = self;
  const uint32_t some[] = { 7, 3, 5, 1, 2, 4 };
  size_t K = (size_t)h->classes;
  CHECK(h->abi == 1 && h->bytes >= sizeof *h && !h->theta);
  CHECK(o->whole == 3 && o->real == 0.5 && o->flag == 1 && o->choice == 1 && !strcmp(o->text, "words"));
  CHECK(h->samples > 10 && h->clean == 0 && h->parameters > 10 && K > 1 && h->features > 1 && h->height > 1 && h->width > 1);
  CHECK(h->channels >= 1 && h->tensors > 1 && h->nets == 2 && h->batch_size % 4 == 0 && h->epochs > 0 && h->steps > 0);
  o->seen = h->state(h, "seen", "F32", h->samples);
  o->T = h->state(h, "transition", "F64", K * K);
  if (!o->seen || !o->T || h->parameter(h, "temperature", 1, 0.5, 2, &o->own) || h->transition(h, "known", o->T))
    return -1;
  o->pool = h->pool(h, -1, some, 6);
  return o->pool < 0 ? -1 : 0;
}

static void close(void *self)
{
  memset(self, 0, sizeof(struct first));
}

static int epoch(void *self, const struct ho_host *h, int end)
{
  struct first *o = self;
  size_t K = (size_t)h->classes, F = (size_t)h->features;
  float *logits = h->scratch(h, 6 * K * sizeof *logits), *features = h->scratch(h, 6 * F * sizeof *features);
  const uint32_t others[] = { 1, 2, 3, 4, 5, 6 };
  struct ho_pass second = { .net = 1 };
  if (!logits || !features || h->pool(h, o->pool, others, 6) != o->pool ||
      h->evaluate(h, &second, o->pool, logits, features))
    return -1;
  CHECK(isfinite(logits[6 * K - 1]) && isfinite(features[6 * F - 1]));
  for (int net = 0; net < h->nets && !end && h->epoch == 0; net++)
    h->theta[net][o->own] = 0.25f;
  return 0;
}

/* Half of the images with the next one, a quarter of it. */
static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  struct first *o = self;
  int *partner = h->scratch(h, (size_t)mb->size * sizeof *partner);
  float *lambda = h->scratch(h, (size_t)mb->size * sizeof *lambda);
  if (!partner || !lambda)
    return -1;
  for (int i = 0; i < mb->size; i++) {
    CHECK(mb->label[i] < h->classes && mb->mate[i] == mb->id[i] && mb->lambda[i] == 1);
    if (mb->id[i] < h->samples)
      o->seen[mb->id[i]]++;
    partner[i] = (i + 1) % mb->size;
    lambda[i] = i % 2 ? 0.75f : 1;
  }
  return h->mix(h, mb, partner, lambda);
}

/* Cross-entropy of logits times (1 + temperature). */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct first *o = self;
  size_t K = (size_t)h->classes;
  float scale = 1 + head->theta[o->own], *z = h->scratch(h, K * sizeof *z);
  double *log_p = h->scratch(h, K * sizeof *log_p);
  CHECK(head->net < 2 && isfinite(head->features[0]) && (head->first == 0 || head->first == 1));
  for (size_t i = 0; z && log_p && i < (size_t)mb->size; i++) {
    double L = 0;
    for (size_t k = 0; k < K; k++)
      z[k] = scale * head->logits[i * K + k];
    h->log_softmax(h, z, log_p);
    for (size_t k = 0; k < K; k++) {
      L -= mb->target[i * K + k] * log_p[k];
      head->dlogits[i * K + k] = (float)(scale * (exp(log_p[k]) - mb->target[i * K + k]));
    }
    head->loss[i] = (float)L;
  }
  return z && log_p ? 0 : -1;
}

/* dL/dtemperature = sum_k (dL/dlogit_k / scale) logit_k */
static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  const struct first *o = self;
  size_t K = (size_t)h->classes;
  for (size_t i = 0; i < (size_t)mb->size; i++)
    for (size_t k = 0; k < K; k++)
      row[o->own] += w[i] * head->dlogits[i * K + k] / (1 + head->theta[o->own]) * head->logits[i * K + k];
  return 0;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *l, float *w)
{
  const struct first *o = self;
  CHECK(w[0] == 1 / (float)mb->size && l[0] > 0);
  w[0] *= (float)o->real;
  h->decay(h, 1);
  return 0;
}

static int check_streams(const struct ho_host *h)
{
  struct ho_stream a = h->stream(h, "a", h->step, 1), b = a;
  int p[3];
  CHECK(h->uniform(&a) == h->uniform(&b));
  CHECK(isfinite(h->normal(&a)) && h->gamma(&a, 2) > 0);
  h->permute(&a, p, 3);
  CHECK(p[0] + p[1] + p[2] == 3);
  return 0;
}

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct first *o = self;
  const uint32_t ids[] = { 1, 2, 1, 2 };
  int n = h->batch_size / 4;
  size_t P = h->parameters;
  struct ho_draw two = { .pool = HO_TRAIN, .count = 2, .size = n, .matched = 1 };
  struct ho_draw exact = { .pool = o->pool, .count = 1, .size = 4, .ids = ids, .view = 1, .plain = 1 };
  struct ho_minibatch *mb[2], *other;
  float *rows = h->scratch(h, 2 * P * sizeof *rows), *theta = h->scratch(h, P * sizeof *theta);
  float *l = h->scratch(h, 2 * (size_t)n * sizeof *l), *slope = h->scratch(h, 2 * (size_t)n * sizeof *slope);
  float *w = h->scratch(h, 2 * (size_t)n * sizeof *w);
  double va[2], aa[2], half[] = { 0.5, 0.5 };
  if (!rows || !theta || !l || !slope || !w || check_streams(h) || h->draw(h, &two, mb) || h->draw(h, &exact, &other))
    return -1;
  CHECK(mb[0]->label[0] == mb[1]->label[0] && mb[1]->index == 1 && other->pool == o->pool && other->id[2] == 1);
  CHECK(h->label[other->id[0]] == other->label[0] && h->tensor[0].size > 0 && h->tensor[0].offset == 0);
  for (int net = 0; net < h->nets; net++) {
    struct ho_pass pass = { .net = net }, there = { .net = net, .theta = theta, .flags = HO_KEEP_STATS };
    struct ho_pass given = { .net = net, .w = w, .flags = HO_EVAL | HO_SHARED_MASKS };
    if (h->gradients(h, &pass, mb, 2, rows))
      return -1;
    h->dots(h, P, rows, 2, rows, P, va, aa);
    CHECK(fabs(va[0] - aa[0]) <= 1e-9 * aa[0] && fabs(h->dot(h, P, rows, rows + P) - va[1]) <= 1e-6 * (1 + aa[0]));
    h->combine(h, P, dir[net], 2, half, rows, P);
    memcpy(theta, h->theta[net], P * sizeof *theta);
    memset(w, 0, 2 * (size_t)n * sizeof *w);
    if (h->losses(h, &there, mb, 2, l, NULL) || h->slopes(h, &pass, mb, 2, rows, slope) ||
        h->gradients(h, &given, mb, 2, rows))
      return -1;
    CHECK(isfinite(l[0]) && isfinite(slope[2 * n - 1]) && h->dot(h, 2 * P, rows, rows) == 0);
  }
  for (int k = 0; k < 2; k++)
    h->weight(h, mb[k], 0.5);
  if (h->step == 1)
    h->skip(h);
  h->log(h, "seen", o->seen[mb[0]->id[0]]);
  return 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g,
                  float *const *slot)
{
  (void)self;
  for (size_t k = 0; k < t->size; k++) {
    slot[0][k] = 0.5f * slot[0][k] + g[k] + (float)t->decay * theta[k];
    slot[1][k]++;
    theta[k] -= (float)(h->lr * t->rate) * slot[0][k];
  }
  return 0;
}

/* The mean of both networks. */
static int predict(void *self, const struct ho_host *h, int n, const float *logits, const float *features, float *out)
{
  struct first *o = self;
  size_t size = (size_t)n * (size_t)h->classes;
  CHECK(isfinite(features[0]));
  for (size_t i = 0; i < size; i++)
    out[i] = (logits[i] + logits[size + i]) / 2;
  o->predictions++;
  return 0;
}

HO_PLUGIN(struct first, .name = "first", .summary = "the first plugin of ABI 1", .citation = "none", .options = options,
          .nets = 2, .slots = 2, .horizon = 1, .open = open, .close = close, .epoch = epoch, .input = input, .loss = loss,
          .own = own, .weigh = weigh, .direction = direction, .update = update, .predict = predict);
