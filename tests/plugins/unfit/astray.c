/* SPDX-License-Identifier: MIT
 * astray.c - its own parameter, a temperature, has a gradient with the wrong sign: fails own. */
#include <holdout/optimizer.h>
#include <math.h>

struct astray {
  size_t scale; /* z <- (1 + scale) z */
};

static int open(void *self, const struct ho_host *h)
{
  struct astray *o = self;
  return h->parameter(h, "scale", 1, 1, 0, &o->scale);
}

static double factor(const struct astray *o, const struct ho_head *head)
{
  return 1 + head->theta[o->scale];
}

/* log p of image i */
static void outputs(const struct astray *o, const struct ho_host *h, const struct ho_head *head, size_t i, float *z,
                    double *log_p)
{
  size_t K = (size_t)h->classes;
  for (size_t k = 0; k < K; k++)
    z[k] = (float)(factor(o, head) * head->logits[i * K + k]);
  h->log_softmax(h, z, log_p);
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct astray *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  float *z = h->scratch(h, K * sizeof *z);
  for (size_t i = 0; z && log_p && i < (size_t)mb->size; i++) {
    outputs(o, h, head, i, z, log_p);
    head->loss[i] = 0;
    for (size_t k = 0; k < K; k++) {
      head->loss[i] -= mb->target[i * K + k] * (float)log_p[k];
      head->dlogits[i * K + k] = (float)(factor(o, head) * (exp(log_p[k]) - mb->target[i * K + k]));
    }
  }
  return z && log_p ? 0 : -1;
}

static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  const struct astray *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  float *z = h->scratch(h, K * sizeof *z);
  for (size_t i = 0; z && log_p && i < (size_t)mb->size; i++) {
    outputs(o, h, head, i, z, log_p);
    for (size_t k = 0; k < K; k++)
      row[o->scale] -= w[i] * (float)(exp(log_p[k]) - mb->target[i * K + k]) * head->logits[i * K + k];
  }
  return z && log_p ? 0 : -1;
}

HO_PLUGIN(struct astray, .name = "astray", .summary = "climbs with a parameter of its own", .open = open, .loss = loss,
          .own = own);
