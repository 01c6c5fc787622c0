/* SPDX-License-Identifier: MIT
 * test_slow_motion.c - a whole training by bilevel, and beside it the same one in double, by plain loops and from the
 * formulas: network, gradients, weights, decay, momentum.  Only the images of each step, the learning rates and the first
 * parameters come from the program.
 *
 * The two must drift apart by rounding alone.  A step rounds each parameter to 2^-24 of itself and its gradient to some
 * 1e-7, both of random sign; what has been added up over s steps is about sqrt(s) of that, 1e-6 after 200, as long as the
 * loss bends so little that errors do not grow by themselves: 3e-6 to 4e-6 of the way is seen, 1e-5 is allowed.  A weight
 * is an inner product of nearly orthogonal gradients, divided by the sum of all such: the errors of gradients, 1e-6 by
 * then, count there by the inverse of their cosines, which are about 0.1: 3e-5 is seen, 1e-4 is allowed.  A ridge that is
 * twice as large is off by 1e-3 in both after ten steps (the last test).
 *
 * A ReLU is the one place where rounding is no small matter: a value within 1e-7 of zero may come out on its other side,
 * and then the two gradients truly differ.  With seed 0 that happens in step 55, where one value is 9e-8, and whether it
 * does depends on the order in which sums are added, so on the processor.  This seed keeps every value of the 200 steps
 * farther than 8e-5 from zero, and the test makes sure of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/graph.h"
#include "train/trainer.h"
#include "../unit.h"

enum { STEPS = 200, LAYERS = 3, HIDDEN = 12, MINIBATCHES = 8, WIDEST = 4096 };

static struct ho_plugin_path path;
static struct ho_settings s;
static struct ho_error err;

static void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static void setup(void)
{
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  set("dataset", "synthetic");
  set("train-size", "320");
  set("test-size", "20");
  set("noise", "symmetric:0.4");
  set("net", "mlp:hidden=12");
  set("optimizer", "bilevel");
  set("batch-size", "32"); /* 10 steps an epoch, mini-batches of 4 */
  set("epochs", "20");
  set("lr", "0.05");
  set("seed", "197");
  set("sched", "cosine");
}

static void teardown(void)
{
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

/* ---- the network ---- */

struct layer {
  size_t in, out, weight, bias; /* offsets in theta; the weight of input k for output o is at k*out + o */
};

struct reference {
  struct layer layer[LAYERS];
  size_t P;
  double *theta, *velocity, *direction, *gradient; /* [P], the last [MINIBATCHES][P] */
  double mu, kink;                                 /* kink: the smallest distance of a ReLU's argument from zero */
};

static void reference_make(struct reference *r, const struct ho_trainer *t)
{
  const struct ho_net *net = t->network.net;
  r->P = net->parameters;
  r->theta = calloc(r->P * (3 + MINIBATCHES), sizeof *r->theta);
  r->velocity = r->theta + r->P;
  r->direction = r->velocity + r->P;
  r->gradient = r->direction + r->P;
  r->kink = INFINITY;
  ck_assert_int_eq(net->nparams, 2 * LAYERS);
  for (int l = 0; l < LAYERS; l++) {
    const struct ho_param *w = &net->param[2 * l], *b = &net->param[2 * l + 1];
    r->layer[l] = (struct layer){ l ? HIDDEN : ho_shape_size(net->input), b->size, w->offset, b->offset };
    ck_assert_uint_eq(w->size, r->layer[l].in * r->layer[l].out);
  }
  for (size_t k = 0; k < r->P; k++)
    r->theta[k] = t->network.theta[0][k];
}

/* Adds the gradient of one image's cross-entropy, divided by n. */
static void add_image(struct reference *r, const float *x, const float *target, double n, double *gradient)
{
  static double value[LAYERS + 1][WIDEST], slope[LAYERS + 1][WIDEST];
  const double *theta = r->theta;
  double most = -INFINITY, sum = 0;
  for (size_t k = 0; k < r->layer[0].in; k++)
    value[0][k] = x[k];
  for (int l = 0; l < LAYERS; l++) {
    const struct layer *d = &r->layer[l];
    for (size_t o = 0; o < d->out; o++) {
      double z = theta[d->bias + o];
      for (size_t k = 0; k < d->in; k++)
        z += value[l][k] * theta[d->weight + k * d->out + o];
      value[l + 1][o] = l < LAYERS - 1 ? fmax(0, z) : z;
      if (l < LAYERS - 1)
        r->kink = fmin(r->kink, fabs(z));
    }
  }
  size_t K = r->layer[LAYERS - 1].out;
  for (size_t k = 0; k < K; k++)
    most = fmax(most, value[LAYERS][k]);
  for (size_t k = 0; k < K; k++)
    sum += exp(value[LAYERS][k] - most);
  for (size_t k = 0; k < K; k++)
    slope[LAYERS][k] = (exp(value[LAYERS][k] - most) / sum - target[k]) / n;
  for (int l = LAYERS - 1; l >= 0; l--) {
    const struct layer *d = &r->layer[l];
    for (size_t o = 0; o < d->out; o++)
      gradient[d->bias + o] += slope[l + 1][o];
    for (size_t k = 0; k < d->in; k++) {
      double back = 0;
      for (size_t o = 0; o < d->out; o++) {
        gradient[d->weight + k * d->out + o] += value[l][k] * slope[l + 1][o];
        back += theta[d->weight + k * d->out + o] * slope[l + 1][o];
      }
      slope[l][k] = value[l][k] > 0 ? back : 0; /* of no interest for the image itself */
    }
  }
}

/* ---- the method ---- */

static double dot(size_t n, const double *a, const double *b)
{
  double sum = 0;
  for (size_t k = 0; k < n; k++)
    sum += a[k] * b[k];
  return sum;
}

/* The step that the trainer has just made, on its mini-batches; w [MINIBATCHES]: the weights, that of the first is 0. */
static void reference_step(struct reference *r, const struct ho_trainer *t, double *w)
{
  int n = 0;
  double sum = 0;
  size_t floats = r->layer[0].in, K = r->layer[LAYERS - 1].out;
  memset(r->gradient, 0, MINIBATCHES * r->P * sizeof *r->gradient);
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, n++)
    for (int i = 0; i < d->pub.size; i++)
      add_image(r, d->pub.x + (size_t)i * floats, d->pub.target + (size_t)i * K, d->pub.size,
                r->gradient + (size_t)n * r->P);
  ck_assert_int_eq(n, MINIBATCHES);
  w[0] = 0;
  for (int i = 1; i < n; i++) {
    const double *g = r->gradient + (size_t)i * r->P;
    w[i] = dot(r->P, r->gradient, g) / (dot(r->P, g, g) + r->mu);
    sum += fabs(w[i]);
  }
  memset(r->direction, 0, r->P * sizeof *r->direction);
  for (int i = 1; i < n; i++) {
    w[i] /= sum;
    for (size_t k = 0; k < r->P; k++)
      r->direction[k] += w[i] * r->gradient[(size_t)i * r->P + k];
  }
  for (int l = 0; l < LAYERS; l++)
    for (size_t k = 0; k < r->layer[l].in * r->layer[l].out; k++)
      r->direction[r->layer[l].weight + k] += 5e-4 * r->theta[r->layer[l].weight + k]; /* biases do not decay */
  for (size_t k = 0; k < r->P; k++) {
    r->velocity[k] = 0.9 * r->velocity[k] + r->direction[k];
    r->theta[k] -= t->host.lr * r->velocity[k];
  }
}

/* |theta - reference| / |reference - where it began|: of the way that was gone. */
static double drift(const struct reference *r, const struct ho_trainer *t, const double *began)
{
  double apart = 0, way = 0;
  for (size_t k = 0; k < r->P; k++) {
    apart += pow(t->network.theta[0][k] - r->theta[k], 2);
    way += pow(r->theta[k] - began[k], 2);
  }
  return sqrt(apart / way);
}

/* The largest drift, the largest difference of a weight and the smallest distance of a ReLU from its kink, over all
 * steps. */
static void run_both(double mu, int steps, double *apart, double *weights, double *kink)
{
  struct reference r;
  struct ho_trainer *t = ho_trainer_new(&s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  reference_make(&r, t);
  r.mu = mu;
  double *began = malloc(r.P * sizeof *began);
  memcpy(began, r.theta, r.P * sizeof *began);
  *apart = *weights = 0;
  for (int step = 0; step < steps; step++) {
    double w[MINIBATCHES];
    int i = 0;
    ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
    reference_step(&r, t, w);
    *apart = fmax(*apart, drift(&r, t, began));
    for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, i++)
      if (d->reported)
        *weights = fmax(*weights, fabs(d->weight - w[i]));
  }
  *kink = r.kink;
  ho_trainer_free(t);
  free(began);
  free(r.theta);
}

START_TEST(two_hundred_steps)
{
  double apart, weights, kink;
  run_both(0.01, STEPS, &apart, &weights, &kink);
  ck_assert_msg(kink > 1e-5, "a ReLU's argument is %g from zero: choose another seed", kink);
  ck_assert_msg(apart < 1e-5, "drift %g", apart);
  ck_assert_msg(weights < 1e-4, "weights differ by %g", weights);
}
END_TEST

/* What the bounds are good for: another ridge is seen at once. */
START_TEST(another_formula_is_seen)
{
  double apart, weights, kink;
  run_both(0.02, 10, &apart, &weights, &kink);
  ck_assert_msg(apart > 5e-4, "drift %g", apart);
  ck_assert_msg(weights > 5e-4, "weights differ by %g", weights);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("slow motion");
  TCase *c = tcase_create("slow motion");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_set_timeout(c, 120);
  tcase_add_test(c, two_hundred_steps);
  tcase_add_test(c, another_formula_is_seen);
  suite_add_tcase(suite, c);
  return suite;
}
