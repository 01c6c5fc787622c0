/* SPDX-License-Identifier: MIT
 * air.c - Azadi et al., Auxiliary Image Regularization for Deep CNNs with Noisy Labels (ICLR 2016): a linear softmax
 * classifier w on the penultimate features x_i of a trained network, normalised to length 1, in which whole training
 * images can drop out of the model of a class.  With all N images in every iteration it minimises
 *
 *    (1/N) sum_i CE(w^T x_i, y_i) + (lambda_s / (N K)) sum_c sum_i |x_i o w_c| / sqrt(n_i) + (lambda_l / (N K)) |M w|_1
 *          + mu / (2K) |w|^2,
 *
 * where x_i o w_c are the products of each feature with its weight, M w is all of them, and n_i is the number of
 * nonzero features of image i.  The network is trained by the rest of the chain; after the last epoch stochastic ADMM
 * solves the problem (iteration k = 1, 2, ..., step = theta = 2 / (k + 2), D = diag(M^T M)), and from then on
 * predictions are w^T x:
 *
 *    rho <- min(growth rho, rho_max),   g = K sum_{i in batch} grad CE_i + mu N w,
 *    w <- (-g + rho M^T (v + u / rho) + w / step) / (rho D + 1 / step),
 *    v <- per image and class  max(1 - lambda_s / (sqrt(n_i) rho |a|), 0) a,   a = soft(M w - u / rho, lambda_l / rho),
 *    u <- u - rho (M w - v),   the result is the average  w' <- (1 - theta) w' + theta w.
 *
 * This is the iteration of the authors' code.  (The objective that their code prints has lambda_l |M w|_1 without the
 * factor 1 / (N K) that the iteration implies.)  As in their code, the sum over a batch of B images is not scaled to
 * the whole set, so all three strengths act as if multiplied by N / B.  The authors use B = 23,000 of 50,000 images, so
 * lambda_s = 10 acts as 21.7; here B is by default the same share of the N images.  The last batch of a pass is
 * completed with the first images of that pass, so all batches have equal size.
 *
 * An image has dropped out of a class if its v is 0; the share that has not is logged as `groups'.  At the minimum
 * v = M w, so then w_c is 0 on every feature of the image: if most features are nonzero, few images drop out, or none.
 *
 * Departures: the authors' features are those of AlexNet trained on ImageNet, while here the network has been trained
 * on the noisy labels.  Evaluations before the last epoch are those of the network, so this method has no best epoch
 * and none selected on validation. */
#include <holdout/optimizer.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct air {
  double lambda_s, lambda_l, rho, growth, rho_max, mu;
  int epochs, batch;
  float *w; /* [F][K] solution w' */
  unsigned char *solved;
};

static const struct ho_option options[] = {
  HO_OPTION(struct air, lambda_s, HO_REAL, "10", "[0,inf)",
            "strength of the group penalty, by which images drop out; like the next two, it acts N / batch times as "
            "strongly"),
  HO_OPTION(struct air, lambda_l, HO_REAL, "0", "[0,inf)", "strength of the sparsity penalty on single features"),
  HO_OPTION(struct air, mu, HO_REAL, "0", "[0,inf)",
            "strength of the ridge penalty; if too large, ADMM diverges, which is reported"),
  HO_OPTION(struct air, rho, HO_REAL, "10", "(0,inf)", "ADMM: initial penalty"),
  HO_OPTION(struct air, growth, HO_REAL, "1.1", "[1,inf)", "ADMM: factor on the penalty at each iteration"),
  HO_OPTION(struct air, rho_max, HO_REAL, "100", "(0,inf)", "ADMM: largest penalty"),
  HO_OPTION(struct air, epochs, HO_INT, "200", "[1,inf)", "ADMM: passes over the training images"),
  HO_OPTION(struct air, batch, HO_INT, "0", "[0,inf)",
            "ADMM: images in an iteration, at most all N; 0: 46 percent of N, as the authors' 23,000 of 50,000"),
  { 0 },
};

/* The problem and its variables.  M has a row for each nonzero feature, in order of images. */
struct problem {
  size_t N, F, K;
  float *x; /* [N][F] of length 1 */
  const uint16_t *y;
  size_t *start;        /* [N + 1] first row of image i */
  uint32_t *feature;    /* [rows] */
  float *v, *u;         /* [rows][K] */
  double *w, *mean, *g; /* [F][K] */
  double *Mv, *Mu, *D;  /* M^T v, M^T u [F][K]; [F] */
  double *a, *size;     /* [K] */
};

static size_t bytes(size_t N, size_t F, size_t K, size_t rows)
{
  return N * F * sizeof(float) + N * (sizeof(size_t) + 2 * sizeof(int)) +
         rows * (2 * K * sizeof(float) + sizeof(uint32_t)) + (5 * F * K + F + 2 * K) * sizeof(double) + 4096;
}

/* Asks for the most memory that can be needed, in open and in each epoch, so that a lack of it is reported before the
 * training and not after. */
static int fits(const struct ho_host *h)
{
  size_t N = h->samples, F = (size_t)h->features;
  return h->scratch(h, bytes(N, F, (size_t)h->classes, N * F)) != NULL;
}

static int open(void *self, const struct ho_host *h)
{
  struct air *o = self;
  o->w = h->state(h, "head", "F32", (size_t)h->features * (size_t)h->classes);
  o->solved = h->state(h, "solved", "U8", 1);
  return o->w && o->solved && fits(h) ? 0 : -1;
}

static void normalise(size_t F, float *x)
{
  double square = 0;
  for (size_t f = 0; f < F; f++)
    square += (double)x[f] * x[f];
  for (size_t f = 0; f < F && square > 0; f++)
    x[f] = (float)(x[f] / sqrt(square));
}

static int prepare(struct problem *p, const struct ho_host *h)
{
  size_t rows = 0, N = p->N, F = p->F, FK = p->F * p->K;
  struct ho_pass whole = { .net = 0 };
  p->x = h->scratch(h, N * F * sizeof *p->x);
  p->start = h->scratch(h, (N + 1) * sizeof *p->start);
  if (!p->x || !p->start || h->evaluate(h, &whole, HO_TRAIN, NULL, p->x))
    return -1;
  for (size_t i = 0; i < N; i++) {
    normalise(F, p->x + i * F);
    p->start[i] = rows;
    for (size_t f = 0; f < F; f++)
      rows += p->x[i * F + f] != 0;
  }
  p->start[N] = rows;
  double *all = h->scratch(h, (5 * FK + F + 2 * p->K) * sizeof *all);
  p->feature = h->scratch(h, rows * sizeof *p->feature);
  p->v = h->scratch(h, rows * p->K * sizeof *p->v);
  p->u = h->scratch(h, rows * p->K * sizeof *p->u);
  if (!all || !p->feature || !p->v || !p->u)
    return -1;
  memset(all, 0, (5 * FK + F + 2 * p->K) * sizeof *all);
  memset(p->v, 0, rows * p->K * sizeof *p->v);
  memset(p->u, 0, rows * p->K * sizeof *p->u);
  p->w = all, p->mean = all + FK, p->g = all + 2 * FK, p->Mv = all + 3 * FK, p->Mu = all + 4 * FK, p->D = all + 5 * FK;
  p->a = p->D + F, p->size = p->a + p->K;
  for (size_t i = 0, row = 0; i < N; i++)
    for (size_t f = 0; f < F; f++)
      if (p->x[i * F + f] != 0) {
        p->feature[row++] = (uint32_t)f;
        p->D[f] += (double)p->x[i * F + f] * p->x[i * F + f];
      }
  return 0;
}

/* g = K sum_{i in batch} grad CE_i + mu N w */
static void gradient(const struct air *o, const struct ho_host *h, struct problem *p, const int *id, size_t n)
{
  size_t K = p->K;
  for (size_t k = 0; k < p->F * K; k++)
    p->g[k] = o->mu * (double)p->N * p->w[k];
  for (size_t b = 0; b < n; b++) {
    size_t i = (size_t)id[b];
    const float *x = p->x + i * p->F;
    float z[K];
    memset(p->a, 0, K * sizeof *p->a);
    for (size_t row = p->start[i]; row < p->start[i + 1]; row++)
      for (size_t c = 0; c < K; c++)
        p->a[c] += x[p->feature[row]] * p->w[p->feature[row] * K + c];
    for (size_t c = 0; c < K; c++)
      z[c] = (float)p->a[c];
    h->log_softmax(h, z, p->a);
    for (size_t c = 0; c < K; c++)
      p->a[c] = (double)K * (exp(p->a[c]) - (c == p->y[i]));
    for (size_t row = p->start[i]; row < p->start[i + 1]; row++)
      for (size_t c = 0; c < K; c++)
        p->g[p->feature[row] * K + c] += x[p->feature[row]] * p->a[c];
  }
}

/* For image i: a = soft(M w - u / rho, l), then v = max(1 - threshold / |a_c|, 0) a_c for each class c.
 * region: shrink */
static void shrink(struct problem *p, size_t i, double rho, double l, double threshold)
{
  size_t K = p->K;
  const float *x = p->x + i * p->F;
  memset(p->size, 0, K * sizeof *p->size);
  for (size_t row = p->start[i]; row < p->start[i + 1]; row++)
    for (size_t c = 0; c < K; c++) {
      double a = x[p->feature[row]] * p->w[p->feature[row] * K + c] - p->u[row * K + c] / rho;
      a = a > l ? a - l : a < -l ? a + l : 0;
      p->v[row * K + c] = (float)a;
      p->size[c] += a * a;
    }
  for (size_t c = 0; c < K; c++)
    p->a[c] = p->size[c] > 0 ? fmax(1 - threshold / sqrt(p->size[c]), 0) : 0;
  for (size_t row = p->start[i]; row < p->start[i + 1]; row++)
    for (size_t c = 0; c < K; c++)
      p->v[row * K + c] *= (float)p->a[c];
}

/* Updates v and u of every image, and M^T v and M^T u for the next iteration. */
static void split(const struct air *o, struct problem *p, double rho)
{
  size_t K = p->K;
  memset(p->Mv, 0, p->F * K * sizeof *p->Mv);
  memset(p->Mu, 0, p->F * K * sizeof *p->Mu);
  for (size_t i = 0; i < p->N; i++) {
    const float *x = p->x + i * p->F;
    double n = (double)(p->start[i + 1] - p->start[i]);
    shrink(p, i, rho, o->lambda_l / rho, n > 0 ? o->lambda_s / (sqrt(n) * rho) : 0);
    for (size_t row = p->start[i]; row < p->start[i + 1]; row++) {
      size_t f = p->feature[row];
      for (size_t c = 0; c < K; c++) {
        p->u[row * K + c] -= (float)(rho * (x[f] * p->w[f * K + c] - p->v[row * K + c]));
        p->Mv[f * K + c] += x[f] * p->v[row * K + c];
        p->Mu[f * K + c] += x[f] * p->u[row * K + c];
      }
    }
  }
}

static size_t batch_size(const struct air *o, size_t N)
{
  size_t batch = o->batch ? (size_t)o->batch : (size_t)(0.46 * (double)N + 0.5);
  batch = batch < N ? batch : N;
  return batch < 1 ? 1 : batch;
}

/* Mean cross-entropy of the training images; not finite if w is not. */
static double cross_entropy(const struct ho_host *h, struct problem *p, const double *w)
{
  size_t K = p->K;
  double sum = 0;
  for (size_t i = 0; i < p->N; i++) {
    float z[K];
    memset(p->a, 0, K * sizeof *p->a);
    for (size_t row = p->start[i]; row < p->start[i + 1]; row++)
      for (size_t c = 0; c < K; c++)
        p->a[c] += p->x[i * p->F + p->feature[row]] * w[p->feature[row] * K + c];
    for (size_t c = 0; c < K; c++)
      z[c] = (float)p->a[c];
    h->log_softmax(h, z, p->a);
    sum -= p->a[p->y[i]];
  }
  return sum / (double)p->N;
}

/* The largest mu that is stable from the first iteration on: mu N < 2 (rho D + 1 / step). */
static double stable_mu(const struct air *o, const struct problem *p)
{
  double least = INFINITY;
  for (size_t f = 0; f < p->F; f++)
    if (p->D[f] > 0)
      least = fmin(least, p->D[f]);
  return 2 * (fmin(o->rho * o->growth, o->rho_max) * least + 1.5) / (double)p->N;
}

/* At w = 0 the cross-entropy is log K and the penalties are 0, so at the minimum it cannot be larger. */
static int check(const struct air *o, const struct ho_host *h, struct problem *p, double iterations)
{
  double ce = cross_entropy(h, p, p->mean), none = log((double)p->K);
  char found[64];
  if (ce <= 1.05 * none + 1e-6)
    return 0;
  snprintf(found, sizeof found, isfinite(ce) ? "%.3g, where a classifier of zeros has %.3g" : "not finite", ce, none);
  if (o->mu > 0)
    return h->fail(
        h,
        "the ADMM after the last epoch has diverged: after %.0f iterations the cross-entropy of the training "
        "images is %s; choose a smaller air.mu than %g (any below %.2g is stable with these features) or 0",
        iterations, found, o->mu, stable_mu(o, p));
  return h->fail(
      h,
      "the ADMM after the last epoch has not converged: after %.0f iterations the cross-entropy of the training "
      "images is %s; choose more air.epochs than %d, or larger air.rho and air.rho_max than %g and %g",
      iterations, found, o->epochs, o->rho, o->rho_max);
}

static int solve(const struct air *o, const struct ho_host *h, struct problem *p)
{
  size_t K = p->K, batch = batch_size(o, p->N), iterations = (p->N + batch - 1) / batch;
  int *order = h->scratch(h, 2 * p->N * sizeof *order);
  double rho = o->rho, k = 0, sum = 0;
  if (!order)
    return -1;
  for (int round = 0; round < o->epochs && isfinite(sum); round++) {
    struct ho_stream stream = h->stream(h, "order", (uint64_t)round, 0);
    h->permute(&stream, order, (int)p->N);
    memcpy(order + p->N, order, p->N * sizeof *order); /* to complete the last batch */
    for (size_t b = 0; b < iterations && isfinite(sum); b++) {
      double step = 2 / (++k + 2);
      rho = fmin(rho * o->growth, o->rho_max);
      gradient(o, h, p, order + b * batch, batch);
      for (size_t j = 0; j < p->F * K; j++)
        p->w[j] = (-p->g[j] + rho * p->Mv[j] + p->Mu[j] + p->w[j] / step) / (rho * p->D[j / K] + 1 / step);
      split(o, p, rho);
      sum = 0;
      for (size_t j = 0; j < p->F * K; j++)
        sum += fabs(p->mean[j] = (1 - step) * p->mean[j] + step * p->w[j]);
    }
  }
  return check(o, h, p, k);
}

/* Share of the pairs of image and class that are still in the model. */
static double alive(const struct problem *p)
{
  double count = 0;
  for (size_t i = 0; i < p->N; i++)
    for (size_t c = 0; c < p->K; c++) {
      size_t row = p->start[i];
      while (row < p->start[i + 1] && p->v[row * p->K + c] == 0)
        row++;
      count += row < p->start[i + 1];
    }
  return count / (double)(p->N * p->K);
}

static int epoch(void *self, const struct ho_host *h, int end)
{
  struct air *o = self;
  struct problem p = { .N = h->samples, .F = (size_t)h->features, .K = (size_t)h->classes, .y = h->label };
  if (!end || h->epoch + 1 < h->epochs)
    return end && !fits(h) ? -1 : 0;
  if (prepare(&p, h) || solve(o, h, &p))
    return -1;
  for (size_t j = 0; j < p.F * p.K; j++)
    o->w[j] = (float)p.mean[j];
  *o->solved = 1;
  h->log(h, "groups", alive(&p));
  return 0;
}

static int predict(void *self, const struct ho_host *h, int n, const float *logits, const float *features, float *out)
{
  const struct air *o = self;
  size_t F = (size_t)h->features, K = (size_t)h->classes;
  if (!*o->solved)
    memcpy(out, logits, (size_t)n * K * sizeof *out);
  for (size_t i = 0; i < (size_t)n && *o->solved; i++) {
    double square = 0;
    for (size_t f = 0; f < F; f++)
      square += (double)features[i * F + f] * features[i * F + f];
    for (size_t c = 0; c < K; c++) {
      double z = 0;
      for (size_t f = 0; f < F; f++)
        z += o->w[f * K + c] * features[i * F + f];
      out[i * K + c] = (float)(square > 0 ? z / sqrt(square) : 0);
    }
  }
  return 0;
}

HO_PLUGIN(struct air, .name = "air", .citation = "azadi2016",
          .summary = "a sparse linear classifier on the trained network's features", .options = options, .horizon = 1,
          .late = 1, .open = open, .epoch = epoch, .predict = predict, .opaque = 1);
