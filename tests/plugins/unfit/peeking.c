/* SPDX-License-Identifier: MIT
 * peeking.c - looks into arrays of P floats itself, wherever it may, and declares that it does not (see also looking.c in
 * the folder above, which does not declare that). */
#include <holdout/optimizer.h>

#ifndef NAME
#define NAME "peeking"
#define OPAQUE 1
#endif

/* theta <- 0.999 theta, and what the network makes of that. */
static int epoch(void *self, const struct ho_host *h, int end)
{
  const struct ho_pass own = { .net = 0 };
  float *logits = h->scratch(h, h->samples * (size_t)h->classes * sizeof *logits);
  (void)self;
  for (int times = 0; logits && times < 2 && !end; times++) {
    for (size_t k = 0; k < h->parameters; k++)
      h->theta[0][k] *= 0.999f;
    if (h->evaluate(h, &own, HO_TRAIN, logits, NULL))
      return -1;
    h->log(h, "logit", logits[0]);
  }
  return logits ? 0 : -1;
}

/* The mean of two gradients, the second at parameters a little aside, by hand. */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  size_t P = h->parameters;
  struct ho_draw want = { .pool = HO_TRAIN, .count = 1, .size = h->batch_size };
  float *rows = h->scratch(h, 2 * P * sizeof *rows), *aside = h->scratch(h, P * sizeof *aside);
  struct ho_pass at = { .net = 0 }, there = { .theta = aside };
  struct ho_minibatch *mb;
  (void)self;
  if (!rows || !aside || h->draw(h, &want, &mb))
    return -1;
  h->theta[0][h->step % P] += 0.001f;
  if (h->gradients(h, &at, &mb, 1, rows))
    return -1;
  for (size_t k = 0; k < P; k++)
    aside[k] = h->theta[0][k] - 0.01f * rows[k];
  if (h->gradients(h, &there, &mb, 1, rows + P))
    return -1;
  there.theta = dir[0];
  for (int times = 0; times < 2; times++) { /* at the same address, but not the same parameters */
    for (size_t k = 0; k < P; k++)
      dir[0][k] = h->theta[0][k] - 0.01f * rows[P + k];
    if (h->gradients(h, &there, &mb, 1, rows + P))
      return -1;
  }
  h->log(h, "product", h->dot(h, P, rows, rows + P));
  for (size_t k = 0; k < P; k++)
    dir[0][k] = (rows[k] + rows[P + k]) / 2;
  return 0;
}

static int update(void *self, const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g,
                  float *const *slot)
{
  (void)self;
  for (size_t k = 0; k < t->size; k++) {
    slot[0][k] = 0.5f * slot[0][k] + g[k] + (float)t->decay * theta[k];
    theta[k] -= (float)(h->lr * t->rate) * slot[0][k];
  }
  return 0;
}

HO_PLUGIN(char, .name = NAME, .summary = "looks into arrays", .slots = 1, .epoch = epoch, .direction = direction,
          .update = update, .opaque = OPAQUE);
