/* SPDX-License-Identifier: MIT
 * meta-weight-net.c - Shu et al., Meta-Weight-Net: Learning an Explicit Mapping for Sample Weighting (NeurIPS 2019): a
 * small network V(l; Theta), 1-100-1 with ReLU and sigmoid, computes the weight of a sample from its loss l.  In each
 * step
 *
 *    theta' = theta - lr (1/n) sum_i V(l_i) grad l_i,   g = grad L_meta(theta')     on a meta mini-batch,
 *    dL_meta/dTheta = -(lr / n) sum_i <g, grad l_i(theta)> dV(l_i)/dTheta           Theta is updated with it by Adam,
 *    direction = (1/n) sum_i V(l_i) grad l_i                                        with the new Theta.
 *
 * The products are slopes of the losses along g.  The meta mini-batch has true labels, as in the paper (set
 * --clean-size), or with labels=noisy consists of training images.  It is drawn in addition to the --batch-size
 * training images. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

enum { CLEAN, NOISY };
enum { HIDDEN = 100, SIZE = 3 * HIDDEN + 1 }; /* Theta: hidden weights and biases, output weights and bias */

struct meta_weight_net {
  int labels, meta;
  double lr, decay;
  float *theta, *m, *v; /* [SIZE] Theta and its moments for Adam */
};

static const struct ho_option options[] = {
  HO_OPTION(struct meta_weight_net, labels, HO_CHOICE, "clean", "clean|noisy",
            "labels of the meta mini-batch: true (set --clean-size) or as given"),
  HO_OPTION(struct meta_weight_net, meta, HO_INT, "0", "[0,inf)", "images in the meta mini-batch; 0: --batch-size"),
  HO_OPTION(struct meta_weight_net, lr, HO_REAL, "0.001", "[0,inf)", "learning rate of Theta"),
  HO_OPTION(struct meta_weight_net, decay, HO_REAL, "0.0001", "[0,inf)", "weight decay of Theta"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct meta_weight_net *o = self;
  struct ho_stream stream = h->stream(h, "weights", 0, 0);
  if (h->nets > 1)
    return h->fail(h, "it trains one network, but the chain has %d", h->nets);
  o->theta = h->state(h, "theta", "F32", SIZE);
  o->m = h->state(h, "mean", "F32", SIZE);
  o->v = h->state(h, "square", "F32", SIZE);
  if (!o->theta || !o->m || !o->v)
    return -1;
  for (int k = 0; k < SIZE; k++) { /* uniform within 1 / sqrt(fan-in): 1 for the hidden layer, 100 for the output */
    double bound = k < 2 * HIDDEN ? 1 : 0.1;
    o->theta[k] = (float)(bound * (2 * h->uniform(&stream) - 1));
  }
  return 0;
}

/* Returns V(l) and adds scale * dV/dTheta to slope unless that is NULL. */
static double value(const float *theta, double l, double scale, double *slope)
{
  const float *in = theta, *bias = theta + HIDDEN, *out = bias + HIDDEN;
  double z = theta[SIZE - 1];
  for (int k = 0; k < HIDDEN; k++)
    z += out[k] * fmax(0, in[k] * l + bias[k]);
  double V = 1 / (1 + exp(-z)), dz = scale * V * (1 - V);
  if (!slope)
    return V;
  for (int k = 0; k < HIDDEN; k++) {
    double a = in[k] * l + bias[k];
    slope[2 * HIDDEN + k] += dz * fmax(0, a);
    slope[HIDDEN + k] += a > 0 ? dz * out[k] : 0;
    slope[k] += a > 0 ? dz * out[k] * l : 0;
  }
  slope[SIZE - 1] += dz;
  return V;
}

/* One step of Adam on Theta. */
static void move(const struct meta_weight_net *o, const struct ho_host *h, const double *slope)
{
  double t = (double)h->step + 1, root = sqrt(1 - pow(0.999, t)), lr = o->lr / (1 - pow(0.9, t));
  for (int k = 0; k < SIZE; k++) {
    double d = slope[k] + o->decay * o->theta[k];
    o->m[k] = (float)(0.9 * o->m[k] + 0.1 * d);
    o->v[k] = (float)(0.999 * o->v[k] + 0.001 * d * d);
    o->theta[k] -= (float)(lr * o->m[k] / (sqrt((double)o->v[k]) / root + 1e-8));
  }
}

static void weights(const struct meta_weight_net *o, int n, const float *l, float *w)
{
  for (int i = 0; i < n; i++)
    w[i] = (float)(value(o->theta, l[i], 0, NULL) / n);
}

/* theta', g at theta', the update of Theta, and the direction.  region: step */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  struct meta_weight_net *o = self;
  int n = h->batch_size;
  size_t P = h->parameters;
  struct ho_draw T = { .pool = HO_TRAIN, .count = 1, .size = n };
  struct ho_draw M = {
    .pool = o->labels == CLEAN ? HO_CLEAN : HO_TRAIN, .count = 1, .size = o->meta ? o->meta : n, .plain = 1
  };
  struct ho_minibatch *train, *meta;
  float *theta = h->scratch(h, P * sizeof *theta), *g = dir[0], *l = h->scratch(h, (size_t)n * sizeof *l);
  float *w = h->scratch(h, (size_t)n * sizeof *w), *products = h->scratch(h, (size_t)n * sizeof *products);
  struct ho_pass plain = { 0 }, weighted = { .w = w }, ahead = { .theta = theta };
  double slope[SIZE] = { 0 }, mean = 0;
  if (!theta || !l || !w || !products || h->draw(h, &T, &train) || h->draw(h, &M, &meta) ||
      h->losses(h, &plain, &train, 1, l, NULL))
    return -1;
  weights(o, n, l, w);
  if (h->gradients(h, &weighted, &train, 1, g) ||
      h->blend(h, P, theta, 2, (double[]){ 1, -h->lr }, (const float *[]){ h->theta[0], g }) || /* theta - lr g */
      h->gradients(h, &ahead, &meta, 1, g) || h->slopes(h, &plain, &train, 1, g, products))
    return -1;
  for (int i = 0; i < n; i++)
    value(o->theta, l[i], -h->lr / n * products[i], slope);
  move(o, h, slope);
  weights(o, n, l, w);
  for (int i = 0; i < n; i++)
    mean += w[i];
  h->log(h, "weight", mean);
  h->weight(h, train, 1); /* the meta mini-batch is not trained on */
  return h->gradients(h, &weighted, &train, 1, dir[0]);
}

HO_PLUGIN(struct meta_weight_net, .name = "meta-weight-net", .citation = "shu2019",
          .summary = "a small network learns the weight of a sample from its loss", .options = options, .open = open,
          .direction = direction, .opaque = 1);
