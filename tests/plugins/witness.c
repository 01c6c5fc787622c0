/* SPDX-License-Identifier: MIT
 * witness.c - two networks with their own loss, update and prediction; counts the calls by the host and checks the
 * counts, or calls what it must not, as its option selects. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

enum mode {
  CHECKS,
  PASS_IN_LOSS,
  DRAW_IN_INPUT,
  LOG_IN_UPDATE,
  UPDATE_FAILS,
  NAN_LOSS,
  LATE_POOL,
  SAME_TWICE,
  LONG_NAME,
  PREDICT_LOGS,
  SKIPS,
  PREDICT_FAILS,
  PREDICT_NAN
};

struct witness {
  int mode;
  uint64_t *count; /* first[net 0], first[net 1], weigh, pool of this epoch + 1 */
  double *rate;    /* sum of the learning rates that epoch hooks saw */
};

static const struct ho_option options[] = {
  HO_OPTION(struct witness, mode, HO_CHOICE, "checks",
            "checks|pass-in-loss|draw-in-input|log-in-update|update-fails|"
            "nan-loss|late-pool|same-twice|long-name|predict-logs|"
            "skips|predict-fails|predict-nan",
            "what to do"),
  { 0 },
};

#define CHECK(condition) \
  do { \
    if (!(condition)) \
      return h->fail(h, "line %d: %s", __LINE__, #condition); \
  } while (0)

static int open(void *self, const struct ho_host *h)
{
  struct witness *p = self;
  char name[120];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  if (p->mode == LONG_NAME && !h->state(h, name, "U8", 1))
    return -1;
  p->count = h->state(h, "count", "U64", 4);
  p->rate = h->state(h, "rate", "F64", 1);
  return p->count && p->rate ? 0 : -1;
}

/* Each epoch has a pool of its own: some samples with the label of sample 0. */
static int epoch(void *self, const struct ho_host *h, int end)
{
  struct witness *p = self;
  uint32_t ids[4];
  size_t n = 0;
  CHECK(h->lr > 0);
  p->rate[0] += h->lr;
  for (uint32_t i = 0; i < h->samples && n < 4 && !end; i++)
    if (h->label[i] == h->label[0])
      ids[n++] = i;
  if (end)
    return 0;
  int pool = h->pool(h, -1, ids, n);
  p->count[3] = (uint64_t)pool + 1;
  return pool < 0 ? -1 : 0;
}

static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  struct witness *p = self;
  struct ho_draw want = { .count = 1, .size = 1 };
  (void)mb;
  return p->mode == DRAW_IN_INPUT ? h->draw(h, &want, &mb) : 0;
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  struct witness *p = self;
  size_t K = (size_t)h->classes;
  struct ho_minibatch *same = (struct ho_minibatch *)mb;
  struct ho_pass pass = { .net = 1 };
  if (p->mode == PASS_IN_LOSS && h->losses(h, &pass, &same, 1, NULL, NULL))
    return -1;
  p->count[head->net] += (uint64_t)head->first;
  for (size_t i = 0; i < (size_t)mb->size; i++) { /* squared error of the logits, half of it */
    head->loss[i] = p->mode == NAN_LOSS ? (float)NAN : 0;
    for (size_t k = 0; k < K; k++) {
      float d = head->logits[i * K + k] - mb->target[i * K + k];
      head->dlogits[i * K + k] = d;
      head->loss[i] += d * d / 2;
    }
  }
  return 0;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *l, float *w)
{
  struct witness *p = self;
  (void)h, (void)mb, (void)l, (void)w;
  p->count[2]++;
  return 0;
}

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  struct witness *p = self;
  size_t P = h->parameters, F = (size_t)h->features;
  struct ho_draw want = { .count = 2, .size = h->batch_size / 2 };
  struct ho_draw from_pool = { .pool = (int)p->count[3] - 1, .count = 1, .size = 2 };
  struct ho_minibatch *mb[2], *few;
  float *rows = h->scratch(h, 2 * P * sizeof *rows), *features = h->scratch(h, 16 * F * sizeof *features), l[256];
  double half[] = { 0.5, 0.5 };
  struct ho_pass eval = { .flags = HO_EVAL };
  uint64_t before[3];
  memcpy(before, p->count, sizeof before);
  if (!rows || !features || h->draw(h, &want, mb) || h->draw(h, &from_pool, &few))
    return -1;
  if (p->mode == LATE_POOL)
    return h->pool(h, -1, mb[0]->id, 1) < 0 ? -1 : 0;
  if (p->mode == SAME_TWICE) {
    mb[1] = mb[0];
    return h->gradients(h, &eval, mb, 2, rows);
  }
  CHECK(few->label[0] == h->label[0] && few->label[1] == h->label[0]);
  if (h->losses(h, &eval, mb, 2, l, NULL)) /* looks without being a first pass */
    return -1;
  CHECK(p->count[0] == before[0] && p->count[2] == before[2]);
  for (int k = 0; k < 2; k++) {
    struct ho_pass pass = { .net = k };
    for (int again = 0; again < 2; again++)
      if (h->gradients(h, &pass, mb, 2, rows))
        return -1;
    h->combine(h, P, dir[k], 2, half, rows, P);
    CHECK(p->count[k] == before[k] + 2); /* once per mini-batch and network, */
    CHECK(p->count[2] == before[2] + 2); /* once per mini-batch */
  }
  memset(features, 0, F * sizeof *features);
  if (h->evaluate(h, &(struct ho_pass){ .net = 1 }, from_pool.pool, NULL, features))
    return -1;
  CHECK(h->dot(h, F, features, features) > 0);
  h->decay(h, 0.25);
  h->decay(h, 2);
  if (p->mode == SKIPS)
    h->skip(h);
  return 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *dir,
                  float *const *slot)
{
  struct witness *p = self;
  const struct ho_tensor *base = h->tensor;
  while (base->offset != t->offset)
    base++;
  (void)slot;
  CHECK(t->decay == base->decay / 2);
  if (p->mode == LOG_IN_UPDATE)
    h->log(h, "x", 1);
  for (size_t k = 0; k < t->size; k++)
    theta[k] -= (float)h->lr * (dir[k] + (float)t->decay * theta[k]);
  return p->mode == UPDATE_FAILS && t->offset ? -1 : 0;
}

/* The mean of both networks. */
static int predict(void *self, const struct ho_host *h, int n, const float *logits, const float *features, float *out)
{
  struct witness *p = self;
  size_t size = (size_t)n * (size_t)h->classes;
  (void)features;
  for (size_t i = 0; i < size; i++)
    out[i] = (logits[i] + logits[size + i]) / 2;
  if (p->mode == PREDICT_NAN)
    out[size - 1] = (float)NAN;
  if (p->mode == PREDICT_LOGS)
    for (int i = 0; i < 100; i++) {
      char name[] = { 'p', (char)('0' + i / 10), (char)('0' + i % 10), 0 };
      h->log(h, name, i);
    }
  return p->mode == PREDICT_FAILS ? -1 : 0;
}

HO_PLUGIN(struct witness, .name = "witness", .summary = "counts what the host calls", .citation = "none",
          .options = options, .nets = 2, .open = open, .epoch = epoch, .input = input, .loss = loss, .weigh = weigh,
          .direction = direction, .update = update, .predict = predict);
