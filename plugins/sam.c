/* SPDX-License-Identifier: MIT
 * sam.c - Foret et al., Sharpness-Aware Minimization for Efficiently Improving Generalization (ICLR 2021): the gradient
 * is computed where the loss is largest within a ball around the parameters, to first order,
 *
 *    direction = grad L(theta + rho g / |g|),   g = grad L(theta).
 *
 * Both passes see the same images and dropout masks; only the first updates batch-norm running statistics.  rho = 0 is
 * sgd.  With wrong labels the paper uses rho = 0.1, and 0.05 at 80 % noise.
 *
 * The authors' code does more than the method: weight decay is part of the loss, so that it affects where the loss is
 * largest; gradients longer than 5 are shortened to 5; and momentum is Nesterov's.  To do the same:
 * -O sam.l2=true -O sam.clip=5 -O sgd.nesterov=true --decay all. */
#include <holdout/optimizer.h>
#include <math.h>

struct sam {
  double rho, clip;
  int l2;
};

static const struct ho_option options[] = {
  HO_OPTION(struct sam, rho, HO_REAL, "0.05", "[0,inf)", "radius of the ball"),
  HO_OPTION(struct sam, l2, HO_BOOL, "false", NULL,
            "make weight decay part of the loss that is maximised, as in the authors' code"),
  HO_OPTION(struct sam, clip, HO_REAL, "0", "[0,inf)", "longest direction (the authors' code: 5); 0: any"),
  { 0 },
};

/* The gradient at the parameters of the pass; with l2, of the loss plus its L2 term. */
static int gradient(const struct sam *o, const struct ho_host *h, const struct ho_pass *pass,
                    struct ho_minibatch *const *mb, float *g)
{
  const float *theta = pass->theta ? pass->theta : h->theta[pass->net];
  int bad = h->gradients(h, pass, mb, 1, g);
  for (const struct ho_tensor *t = h->tensor; o->l2 && !bad && t < h->tensor + h->tensors; t++) /* g + decay theta */
    bad = h->blend(h, t->size, g + t->offset, 2, (double[]){ 1, t->decay },
                   (const float *[]){ g + t->offset, theta + t->offset });
  return bad;
}

static int shorten(const struct sam *o, const struct ho_host *h, float *g)
{
  double norm = o->clip > 0 ? sqrt(h->dot(h, h->parameters, g, g)) : 0;
  return norm > o->clip ? h->blend(h, h->parameters, g, 1, (double[]){ o->clip / norm }, (const float *[]){ g }) : 0;
}

/* g, then the gradient at theta + rho g / |g|.  region: step */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct sam *o = self;
  size_t P = h->parameters;
  struct ho_draw want = { .pool = HO_TRAIN, .count = 1, .size = h->batch_size };
  struct ho_minibatch *mb;
  float *theta = h->scratch(h, P * sizeof *theta);
  if (!theta || h->draw(h, &want, &mb))
    return -1;
  for (int net = 0; net < h->nets; net++) {
    struct ho_pass pass = { .net = net };
    if (gradient(o, h, &pass, &mb, dir[net]))
      return -1;
    double norm = sqrt(h->dot(h, P, dir[net], dir[net])), far = o->rho / (norm + 1e-12);
    pass.theta = theta;
    if (o->rho > 0 && (h->blend(h, P, theta, 2, (double[]){ 1, far }, (const float *[]){ h->theta[net], dir[net] }) ||
                       gradient(o, h, &pass, &mb, dir[net])))
      return -1;
    if (shorten(o, h, dir[net]))
      return -1;
  }
  if (o->l2)
    h->decay(h, 0); /* it is in the direction already */
  return 0;
}

HO_PLUGIN(struct sam, .name = "sam", .citation = "foret2021",
          .summary = "sharpness-aware minimization: the gradient at the worst point nearby", .options = options,
          .direction = direction, .opaque = 1);
