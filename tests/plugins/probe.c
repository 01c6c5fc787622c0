/* SPDX-License-Identifier: MIT
 * probe.c - uses every service of the host and checks the results, or misbehaves in the way that its option selects.
 * Loss and update are those of sgd. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

enum mode {
  CHECKS,
  SILENT,
  OPEN_DRAWS,
  LATE_STATE,
  TWICE,
  BAD_TYPE,
  BAD_DRAW,
  BAD_ID,
  BAD_POOL,
  NO_CLEAN,
  TWO_SIZES,
  UNEQUAL,
  LATE_MIX,
  NAN_DIRECTION,
  HUGE_SCRATCH,
  INPUT_FAILS,
  WEIGH_FAILS,
  EPOCH_FAILS,
  LONG_LOG,
  EMPTY_POOL,
  NO_NET,
  SILENT_EPOCH,
  IDLE,
  EVALUATES,
  UNUSED,
  ONE_EACH
};

struct probe {
  int mode;
  uint32_t *seen; /* [samples] how often each was drawn */
  uint64_t *steps;
  size_t own; /* offset of its own parameters */
  int pool;
};

static const struct ho_option options[] = {
  HO_OPTION(
      struct probe, mode, HO_CHOICE, "checks",
      "checks|silent|open-draws|late-state|twice|bad-type|bad-draw|bad-id|bad-pool|no-clean|two-sizes|unequal|late-mix|"
      "nan-direction|huge-scratch|input-fails|weigh-fails|epoch-fails|long-log|empty-pool|no-net|silent-epoch|idle|"
      "evaluates|unused|one-each",
      "what to do"),
  { 0 }
};

#define CHECK(condition) \
  do { \
    if (!(condition)) \
      return h->fail(h, "line %d: %s", __LINE__, #condition); \
  } while (0)

static int open(void *self, const struct ho_host *h)
{
  struct probe *p = self;
  const uint32_t few[] = { 5, 3, 1, 2, 4, 6, 7, 8 };
  struct ho_minibatch *mb;
  struct ho_draw want = { .count = 1, .size = 1 };
  if (p->mode == SILENT)
    return -1;
  if (p->mode == OPEN_DRAWS)
    return h->draw(h, &want, &mb);
  if (p->mode == BAD_TYPE)
    return h->state(h, "x", "F16", 3) ? 0 : -1;
  p->seen = h->state(h, "seen", "U32", h->samples);
  p->steps = h->state(h, "steps", "U64", 1);
  if (!p->seen || !p->steps || h->parameter(h, "own", 3, 0.5, 2, &p->own))
    return -1;
  if (p->mode == TWICE)
    return h->state(h, "seen", "U32", 1) ? 0 : -1;
  p->pool = h->pool(h, -1, few, p->mode == EMPTY_POOL ? 0 : sizeof few / sizeof *few);
  return p->pool < 0 ? -1 : 0;
}

static int epoch(void *self, const struct ho_host *h, int end)
{
  struct probe *p = self;
  if (p->mode == SILENT_EPOCH)
    return -1;
  return p->mode == EPOCH_FAILS && end ? h->fail(h, "as asked, after epoch %d", h->epoch) : 0;
}

static int input(void *self, const struct ho_host *h, struct ho_minibatch *mb)
{
  struct probe *p = self;
  for (int i = 0; i < mb->size; i++)
    if (mb->id[i] < h->samples)
      p->seen[mb->id[i]]++;
  return p->mode == INPUT_FAILS ? -1 : 0;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  struct probe *p = self;
  for (int i = 0; i < mb->size; i++) {
    CHECK(w[i] == 1 / (float)mb->size);
    CHECK(loss[i] > 0);
  }
  w[0] *= 2;
  return p->mode == WEIGH_FAILS ? -1 : 0;
}

/* Its own parameters' gradient: the mean loss, three times. */
static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  const struct probe *p = self;
  (void)h;
  for (int i = 0; i < mb->size; i++)
    for (int k = 0; k < 3; k++)
      row[p->own + (size_t)k] += w[i] * head->loss[i];
  return 0;
}

/* ---- what each service must give ---- */

static int check_draws(const struct probe *p, const struct ho_host *h)
{
  struct ho_minibatch *mb[4], *same, *view;
  const uint32_t ids[] = { 9, 9, 11, 0 };
  size_t floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  struct ho_draw matched = { .count = 3, .size = 6, .matched = 1 }, own = { .pool = p->pool, .count = 1, .size = 4 };
  struct ho_draw exact = { .count = 1, .size = 4, .ids = ids };
  if (h->draw(h, &matched, mb) || h->draw(h, &own, mb + 3) || h->draw(h, &exact, &same))
    return -1;
  exact.view = 1;
  if (h->draw(h, &exact, &view))
    return -1;
  for (int i = 0; i < 6; i++)
    CHECK(mb[0]->label[i] == mb[1]->label[i] && mb[1]->label[i] == mb[2]->label[i]);
  for (int i = 0; i < 4; i++)
    CHECK(mb[3]->id[i] >= 1 && mb[3]->id[i] <= 8 && same->id[i] == ids[i] && same->mate[i] == ids[i]);
  CHECK(mb[0]->index + 1 == mb[1]->index && mb[3]->index + 1 == same->index && mb[3]->pool == p->pool);
  CHECK(!memcmp(same->x, same->x + floats, floats * sizeof(float))); /* one image twice */
  CHECK(memcmp(same->x, view->x, 4 * floats * sizeof(float)));       /* augmented otherwise */
  for (int k = 0; k < h->classes; k++)
    CHECK(same->target[k] == (same->label[0] == k));
  return 0;
}

static int check_mix(const struct ho_host *h)
{
  const uint32_t ids[] = { 1, 2, 3 };
  const int partner[] = { 1, 2, 0 };
  const float lambda[] = { 0.25f, 1, 0 };
  struct ho_draw exact = { .count = 1, .size = 3, .ids = ids };
  struct ho_minibatch *a, *b;
  size_t floats = (size_t)h->height * (size_t)h->width * (size_t)h->channels;
  if (h->draw(h, &exact, &a) || h->draw(h, &exact, &b) || h->mix(h, b, partner, lambda))
    return -1;
  for (size_t k = 0; k < floats; k++) {
    CHECK(fabsf(b->x[k] - (0.25f * a->x[k] + 0.75f * a->x[floats + k])) < 1e-6f);
    CHECK(b->x[floats + k] == a->x[floats + k]);
    CHECK(b->x[2 * floats + k] == a->x[k]);
  }
  CHECK(b->mate[0] == 2 && b->lambda[0] == 0.25f && b->mate[1] == 2 && b->mate[2] == 1 && b->lambda[2] == 0);
  return 0;
}

/* Gradients are those of the losses: (L(theta + r g) - L(theta - r g)) / 2r = |g|^2, with P floats in double. */
static int check_gradients(const struct probe *p, const struct ho_host *h, float *const *dir)
{
  size_t P = h->parameters;
  struct ho_draw want = { .count = 3, .size = 8 };
  struct ho_minibatch *mb[3];
  float *rows = h->scratch(h, 3 * P * sizeof *rows), *again = h->scratch(h, 3 * P * sizeof *rows);
  float *theta = h->scratch(h, P * sizeof *theta), loss[24], logits[24 * 16];
  struct ho_pass pass = { .net = 0 };
  double one = 1, side[2];
  if (!rows || !again || !theta || h->draw(h, &want, mb) || h->gradients(h, &pass, mb, 3, rows) ||
      h->gradients(h, &pass, mb, 3, again))
    return -1;
  CHECK(!memcmp(rows, again, 3 * P * sizeof *rows)); /* the same pixels, masks and weights at each pass */
  if (h->gradients(h, &pass, mb + 1, 1, again))
    return -1;
  for (size_t k = 0; k < P; k++)
    CHECK(fabsf(again[k] - rows[P + k]) <= 1e-5f * (1 + fabsf(rows[P + k]))); /* alone as in the group */
  double norm = h->dot(h, P - 3, rows, rows), r = 1e-3 / sqrt(norm);
  for (int s = 0; s < 2; s++) {
    double sum = 0, step[2] = { 1, s ? r : -r };
    memcpy(again, h->theta[0], P * sizeof *again);
    memcpy(again + P, rows, P * sizeof *again);
    h->combine(h, P, theta, 2, step, again, P);
    pass.theta = theta;
    if (h->losses(h, &pass, mb, 1, loss, logits))
      return -1;
    for (int i = 0; i < 8; i++)
      sum += loss[i] * (i ? 1 : 2) / 8.0; /* weigh doubles the first */
    side[s] = sum;
  }
  CHECK(fabs((side[1] - side[0]) / (2 * r) / norm - 1) < 0.05);
  h->combine(h, P, dir[0], 1, &one, rows, P);
  return rows[p->own] > 0 ? 0 : h->fail(h, "own gradient is missing");
}

static int check_weights(const struct ho_host *h)
{
  size_t P = h->parameters;
  struct ho_draw want = { .count = 1, .size = 8 };
  struct ho_minibatch *mb;
  float *rows = h->scratch(h, P * sizeof *rows), w[8] = { 0 };
  struct ho_pass pass = { .w = w };
  if (!rows || h->draw(h, &want, &mb) || h->gradients(h, &pass, &mb, 1, rows))
    return -1;
  CHECK(h->dot(h, P, rows, rows) == 0);
  return 0;
}

static int check_evaluate(const struct probe *p, const struct ho_host *h)
{
  float logits[8 * 16], features[8 * 512];
  size_t F = (size_t)h->features;
  CHECK(F <= 512 && h->classes <= 16);
  struct ho_pass pass = { .net = 0 };
  if (h->evaluate(h, &pass, p->pool, logits, features))
    return -1;
  for (int i = 0; i < 8 * h->classes; i++)
    CHECK(isfinite(logits[i]));
  return 0;
}

/* What a trace cannot tell of, or not on a batch that is given. */
static int draw_oddly(const struct probe *p, const struct ho_host *h, float *const *dir)
{
  struct ho_draw want = { .count = 6, .size = 2 }, other = { .count = 1, .size = 3 };
  struct ho_minibatch *mb[6];
  struct ho_pass pass = { .net = 0 };
  memset(dir[0], 0, h->parameters * sizeof *dir[0]);
  if (p->mode == IDLE)
    return 0;
  if (p->mode == EVALUATES)
    return h->evaluate(h, &pass, HO_TRAIN, NULL, NULL);
  float *rows = h->scratch(h, 6 * h->parameters * sizeof *rows);
  if (!rows || h->draw(h, &want, mb) || h->gradients(h, &pass, mb, p->mode == UNUSED ? 5 : 6, rows))
    return -1;
  return p->mode == ONE_EACH && (h->draw(h, &other, mb) || h->gradients(h, &pass, mb, 1, rows)) ? -1 : 0;
}

static int misbehave(const struct probe *p, const struct ho_host *h, float *const *dir)
{
  static const int partner[] = { 1, 0 };
  static const float lambda[] = { 0.5f, 0.5f };
  uint32_t beyond = (uint32_t)h->samples;
  struct ho_draw want = { .count = 1, .size = 2 }, other = { .count = 1, .size = 3 };
  struct ho_minibatch *mb[2];
  struct ho_pass pass = { .net = p->mode == NO_NET };
  float *rows = h->scratch(h, 2 * h->parameters * sizeof *rows);
  want.matched = other.matched = p->mode == TWO_SIZES;
  want.pool = p->mode == BAD_POOL ? 17 : p->mode == NO_CLEAN ? HO_CLEAN : HO_TRAIN;
  want.count = p->mode == BAD_DRAW ? 0 : 1;
  if (p->mode == BAD_ID) {
    want.ids = &beyond;
    want.size = 1;
  }
  if (p->mode == LATE_STATE)
    return h->state(h, "late", "F32", 1) ? 0 : -1;
  if (p->mode == HUGE_SCRATCH)
    return h->scratch(h, SIZE_MAX / 2) ? 0 : -1;
  if (p->mode == LONG_LOG)
    for (int i = 0; i < 100; i++) {
      char name[] = { 'n', (char)('0' + i / 10), (char)('0' + i % 10), 0 };
      h->log(h, name, i);
    }
  if (!rows || h->draw(h, &want, mb) || ((p->mode == TWO_SIZES || p->mode == UNEQUAL) && h->draw(h, &other, mb + 1)))
    return -1;
  if (h->gradients(h, &pass, mb, p->mode == UNEQUAL ? 2 : 1, rows))
    return -1;
  if (p->mode == LATE_MIX)
    return h->mix(h, mb[0], partner, lambda);
  memset(dir[0], 0, h->parameters * sizeof *dir[0]);
  if (p->mode == NAN_DIRECTION)
    dir[0][1] = (float)NAN;
  return 0;
}

static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  struct probe *p = self;
  struct ho_stream a = h->stream(h, "x", h->step, 0), b = h->stream(h, "x", h->step, 0);
  if (p->mode >= IDLE)
    return draw_oddly(p, h, dir);
  if (p->mode != CHECKS)
    return misbehave(p, h, dir);
  CHECK(p->steps[0] == h->step);
  p->steps[0]++;
  CHECK(h->uniform(&a) == h->uniform(&b));
  CHECK(h->batch_size > 0 && h->steps > h->step && h->lr > 0 && h->tensors > 1);
  CHECK(h->tensor[h->tensors - 1].size == 3 && h->tensor[h->tensors - 1].rate == 0.5);
  h->log(h, "steps", (double)p->steps[0]);
  return check_draws(p, h) || check_mix(h) || check_weights(h) || check_evaluate(p, h) || check_gradients(p, h, dir)
             ? -1
             : 0;
}

HO_PLUGIN(struct probe, .name = "probe", .summary = "checks the host", .citation = "none", .options = options,
          .open = open, .epoch = epoch, .input = input, .weigh = weigh, .own = own, .direction = direction);
