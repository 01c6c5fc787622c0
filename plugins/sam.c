/* SPDX-License-Identifier: MIT
 * sam.c - Foret et al., Sharpness-Aware Minimization for Efficiently Improving Generalization (ICLR 2021): the gradient is
 * taken where the loss is worst within a ball around the parameters, to first order,
 *
 *    direction = grad L(theta + rho g / |g|),   g = grad L(theta).
 *
 * Both passes see the same images and dropout masks; batch norm's running averages move at the first.  rho = 0 is plain
 * descent.  For wrong labels the paper has rho = 0.1, and 0.05 at 80 %. */
#include <holdout/optimizer.h>
#include <math.h>

struct sam {
  double rho;
};

#define OPTION(field, type, value, range, help) \
  { \
#field, type, offsetof(struct sam, field), value, range, help \
  }
static const struct ho_option options[] = { OPTION(rho, HO_REAL, "0.05", "[0,inf)", "radius of the ball"), { 0 } };

/* g, theta + rho g / |g|, and the gradient there.  region: step */
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
    if (h->gradients(h, &pass, &mb, 1, dir[net]))
      return -1;
    double norm = sqrt(h->dot(h, P, dir[net], dir[net]));
    if (o->rho == 0)
      continue;
    for (size_t k = 0; k < P; k++)
      theta[k] = h->theta[net][k] + (float)(o->rho / (norm + 1e-12)) * dir[net][k];
    pass.theta = theta;
    if (h->gradients(h, &pass, &mb, 1, dir[net]))
      return -1;
  }
  return 0;
}

HO_PLUGIN(struct sam, .name = "sam", .citation = "foret2021",
          .summary = "sharpness-aware minimization: the gradient at the worst point nearby", .options = options,
          .direction = direction);
