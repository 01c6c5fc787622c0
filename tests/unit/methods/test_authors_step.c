/* SPDX-License-Identifier: MIT
 * test_authors_step.c - one step of the authors' code, recomputed in double by plain loops: images, gradients, weights, update. */
#include <string.h>

#include "nn/graph.h"
#include "../twin.h"
#include "../authors_rig.h"

static void check_images(const struct ho_trainer *t, const struct ho_minibatch *mb, uint64_t at_step)
{
  enum { ALL = 13 * 13 * 3 };
  float want[ALL];
  ck_assert(t->host.height == 13 && t->host.width == 13 && t->host.channels == 3);
  for (int i = 0; i < mb->size; i++) {
    struct ho_stream d = ho_stream_make(t->source.seed, "augment", at_step, mb->id[i]);
    int top = (int)ho_stream_below(&d, 12), left = (int)ho_stream_below(&d, 12), mirror = (int)ho_stream_below(&d, 2);
    twin_image(&t->source.data, t->source.data.train.pixel + (size_t)ho_source_image(&t->source, mb->id[i]) * 768, top,
               left, mirror, 0.2 + 1.6 * ho_stream_uniform(&d), want);
    for (int k = 0; k < ALL; k++)
      if (!(fabsf(mb->x[i * ALL + k] - want[k]) < 1e-5f))
        ck_abort_msg("image %d, value %d: %g, not %g", i, k, (double)mb->x[i * ALL + k], (double)want[k]);
  }
}

/* The mini-batches of a step, and what a pass over them starts from. */
struct moment {
  struct trial trial;
  size_t P, S;
  double *theta, *velocity, *stats;
  uint16_t label[SIZE];
  float *rows; /* [groups][P] */
};

static void remember(struct moment *m, const struct ho_trainer *t)
{
  *m = (struct moment){ .P = t->host.parameters, .S = t->network.net->statistics };
  m->theta = copy(m->P, t->network.theta[0]);
  m->velocity = copy(m->P, t->network.slot[0][0]);
  m->stats = copy(m->S, t->network.stats[0]);
}

/* The mini-batches of the step that was just made, and masks of their own for each. */
static void take_drawn(struct moment *m, const struct ho_trainer *t, int groups)
{
  size_t size = (size_t)(SIZE / groups), pixels = ho_shape_size(t->network.net->input), g = 0;
  struct trial *r = &m->trial;
  *r = (struct trial){ .net = t->network.net, .groups = groups, .size = (int)size };
  r->x = malloc(SIZE * pixels * sizeof *r->x);
  r->images = malloc((size_t)groups * sizeof *r->images);
  r->advance = malloc((size_t)groups);
  r->mask = malloc((size_t)groups * sizeof *r->mask);
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, g++) {
    check_images(t, &d->pub, t->host.step - 1);
    r->images[g] = memcpy(r->x + g * size * pixels, d->pub.x, size * pixels * sizeof *r->x);
    memcpy(m->label + g * size, d->pub.label, size * sizeof *m->label);
    r->advance[g] = 1;
    r->mask[g] = ho_stream_make(t->source.seed, "dropout", t->host.step - 1, g);
  }
}

static void forget(struct moment *m)
{
  void *all[] = {
    m->trial.x, m->trial.images, m->trial.advance, m->trial.mask, m->theta, m->velocity, m->stats, m->rows
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    free(all[i]);
}

/* The gradients of each mini-batch's mean cross-entropy, by the engine. */
static void make_rows(struct moment *m, const struct ho_trainer *t)
{
  struct trial *r = &m->trial;
  struct ho_engine *engine = ho_engine_new(&ho_cpu, t->network.net, r->groups, SIZE, 1, &err);
  float theta[m->P], stats[m->S], dlogits[SIZE * 10];
  for (size_t i = 0; i < m->P; i++)
    theta[i] = (float)m->theta[i];
  for (size_t i = 0; i < m->S; i++)
    stats[i] = (float)m->stats[i];
  m->rows = malloc((size_t)r->groups * m->P * sizeof *m->rows);
  engine_forward(engine, &(struct ho_forward){ .groups = r->groups,
                                               .size = r->size,
                                               .x = r->images,
                                               .theta = theta,
                                               .stats = stats,
                                               .advance = r->advance,
                                               .mask = r->mask });
  for (int i = 0; i < SIZE; i++) {
    double z[10], p[10];
    for (int k = 0; k < 10; k++)
      z[k] = engine_logits(engine)[i * 10 + k];
    cross_entropy(z, m->label[i], p);
    for (int k = 0; k < 10; k++)
      dlogits[i * 10 + k] = (float)((p[k] - (k == m->label[i])) / r->size);
  }
  engine_backward(engine, dlogits, m->rows, m->P);
  ho_engine_free(engine);
}

/* Each mini-batch's loss at theta, by the twin, which moves `stats'. */
static void twin_losses(const struct moment *m, const double *theta, double *stats, double loss[8])
{
  double logits[SIZE * 10], p[10];
  twin_forward(&m->trial, theta, stats, logits);
  for (int g = 0; g < m->trial.groups; g++)
    loss[g] = 0;
  for (int i = 0; i < SIZE; i++)
    loss[i / m->trial.size] += cross_entropy(logits + i * 10, m->label[i], p) / m->trial.size;
}

/* The rows are gradients of the twin's losses: slopes along random directions.  A small step, so that hardly a ReLU
 * bends within it; one that float32 puts on the other side of 0 changes a slope by a few thousandths of the norm, a
 * wrong row by about the norm. */
static void check_rows(const struct moment *m)
{
  const double h = 1e-9;
  double *at = malloc(m->P * sizeof *at), *scratch = malloc(m->S * sizeof *scratch), loss[2][8];
  for (uint64_t d = 0; d < 2; d++) {
    float *direction = random_floats(m->P, 40 + d);
    for (int sign = 0; sign < 2; sign++) {
      for (size_t i = 0; i < m->P; i++)
        at[i] = m->theta[i] + (sign ? -h : h) * direction[i];
      memcpy(scratch, m->stats, m->S * sizeof *scratch);
      twin_losses(m, at, scratch, loss[sign]);
    }
    for (int g = 0; g < m->trial.groups; g++) {
      double slope = (loss[0][g] - loss[1][g]) / (2 * h), sum = 0, norm = 0;
      for (size_t i = 0; i < m->P; i++) {
        double v = m->rows[(size_t)g * m->P + i];
        sum += v * direction[i];
        norm += v * v;
      }
      if (!(fabs(slope - sum) < 0.02 * sqrt(norm)))
        ck_abort_msg("mini-batch %d: slope %.9g, by the row %.9g (norm %g)", g, slope, sum, sqrt(norm));
    }
    ho_free(direction);
  }
  free(at);
  free(scratch);
}

/* G = sum of w_i g_i, w_i = <g_0, g_i>/(|g_i|^2 + 0.01), then divided by sum |w_i|; for SGD the one gradient. */
static double *direction_of(const struct moment *m, double w[8])
{
  double *G = calloc(m->P, sizeof *G), total = 0;
  for (int g = 0; g < m->trial.groups; g++) {
    double product = 0, square = 0;
    for (size_t i = 0; i < m->P; i++) {
      double a = m->rows[i], b = m->rows[(size_t)g * m->P + i];
      product += a * b;
      square += b * b;
    }
    w[g] = m->trial.groups == 1 ? 1 : g ? product / (square + 0.01) : 0;
    total += fabs(w[g]);
  }
  for (int g = 0; g < m->trial.groups; g++) {
    w[g] /= total;
    for (size_t i = 0; i < m->P; i++)
      G[i] += w[g] * m->rows[(size_t)g * m->P + i];
  }
  return G;
}

/* m <- 0.9 m + G + 5e-4 theta (kernels alone), theta <- theta - lr m. */
static void check_update(const struct moment *m, const struct ho_trainer *t, const double *G)
{
  double lr = 0.1 * pow(0.95, (double)((t->host.step - 1) / 3)), largest = 0;
  int kernels = 0;
  for (size_t i = 0; i < m->P; i++)
    largest = fmax(largest, fabs(lr * G[i]));
  for (int k = 0; k < t->network.tensors; k++) {
    const struct ho_tensor *tensor = &t->network.tensor[k];
    int kernel = strlen(tensor->name) > 7 && !strcmp(tensor->name + strlen(tensor->name) - 7, ".weight");
    kernels += kernel;
    ck_assert_double_eq(tensor->decay, kernel ? 5e-4 : 0);
    for (size_t i = tensor->offset; i < tensor->offset + tensor->size; i++) {
      double velocity = 0.9 * m->velocity[i] + G[i] + (kernel ? 5e-4 * m->theta[i] : 0);
      double want = m->theta[i] - lr * velocity;
      if (!(fabs(t->network.theta[0][i] - want) < 1e-5 * largest + 1e-6 * fabs(want)))
        ck_abort_msg("%s[%zu]: %.9g, not %.9g (before %.9g, largest step %g)", tensor->name, i - tensor->offset,
                     (double)t->network.theta[0][i], want, m->theta[i], largest);
    }
  }
  ck_assert_int_eq(kernels, 20);            /* 19 convolutions and the last layer */
  ck_assert_int_eq(t->network.tensors, 40); /* as many shifts of batch norm, and one bias */
}

START_TEST(a_step_is_the_published_one)
{
  struct ho_trainer *t = reduced(_i);
  struct moment m;
  double w[8], loss[8];
  for (int k = 0; k < 4; k++) /* into the second epoch: momentum and running averages are no longer zero */
    step(t);
  remember(&m, t);
  step(t);
  take_drawn(&m, t, groups_of[_i]);
  make_rows(&m, t);
  check_rows(&m);
  double *G = direction_of(&m, w);
  int g = 0;
  for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, g++)
    if (d->reported)
      ck_assert_double_eq_tol(d->weight, w[g], 1e-5);
  check_update(&m, t, G);
  /* Running averages: 0.975 old + 0.025 new for each mini-batch in turn, the variance unbiased. */
  twin_losses(&m, m.theta, m.stats, loss);
  for (size_t i = 0; i < m.S; i++)
    if (!(fabs(t->network.stats[0][i] - m.stats[i]) < 1e-5 * fmax(1, fabs(m.stats[i]))))
      ck_abort_msg("running average %zu: %.9g, not %.9g", i, (double)t->network.stats[0][i], m.stats[i]);
  free(G);
  forget(&m);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("authors step");
  TCase *t = tcase_create("authors step");
  tcase_add_checked_fixture(t, setup, teardown);
  tcase_set_timeout(t, 120);
  tcase_add_loop_test(t, a_step_is_the_published_one, BILEVEL, SGD + 1);
  suite_add_tcase(suite, t);
  return suite;
}
