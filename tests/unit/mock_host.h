/* SPDX-License-Identifier: MIT
 * mock_host.h - a host in which gradients, losses and outputs are given, to test what hooks make of them.
 *
 * Mini-batch k of a draw stands for row k of the matrix `rows', or for what the function `gradient' gives; dot and
 * combine are the naive ones. */
#ifndef HO_MOCK_HOST_H
#define HO_MOCK_HOST_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "holdout/optimizer.h"

enum { MOCK_ROWS = 64, MOCK_P = 64 };

struct mock {
  struct ho_host host;
  float rows[MOCK_ROWS * MOCK_P];
  struct ho_minibatch mb[MOCK_ROWS];
  struct ho_draw draw[8]; /* what was asked for */
  int draws, drawn, pools, skipped, has_weight[MOCK_ROWS];
  uint16_t label[100];
  size_t pool_size[8];
  unsigned flags;
  double weight[MOCK_ROWS], logged; /* the sum of what was logged */
  char message[256];
  void *memory[16384];
  int allocations;
  struct ho_tensor tensor[8];
  void (*gradient)(const float *theta, const float *w, float *row); /* instead of rows, where it is set */
  float theta[MOCK_P], *thetas[2];
  const float *loss[2], *slope;   /* what losses (by network) and slopes give */
  const float *logits, *features; /* what evaluate gives */
  const double *transition;       /* [K][K] */
  double decay;                   /* product of what was asked for */
  const float *w[8];              /* of each gradient pass; */
  unsigned flag[8];
  int at[8];              /* 1: elsewhere than at the network's parameters, */
  float where[8][MOCK_P]; /* here */
  float along[MOCK_P];    /* of the last slopes */
  int passes, mixed;
  float given[8][MOCK_ROWS]; /* copies of them */
  int partner[MOCK_ROWS];    /* of the last mix */
  float lambda[MOCK_ROWS];
};

static inline int mock_draw(const struct ho_host *h, const struct ho_draw *d, struct ho_minibatch **mb)
{
  struct mock *m = h->host;
  m->draw[m->draws++] = *d;
  for (int k = 0; k < d->count; k++) {
    m->mb[m->drawn] = (struct ho_minibatch){ .size = d->size, .pool = d->pool, .index = m->drawn };
    mb[k] = &m->mb[m->drawn++];
  }
  return 0;
}

static inline int mock_gradients(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb,
                                 int n, float *rows)
{
  struct mock *m = h->host;
  m->flags = pass->flags;
  if (pass->w && m->passes < 8 && mb[0]->size <= MOCK_ROWS)
    memcpy(m->given[m->passes], pass->w, (size_t)mb[0]->size * sizeof(float));
  m->flag[m->passes % 8] = pass->flags;
  m->at[m->passes % 8] = pass->theta != NULL;
  if (pass->theta)
    memcpy(m->where[m->passes % 8], pass->theta, h->parameters * sizeof(float));
  m->w[m->passes++ % 8] = pass->w;
  for (int i = 0; i < n && m->gradient; i++)
    m->gradient(pass->theta ? pass->theta : h->theta[pass->net], pass->w, rows + (size_t)i * h->parameters);
  for (int i = 0; i < n && !m->gradient; i++)
    memcpy(rows + (size_t)i * h->parameters, m->rows + (size_t)mb[i]->index * h->parameters,
           h->parameters * sizeof *rows);
  return 0;
}

static inline int mock_losses(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb,
                              int n, float *loss, float *logits)
{
  struct mock *m = h->host;
  (void)logits;
  memcpy(loss, m->loss[pass->net], (size_t)n * (size_t)mb[0]->size * sizeof *loss);
  return 0;
}

static inline int mock_slopes(const struct ho_host *h, const struct ho_pass *pass, struct ho_minibatch *const *mb,
                              int n, const float *v, float *slope)
{
  struct mock *m = h->host;
  (void)pass;
  memcpy(m->along, v, h->parameters * sizeof *v);
  memcpy(slope, m->slope, (size_t)n * (size_t)mb[0]->size * sizeof *slope);
  return 0;
}

static inline int mock_evaluate(const struct ho_host *h, const struct ho_pass *pass, int pool, float *logits,
                                float *features)
{
  struct mock *m = h->host;
  (void)pass, (void)pool;
  if (logits)
    memcpy(logits, m->logits, h->samples * (size_t)h->classes * sizeof *logits);
  if (features)
    memcpy(features, m->features, h->samples * (size_t)h->features * sizeof *features);
  return 0;
}

static inline int mock_mix(const struct ho_host *h, struct ho_minibatch *mb, const int *partner, const float *lambda)
{
  struct mock *m = h->host;
  m->mixed++;
  memcpy(m->partner, partner, (size_t)mb->size * sizeof *partner);
  memcpy(m->lambda, lambda, (size_t)mb->size * sizeof *lambda);
  return 0;
}

static inline double mock_dot(const struct ho_host *h, size_t n, const float *a, const float *b)
{
  double sum = 0;
  (void)h;
  for (size_t i = 0; i < n; i++)
    sum += (double)a[i] * b[i];
  return sum;
}

static inline void mock_dots(const struct ho_host *h, size_t n, const float *v, int rows, const float *a, size_t ld,
                             double *va, double *aa)
{
  for (int r = 0; r < rows; r++) {
    va[r] = mock_dot(h, n, v, a + (size_t)r * ld);
    aa[r] = mock_dot(h, n, a + (size_t)r * ld, a + (size_t)r * ld);
  }
}

static inline void mock_combine(const struct ho_host *h, size_t n, float *out, int rows, const double *w,
                                const float *a, size_t ld)
{
  (void)h;
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (int r = 0; r < rows; r++)
      sum += w[r] * a[(size_t)r * ld + i];
    out[i] = (float)sum;
  }
}

static inline int mock_blend(const struct ho_host *h, size_t n, float *out, int terms, const double *c,
                             const float *const *x)
{
  (void)h;
  for (size_t i = 0; i < n; i++) {
    float sum = (float)c[0] * x[0][i];
    for (int t = 1; t < terms; t++) {
      float product = (float)c[t] * x[t][i];
      sum += product;
    }
    out[i] = sum;
  }
  return 0;
}

/* The formulas of holdout/optimizer.h, a value at a time. */
static inline int mock_momentum(const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g,
                                float *a, double momentum, int nesterov)
{
  float m = (float)momentum, lr = (float)(h->lr * t->rate);
  for (size_t k = 0; k < t->size; k++) {
    float pull = (float)t->decay * theta[k], d = g[k] + pull, kept = m * a[k];
    a[k] = kept + d;
    float ahead = m * a[k], step = lr * (nesterov ? d + ahead : a[k]);
    theta[k] -= step;
  }
  return 0;
}

static inline int mock_adam(const struct ho_host *h, const struct ho_tensor *t, float *theta, const float *g, float *m,
                            float *v, double beta1, double beta2, double epsilon)
{
  double s = (double)h->step + 1, lr = h->lr * t->rate / (1 - pow(beta1, s)), root = sqrt(1 - pow(beta2, s));
  for (size_t k = 0; k < t->size; k++) {
    float pull = (float)t->decay * theta[k], d = g[k] + pull;
    float kept[] = { (float)beta1 * m[k], (float)beta2 * v[k] };
    float added[] = { (float)(1 - beta1) * d, (float)(1 - beta2) * d * d };
    m[k] = kept[0] + added[0];
    v[k] = kept[1] + added[1];
    theta[k] -= (float)(lr * m[k] / (sqrt((double)v[k]) / root + epsilon));
  }
  return 0;
}

static inline void *mock_scratch(const struct ho_host *h, size_t bytes)
{
  struct mock *m = h->host;
  return m->memory[m->allocations++] = malloc(bytes ? bytes : 1);
}

static inline void *mock_state(const struct ho_host *h, const char *name, const char *dtype, size_t n)
{
  struct mock *m = h->host;
  (void)name;
  return m->memory[m->allocations++] = calloc(n ? n : 1, !strcmp(dtype, "F64") ? 8 : 4);
}

static inline int mock_parameter(const struct ho_host *h, const char *name, size_t n, double rate, double decay,
                                 size_t *offset)
{
  struct mock *m = h->host;
  (void)name, (void)rate, (void)decay;
  *offset = m->host.parameters;
  m->host.parameters += n;
  return 0;
}

static inline int mock_transition(const struct ho_host *h, const char *source, double *T)
{
  struct mock *m = h->host;
  (void)source;
  memcpy(T, m->transition, (size_t)h->classes * (size_t)h->classes * sizeof *T);
  return 0;
}

static inline void mock_decay(const struct ho_host *h, double factor)
{
  struct mock *m = h->host;
  m->decay *= factor;
}

static inline struct ho_stream mock_stream(const struct ho_host *h, const char *purpose, uint64_t a, uint64_t b)
{
  (void)h;
  return ho_stream_make(1, purpose, a, b);
}

static inline int mock_pool(const struct ho_host *h, int number, const uint32_t *ids, size_t n)
{
  struct mock *m = h->host;
  (void)ids, (void)number;
  m->pool_size[m->pools] = n;
  return 3 + m->pools++;
}

static inline void mock_weight(const struct ho_host *h, const struct ho_minibatch *mb, double w)
{
  struct mock *m = h->host;
  m->weight[mb->index] = w;
  m->has_weight[mb->index] = 1;
}

static inline void mock_log(const struct ho_host *h, const char *name, double value)
{
  struct mock *m = h->host;
  (void)name;
  m->logged += value;
}

static inline void mock_skip(const struct ho_host *h)
{
  struct mock *m = h->host;
  m->skipped++;
}

static inline int mock_fail(const struct ho_host *h, const char *format, ...)
{
  struct mock *m = h->host;
  va_list args;
  va_start(args, format);
  vsnprintf(m->message, sizeof m->message, format, args);
  va_end(args);
  return -1;
}

/* Gauss and Jordan, with pivots: the host's twin. */
static inline int mock_invert(const struct ho_host *h, int size, const double *from, double *X, double *condition)
{
  size_t n = (size_t)size;
  double A[64 * 64], most[2] = { 0 };
  (void)h;
  if (n > 64)
    return -1;
  memcpy(A, from, n * n * sizeof *A);
  for (size_t i = 0; i < n * n; i++)
    X[i] = i % (n + 1) == 0;
  for (size_t c = 0; c < n; c++) {
    size_t pivot = c;
    for (size_t r = c + 1; r < n; r++)
      if (fabs(A[r * n + c]) > fabs(A[pivot * n + c]))
        pivot = r;
    if (A[pivot * n + c] == 0)
      return (int)c + 1;
    for (size_t k = 0; k < n && pivot != c; k++) {
      double a = A[c * n + k], x = X[c * n + k];
      A[c * n + k] = A[pivot * n + k], A[pivot * n + k] = a;
      X[c * n + k] = X[pivot * n + k], X[pivot * n + k] = x;
    }
    double scale = 1 / A[c * n + c];
    for (size_t k = 0; k < n; k++)
      A[c * n + k] *= scale, X[c * n + k] *= scale;
    for (size_t r = 0; r < n; r++) {
      double factor = r == c ? 0 : A[r * n + c];
      for (size_t k = 0; k < n && factor != 0; k++)
        A[r * n + k] -= factor * A[c * n + k], X[r * n + k] -= factor * X[c * n + k];
    }
  }
  for (size_t c = 0; c < n; c++) {
    double sum[2] = { 0 };
    for (size_t r = 0; r < n; r++)
      sum[0] += fabs(from[r * n + c]), sum[1] += fabs(X[r * n + c]);
    most[0] = fmax(most[0], sum[0]), most[1] = fmax(most[1], sum[1]);
  }
  *condition = most[0] * most[1];
  return 0;
}

static inline void mock_log_softmax(const struct ho_host *h, const float *z, double *log_p)
{
  double top = -INFINITY, sum = 0;
  for (int k = 0; k < h->classes; k++)
    top = fmax(top, z[k]);
  for (int k = 0; k < h->classes; k++)
    sum += exp(z[k] - top);
  for (int k = 0; k < h->classes; k++)
    log_p[k] = z[k] - top - log(sum);
}

/* P parameters in one tensor `w'; batch size, samples and more can be changed afterwards. */
static inline void mock_init(struct mock *m, size_t P)
{
  memset(m, 0, sizeof *m);
  for (int i = 0; i < 100; i++)
    m->label[i] = (uint16_t)(i % 3);
  m->tensor[0] = (struct ho_tensor){ "w", 0, P, 1, 0 };
  m->decay = 1;
  m->thetas[0] = m->thetas[1] = m->theta;
  m->host = (struct ho_host){
    .abi = HO_ABI,
    .bytes = sizeof m->host,
    .samples = 100,
    .parameters = P,
    .classes = 3,
    .tensors = 1,
    .nets = 1,
    .steps = 100,
    .theta = m->thetas,
    .losses = mock_losses,
    .slopes = mock_slopes,
    .evaluate = mock_evaluate,
    .mix = mock_mix,
    .state = mock_state,
    .parameter = mock_parameter,
    .transition = mock_transition,
    .decay = mock_decay,
    .batch_size = 40,
    .epochs = 1,
    .lr = 0.1,
    .tensor = m->tensor,
    .host = m,
    .pool = mock_pool,
    .draw = mock_draw,
    .gradients = mock_gradients,
    .dot = mock_dot,
    .dots = mock_dots,
    .combine = mock_combine,
    .scratch = mock_scratch,
    .stream = mock_stream,
    .uniform = ho_stream_uniform,
    .normal = ho_stream_normal,
    .gamma = ho_stream_gamma,
    .permute = ho_stream_permute,
    .weight = mock_weight,
    .log = mock_log,
    .skip = mock_skip,
    .label = m->label,
    .fail = mock_fail,
    .log_softmax = mock_log_softmax,
    .invert = mock_invert,
    .blend = mock_blend,
    .momentum = mock_momentum,
    .adam = mock_adam,
  };
}

static inline void mock_free(struct mock *m)
{
  for (int i = 0; i < m->allocations; i++)
    free(m->memory[i]);
  m->allocations = 0;
}

#endif
