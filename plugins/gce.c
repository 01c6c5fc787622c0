/* SPDX-License-Identifier: MIT
 * gce.c - Zhang and Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels
 * (NeurIPS 2018):
 *
 *    L_y = (1 - p_y^q) / q,   dL_y/dz = p_y^q (p - e_y),   averaged over the classes of a soft target.
 *
 * q -> 0 is cross-entropy, q = 1 is 1 - p_y (half the mean absolute error).  The truncated form leaves out samples
 * whose p_y is at most k.  They are chosen from the whole training set before epoch `truncate' and every `every' epochs
 * after.
 *
 * Departures: the authors choose by the network that was best on held-out labels so far, this plugin by the current
 * one.  Their public code of the truncated form chooses after 39 epochs, where the paper says 40: gce.truncate=39. */
#include <holdout/optimizer.h>
#include <math.h>

struct gce {
  double q, k;
  int truncate, every;
  unsigned char *out; /* [samples] 1: left out */
};

static const struct ho_option options[] = {
  HO_OPTION(struct gce, q, HO_REAL, "0.7", "[0,1]", "between cross-entropy (0) and mean absolute error (1)"),
  HO_OPTION(struct gce, truncate, HO_INT, "0", "[0,inf)",
            "epochs before samples are left out (the paper: 40, its public code: 39); 0: never"),
  HO_OPTION(struct gce, every, HO_INT, "10", "[1,inf)", "epochs until they are chosen again"),
  HO_OPTION(struct gce, k, HO_REAL, "0.5", "[0,1)", "samples whose label has no larger probability are left out"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct gce *o = self;
  o->out = h->state(h, "out", "U8", h->samples);
  return o->out ? 0 : -1;
}

/* L_y and dL_y/dz, averaged over the target.  region: loss */
static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct gce *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p);
  for (size_t i = 0; log_p && i < (size_t)mb->size; i++) {
    const float *target = mb->target + i * K;
    double L = 0, slope = 0; /* slope: sum_y target_y p_y^q */
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t y = 0; y < K; y++) {
      double power = exp(o->q * log_p[y]);
      L += target[y] * (o->q > 0 ? (1 - power) / o->q : -log_p[y]);
      slope += target[y] * power;
    }
    for (size_t k = 0; k < K; k++)
      head->dlogits[i * K + k] = (float)(slope * exp(log_p[k]) - target[k] * exp(o->q * log_p[k]));
    head->loss[i] = (float)L;
  }
  return log_p ? 0 : -1;
}

/* Chooses which samples to leave out, by the current network. */
static int epoch(void *self, const struct ho_host *h, int end)
{
  struct gce *o = self;
  size_t K = (size_t)h->classes, left = 0;
  struct ho_pass whole = { .net = 0 };
  if (o->truncate == 0)
    return 0;
  /* allocated in every epoch, so that a lack of memory shows early */
  float *logits = h->scratch(h, h->samples * K * sizeof *logits);
  double *log_p = h->scratch(h, K * sizeof *log_p);
  if (!logits || !log_p)
    return -1;
  if (end || h->epoch < o->truncate || (h->epoch - o->truncate) % o->every)
    return 0;
  if (h->evaluate(h, &whole, HO_TRAIN, logits, NULL))
    return -1;
  for (size_t i = 0; i < h->samples; i++) {
    h->log_softmax(h, logits + i * K, log_p);
    left += o->out[i] = exp(log_p[h->label[i]]) <= o->k;
  }
  h->log(h, "out", (double)left / (double)h->samples);
  return 0;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *l, float *w)
{
  const struct gce *o = self;
  (void)l;
  for (int i = 0; i < mb->size; i++)
    if (mb->id[i] < h->samples && o->out[mb->id[i]])
      w[i] = 0;
  return 0;
}

HO_PLUGIN(struct gce, .name = "gce", .citation = "zhang2018gce",
          .summary = "generalized cross-entropy: samples of small probability count less", .options = options,
          .open = open, .epoch = epoch, .loss = loss, .weigh = weigh, .opaque = 1);
