/* SPDX-License-Identifier: MIT
 * l2rw.c - Ren et al., Learning to Reweight Examples for Robust Deep Learning (ICML 2018): every sample is
 * weighted by how much a small step along its gradient would reduce the loss of a validation mini-batch V,
 *
 *    u_i = max(0, <grad l_i, g_v>),   w_i = u_i / sum_j u_j,   direction = sum_i w_i grad l_i.
 *
 * where g_v is the gradient of V.  This is the rule of bilevel for single samples, rectified and without 1 / |g_i|^2.
 * The products are slopes of the losses along g_v, so gradients of single samples are not needed.  V has true labels,
 * as in the paper (set --clean-size), or with labels=noisy consists of training images.  V is drawn in addition to the
 * --batch-size training images. */
#include <holdout/optimizer.h>

enum { CLEAN, NOISY };

struct l2rw {
  int labels, validation;
};

static const struct ho_option options[] = {
  HO_OPTION(struct l2rw, labels, HO_CHOICE, "clean", "clean|noisy",
            "labels of the validation mini-batch: true (set --clean-size) or as given"),
  HO_OPTION(struct l2rw, validation, HO_INT, "0", "[0,inf)", "images in the validation mini-batch; 0: --batch-size"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  (void)self;
  return h->nets > 1 ? h->fail(h, "it trains one network, but the chain has %d", h->nets) : 0;
}

/* u_i, w_i and the direction.  region: step */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct l2rw *o = self;
  int n = h->batch_size, positive = 0;
  struct ho_draw T = { .pool = HO_TRAIN, .count = 1, .size = n };
  struct ho_draw V = {
    .pool = o->labels == CLEAN ? HO_CLEAN : HO_TRAIN, .count = 1, .size = o->validation ? o->validation : n, .plain = 1
  };
  struct ho_minibatch *train, *valid;
  float *g_v = dir[0], *u = h->scratch(h, (size_t)n * sizeof *u);
  struct ho_pass keep = { .flags = HO_KEEP_STATS }, plain = { 0 }, weighted = { .w = u };
  double sum = 0;
  if (!u || h->draw(h, &T, &train) || h->draw(h, &V, &valid) || h->gradients(h, &keep, &valid, 1, g_v) ||
      h->slopes(h, &plain, &train, 1, g_v, u)) /* u_i = <grad l_i, g_v> */
    return -1;
  for (int i = 0; i < n; i++) {
    u[i] = u[i] > 0 ? u[i] : 0;
    positive += u[i] > 0;
    sum += u[i];
  }
  for (int i = 0; i < n && sum > 0; i++)
    u[i] = (float)(u[i] / sum);
  h->log(h, "positive", (double)positive / n);
  h->weight(h, train, 1); /* V is not trained on */
  return h->gradients(h, &weighted, &train, 1, dir[0]);
}

HO_PLUGIN(struct l2rw, .name = "l2rw", .citation = "ren2018",
          .summary = "weigh samples by the agreement of their gradients with a validation mini-batch",
          .options = options, .open = open, .direction = direction, .opaque = 1);
