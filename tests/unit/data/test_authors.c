/* SPDX-License-Identifier: MIT
 * test_authors.c - authors-demo.yaml and its SGD twin do what the authors' code does: the very files, on less data
 * and with fewer channels, each step compared with a recomputation in double by plain loops. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "labels/realised.h"
#include "nn/graph.h"
#include "run/samples.h"
#include "../twin.h"
#include "../unit.h"

enum { BILEVEL, SGD, SIZE = 64, TRAIN = 200, TESTED = 150 };
static const char *const file_name[] = { "authors-demo.yaml", "authors-demo-sgd.yaml" };
static const int groups_of[] = { 8, 1 };

static struct ho_settings s;
static struct ho_plugin_path path;
static struct ho_error err;

static void set(const char *name, const char *value)
{
  ck_assert_msg(!ho_settings_set(&s, ho_setting_find(name), value, &err), "%s", err.text);
}

static void setup(void)
{
  ck_assert_msg(!ho_settings_default(&s, &err), "%s", err.text);
  ck_assert_msg(!ho_plugin_path_make(&path, NULL, 0, &err), "%s", err.text);
}

static void teardown(void)
{
  ho_settings_free(&s);
  ho_plugin_path_free(&path);
}

static void read_file(int which)
{
  const char *source = getenv("HO_SRCDIR");
  char file[4096];
  snprintf(file, sizeof file, "%s/experiments/deep-bilevel-learning/%s", source ? source : ".", file_name[which]);
  ck_assert_msg(!ho_settings_read_yaml(&s, file, NULL, &err), "%s", err.text);
}

/* The file's run, smaller: 200 images of 16 x 16 with a window of 13 x 13, an Inception of a sixteenth's width. */
static struct ho_trainer *reduced(int which)
{
  read_file(which);
  set("dataset", "synthetic");
  set("train-size", "200");
  set("test-size", "150");
  set("net", "inception-small:width=0.06,dropout=0.5");
  struct ho_trainer *t = ho_trainer_new(&s, &path, NULL, &err);
  ck_assert_msg(t != NULL, "%s", err.text);
  ck_assert_uint_eq(t->source.samples, TRAIN);
  return t;
}

static void step(struct ho_trainer *t)
{
  ck_assert_msg(!ho_trainer_step(t, &err), "%s", err.text);
}

/* ---- the files as they are ---- */

START_TEST(settings_are_the_published_ones)
{
  static const char *const options[][14] = {
    { "bilevel.mu=0.01", "bilevel.minibatches=8", "bilevel.validation=1", "bilevel.matched=true", "bilevel.l1=true",
      "bilevel.clip=false", "bilevel.weights=computed", "bilevel.per_layer=false", "bilevel.fixed=0",
      "bilevel.shared_masks=false", "sgd.momentum=0.9", "sgd.nesterov=false", NULL },
    { "sgd.momentum=0.9", "sgd.nesterov=false", "sgd.minibatches=1", "sgd.matched=true", NULL },
  };
  struct ho_chain chain;
  char **list;
  int n;
  read_file(_i);
  ck_assert_str_eq(s.dataset, "cifar10");
  ck_assert_str_eq(s.noise, "symmetric:0.4");
  ck_assert_str_eq(s.augment, "authors");
  ck_assert_str_eq(s.optimizer, _i == SGD ? "sgd" : "bilevel");
  ck_assert_str_eq(s.decay, "weights");
  ck_assert(s.train_size == 0 && s.validation_size == 0 && s.clean_size == 0 && s.test_size == 0 && s.eval_size == 0);
  ck_assert(s.epochs == 100 && s.batch_size == 64 && s.lr == 0.1 && s.weight_decay == 5e-4);
  ck_assert_msg(!ho_chain_make(&chain, s.optimizer, &path, (const char *const *)s.option, s.noptions, &err), "%s",
                err.text);
  ck_assert_int_eq(ho_chain_settings(&chain, &list, &n, &err), 0);
  for (int k = 0; options[_i][k]; k++) {
    int found = 0, written = 0;
    for (int i = 0; i < n; i++)
      found += !strcmp(list[i], options[_i][k]);
    for (int i = 0; i < s.noptions; i++)
      written += !strcmp(s.option[i], options[_i][k]);
    ck_assert_msg(found == 1 && written == 1, "%s: in force %d times, in the file %d", options[_i][k], found, written);
  }
  ho_chain_settings_free(list, n);
  ho_chain_free(&chain);
}
END_TEST

START_TEST(network_is_the_published_one)
{
  int norms = 0, dropouts = 0;
  read_file(_i);
  int side = ho_augment_find(s.augment, NULL)->side(32);
  ck_assert_int_eq(side, 29);
  struct ho_net *net = ho_net_new(s.net, (struct ho_shape){ side, side, 3 }, 10, &err);
  ck_assert_msg(net != NULL, "%s", err.text);
  ck_assert_uint_eq(net->parameters, 1649402);
  for (int i = 1; i < net->graph->nodes; i++) {
    const struct ho_node *node = &net->graph->node[i];
    if (node->layer->kind == HO_LAYER_BATCH_NORM) {
      norms++;
      ck_assert(node->weight == HO_ABSENT && node->u.norm.eps == 1e-3);
      ck_assert_double_eq_tol(node->u.norm.momentum, 0.025, 1e-12);
    }
    if (node->layer->kind == HO_LAYER_DROPOUT) {
      dropouts++;
      ck_assert_double_eq(node->u.rate, 0.5);
      ck_assert_uint_eq(ho_shape_size(node->out), 336);
    }
  }
  ck_assert_int_eq(norms, 19);
  ck_assert_int_eq(dropouts, 1);
  ho_net_free(net);
}
END_TEST

/* 50,000 labels: 2,000 wrong ones in each class of 5,000, the true class never among them. */
START_TEST(noise_is_the_published_one)
{
  enum { N = 50000 };
  struct ho_noise noise;
  struct ho_dataset data = { .name = "cifar10", .classes = 10, .train = { .n = N } };
  static uint16_t truth[N], given[N];
  static uint32_t id[N];
  size_t matrix[100];
  read_file(_i);
  for (uint32_t i = 0; i < N; i++) {
    truth[i] = (uint16_t)(i * 7 % 10);
    id[i] = i;
  }
  data.train.label = truth;
  ck_assert_int_eq(ho_noise_parse(s.noise, &noise, &err), 0);
  struct ho_noise_input in = { &data, id, N, 1, HO_PART_TRAIN };
  ck_assert_int_eq(ho_noise_apply(&noise, &in, given, &err), 0);
  ck_assert_double_eq(ho_realised_rate(10, N, truth, given, matrix), 0.4);
  for (size_t c = 0; c < 10; c++)
    ck_assert_uint_eq(matrix[c * 10 + c], 3000);
}
END_TEST

/* lr = 0.1 * 0.95^floor(step / 781) over 78,100 steps; 781 = floor(50000 / 64). */
START_TEST(schedule_is_the_published_one)
{
  struct ho_schedule c;
  double rate = 0.1;
  read_file(_i);
  uint64_t per_epoch = 50000 / (uint64_t)s.batch_size;
  ck_assert_uint_eq(per_epoch, 781);
  ck_assert_int_eq(ho_schedule_make(&c, &s, per_epoch, &err), 0);
  ck_assert_uint_eq(c.total, 78100);
  for (uint64_t k = 0; k < 78100; k++) {
    if (k && k % 781 == 0)
      rate *= 0.95;
    if (fabs(ho_schedule_lr(&c, k) - rate) > 1e-13)
      ck_abort_msg("step %d: %.17g, not %.17g", (int)k, ho_schedule_lr(&c, k), rate);
  }
  ck_assert_double_eq(ho_schedule_lr(&c, 0), 0.1);
  ck_assert_double_eq(ho_schedule_lr(&c, 780), 0.1);
  ck_assert_double_eq_tol(ho_schedule_lr(&c, 781), 0.095, 1e-15);
  ck_assert_double_eq_tol(ho_schedule_lr(&c, 78099), 6.2321e-4, 1e-8);
  struct ho_trainer *t = reduced(_i); /* the trainer counts and asks likewise: floor(200 / 64) = 3 steps */
  ck_assert_uint_eq(t->host.steps, 300);
  t->host.step = 2;
  step(t);
  ck_assert_double_eq(t->host.lr, 0.1);
  step(t);
  ck_assert_double_eq_tol(t->host.lr, 0.095, 1e-15);
  ho_trainer_free(t);
}
END_TEST

/* ---- the sampler ---- */

struct queue {
  uint32_t member[TRAIN];
  int order[TRAIN], n, at, pass;
};

static uint32_t next_of(struct queue *q, uint64_t seed, uint64_t class)
{
  if (q->at == q->n) {
    q->at = 0;
    q->pass++;
  }
  if (q->at == 0) {
    struct ho_stream stream = ho_stream_make(seed, "queue", class, (uint64_t)q->pass);
    ho_stream_permute(&stream, q->order, q->n);
  }
  return q->member[q->order[q->at++]];
}

/* A list of the noisy labels, shuffled once, is read in chunks and begun again where no whole chunk is left.  Each of
 * a step's mini-batches has the chunk as its labels, in order, an image each from the queue of its class; the first
 * is validation.  40 steps are enough for every queue to be shuffled again and the list to be begun again. */
START_TEST(sampler_is_the_published_one)
{
  static struct queue queue[10];
  static int order[TRAIN];
  struct ho_trainer *t = reduced(_i);
  int groups = groups_of[_i], size = SIZE / groups, at = 0, wraps = 0;
  memset(queue, 0, sizeof queue);
  for (uint32_t i = 0; i < TRAIN; i++)
    queue[t->host.label[i]].member[queue[t->host.label[i]].n++] = i;
  struct ho_stream stream = ho_stream_make(t->source.seed, "class-list", 0, 0);
  ho_stream_permute(&stream, order, TRAIN);
  for (int k = 0; k < 40; k++) {
    int drawn = 0;
    step(t);
    if (at + size > TRAIN) {
      at = 0;
      wraps++;
    }
    for (const struct ho_drawn *d = t->step.drawn; d; d = d->next, drawn++) {
      ck_assert(d->pub.size == size && d->pub.index == drawn && d->pub.pool == HO_TRAIN);
      ck_assert_int_eq(d->reported, _i == BILEVEL && drawn > 0);
      for (int i = 0; i < size; i++) {
        uint16_t label = t->host.label[order[at + i]];
        uint32_t id = next_of(&queue[label], t->source.seed, label);
        if (d->pub.label[i] != label || d->pub.id[i] != id)
          ck_abort_msg("step %d, mini-batch %d, place %d: image %u of class %d, not %u of %d", k, drawn, i,
                       d->pub.id[i], d->pub.label[i], id, label);
      }
    }
    ck_assert_int_eq(drawn, groups);
    at += size;
  }
  ck_assert_int_gt(wraps, 0);
  for (int c = 0; c < 10; c++)
    ck_assert_int_gt(queue[c].pass, 0);
  ho_trainer_free(t);
}
END_TEST

/* ---- images ---- */

/* rows, columns top .. of the image with a border of 4: cut, mirrored, contrast, standardised. */
static void twin_image(const struct ho_dataset *data, const uint8_t *pixel, int top, int left, int mirror,
                       double contrast, float *out)
{
  enum { SIDE = 13, FROM = 16, C = 3, ALL = SIDE * SIDE * C };
  double v[ALL], own[C] = { 0 }, mean = 0, variance = 0;
  ck_assert(data->train.height == FROM && data->train.width == FROM && data->train.channels == C);
  for (int i = 0; i < ALL; i++) {
    int y = top - 4 + i / (SIDE * C), x = i / C % SIDE, c = i % C;
    x = left - 4 + (mirror ? SIDE - 1 - x : x);
    v[i] = y < 0 || x < 0 || y >= FROM || x >= FROM ? 0 : pixel[(y * FROM + x) * C + c];
    own[c] += v[i] / (SIDE * SIDE);
  }
  for (int i = 0; i < ALL; i++) {
    v[i] = (v[i] - own[i % C]) * contrast + own[i % C];
    mean += v[i] / ALL;
  }
  for (int i = 0; i < ALL; i++)
    variance += (v[i] - mean) * (v[i] - mean) / ALL;
  for (int i = 0; i < ALL; i++)
    out[i] = (float)((v[i] - mean) / fmax(sqrt(variance), 1 / sqrt(ALL)));
}

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

/* ---- one step ---- */

/* The mini-batches of a step, and what a pass over them starts from. */
struct moment {
  struct trial trial;
  size_t P, S;
  double *theta, *velocity, *stats;
  uint16_t label[SIZE];
  float *rows; /* [groups][P] */
};

static double *copy(size_t n, const float *a)
{
  double *b = malloc((n + 1) * sizeof *b);
  for (size_t i = 0; i < n; i++)
    b[i] = a[i];
  return b;
}

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

static double cross_entropy(const double *z, int y, double *p)
{
  double sum = 0;
  for (int k = 0; k < 10; k++)
    sum += exp(z[k]);
  for (int k = 0; k < 10; k++)
    p[k] = exp(z[k]) / sum;
  return -log(p[y]);
}

/* The gradients of each mini-batch's mean cross-entropy, by the engine. */
static void make_rows(struct moment *m, const struct ho_trainer *t)
{
  struct trial *r = &m->trial;
  struct ho_engine *engine = ho_engine_new(&ho_engine_cpu, t->network.net, r->groups, SIZE, 1, &err);
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

/* ---- evaluation ---- */

/* Mean loss and number of hits of n images by the twin: central window, running averages, no dropout. */
static double twin_score(const struct ho_trainer *t, const struct ho_images *from, const uint32_t *image,
                         const uint16_t *label, int n, int *hits)
{
  enum { ALL = 13 * 13 * 3 };
  struct trial r = { .net = t->network.net, .groups = 1, .size = n, .eval = 1 };
  struct ho_stream mask = ho_stream_make(1, "unused", 0, 0);
  double *theta = copy(t->host.parameters, t->network.theta[0]),
         *stats = copy(t->network.net->statistics, t->network.stats[0]);
  double *logits = malloc((size_t)n * 10 * sizeof *logits), loss = 0, p[10];
  r.mask = &mask;
  r.x = malloc((size_t)n * ALL * sizeof *r.x);
  for (int i = 0; i < n; i++)
    twin_image(&t->source.data, from->pixel + (size_t)image[i] * 768, 5, 5, 0, 1, r.x + i * ALL);
  twin_forward(&r, theta, stats, logits);
  *hits = 0;
  for (int i = 0; i < n; i++) {
    int top = 0;
    for (int k = 1; k < 10; k++)
      top = logits[i * 10 + k] > logits[i * 10 + top] ? k : top;
    *hits += top == label[i];
    loss += cross_entropy(logits + i * 10, label[i], p) / n;
  }
  free(theta);
  free(stats);
  free(logits);
  free(r.x);
  return loss;
}

/* All 150 test images (two batches and a rest) against true labels, all 200 training images against noisy ones. */
START_TEST(evaluation_is_the_published_one)
{
  struct ho_trainer *t = reduced(_i);
  struct ho_samples samples;
  struct ho_scores scores = { .epoch = 1 };
  uint16_t label[TESTED];
  int hits;
  for (int k = 0; k < 25; k++)
    step(t);
  ck_assert_int_eq(ho_samples_make(&samples, t, &err), 0);
  ck_assert_msg(!ho_samples_score(&samples, t, &scores, &err), "%s", err.text);
  const uint32_t *tested = t->source.test.part[HO_PART_TRAIN].id;
  ck_assert_uint_eq(t->source.test.part[HO_PART_TRAIN].n, TESTED);
  for (int i = 0; i < TESTED; i++)
    label[i] = t->source.data.test.label[tested[i]];
  double loss = twin_score(t, &t->source.data.test, tested, label, TESTED, &hits);
  ck_assert_double_eq_tol(scores.test_loss, loss, 1e-5 * fmax(1, loss));
  ck_assert_double_eq_tol(scores.test_accuracy * TESTED, hits, 1e-9);
  loss = twin_score(t, &t->source.data.train, t->source.labelled.split.part[HO_PART_TRAIN].id, t->host.label, TRAIN,
                    &hits);
  ck_assert_double_eq_tol(scores.train_loss, loss, 1e-5 * fmax(1, loss));
  ck_assert_double_eq_tol(scores.train_accuracy_noisy * TRAIN, hits, 1e-9);
  ho_samples_free(&samples);
  ho_trainer_free(t);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("authors");
  TCase *c = tcase_create("authors");
  tcase_add_checked_fixture(c, setup, teardown);
  tcase_set_timeout(c, 120);
  tcase_add_loop_test(c, settings_are_the_published_ones, BILEVEL, SGD + 1);
  tcase_add_loop_test(c, network_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(c, noise_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(c, schedule_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(c, sampler_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(c, a_step_is_the_published_one, BILEVEL, SGD + 1);
  tcase_add_loop_test(c, evaluation_is_the_published_one, BILEVEL, SGD + 1);
  suite_add_tcase(suite, c);
  return suite;
}
