/* SPDX-License-Identifier: MIT
 * noise-layer.c - Goldberger and Ben-Reuven, Training Deep Neural-Networks Using a Noise Adaptation Layer (ICLR 2017),
 * the simple model: after the softmax p of the true label comes a second softmax, the noise, with its own parameters W,
 *
 *    T_kj = exp W_kj / sum_l exp W_kl,   s_j = sum_k p_k T_kj,   L_y = -log s_y,
 *    dL_y/dz = p - r,   dL_y/dW_kj = r_k (T_kj - [j = y]),   r_k = p_k T_ky / s_y,
 *
 * averaged over the classes of a soft target.  As in the paper, the network is first trained without the layer, for a
 * share `warmup' of the epochs; then W is set to the logarithm of the confusion matrix between predictions and given
 * labels, with rows normalised, and both are trained.  Evaluations use p, never s.  W has no weight decay, which would
 * pull T towards uniform.
 *
 * Departures: the authors start a new optimizer when the layer is added, while here momentum continues.  They stop each
 * of the two phases when a held-out tenth with given labels has not improved for four epochs, while here nothing stops
 * early; test_accuracy_validation_selected, with a validation part, is close to what that would select.  They train
 * with Adam: --optimizer noise-layer+adam. */
#include <holdout/optimizer.h>
#include <math.h>
#include <string.h>

struct noise_layer {
  double warmup, rate, epsilon;
  size_t W; /* offset of W [K][K] in theta */
};

static const struct ho_option options[] = {
  HO_OPTION(struct noise_layer, warmup, HO_REAL, "0.5", "[0,1]",
            "share of the epochs before the layer is used; 1: never"),
  HO_OPTION(struct noise_layer, rate, HO_REAL, "1", "[0,inf)",
            "factor on the learning rate of the matrix; 0: it is not trained"),
  HO_OPTION(struct noise_layer, epsilon, HO_REAL, "0.46", "(0,1)",
            "without a warm-up: the share of wrong labels in the initial matrix"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct noise_layer *o = self;
  size_t K = (size_t)h->classes;
  return h->parameter(h, "matrix", K * K, o->rate, 0, &o->W);
}

static int warmup_epochs(const struct noise_layer *o, const struct ho_host *h)
{
  return (int)ceil(o->warmup * h->epochs);
}

/* W = log(C + 1e-8), C[predicted][given] counted over the training samples, with rows normalised. */
static int from_confusion(const struct noise_layer *o, const struct ho_host *h, int net, float *logits)
{
  size_t K = (size_t)h->classes;
  float *W = h->theta[net] + o->W;
  double *C = h->scratch(h, K * K * sizeof *C);
  struct ho_pass whole = { .net = net };
  if (!C || h->evaluate(h, &whole, HO_TRAIN, logits, NULL))
    return -1;
  memset(C, 0, K * K * sizeof *C);
  for (size_t i = 0; i < h->samples; i++) {
    size_t top = 0;
    for (size_t k = 1; k < K; k++)
      top = logits[i * K + k] > logits[i * K + top] ? k : top;
    C[top * K + h->label[i]]++;
  }
  for (size_t k = 0; k < K; k++) {
    double sum = 0;
    for (size_t j = 0; j < K; j++)
      sum += C[k * K + j];
    for (size_t j = 0; j < K; j++) /* a class that is never predicted gets no noise */
      W[k * K + j] = (float)log((sum > 0 ? C[k * K + j] / sum : j == k) + 1e-8);
  }
  return 0;
}

/* log(1 - epsilon) on the diagonal, log(epsilon / (K - 1)) elsewhere, plus 0.01 U[0, 1). */
static void from_scratch(const struct noise_layer *o, const struct ho_host *h, int net)
{
  size_t K = (size_t)h->classes;
  struct ho_stream stream = h->stream(h, "matrix", 0, (uint64_t)net);
  for (size_t i = 0; i < K * K; i++)
    h->theta[net][o->W + i] = (float)((i % (K + 1) == 0 ? log(1 - o->epsilon) : log(o->epsilon / (double)(K - 1))) +
                                      0.01 * h->uniform(&stream));
}

static int epoch(void *self, const struct ho_host *h, int end)
{
  const struct noise_layer *o = self;
  if (end || h->epoch > warmup_epochs(o, h))
    return 0;
  /* allocated in every epoch, so that a lack of memory shows early */
  float *logits = h->scratch(h, h->samples * (size_t)h->classes * sizeof *logits);
  if (!logits)
    return -1;
  if (h->epoch < warmup_epochs(o, h))
    return 0;
  for (int net = 0; net < h->nets; net++) {
    if (h->epoch == 0)
      from_scratch(o, h, net);
    else if (from_confusion(o, h, net, logits))
      return -1;
  }
  return 0;
}

/* log_T [K][K] = log T at the parameters theta. */
static void transition(const struct noise_layer *o, const struct ho_host *h, const float *theta, double *log_T)
{
  size_t K = (size_t)h->classes;
  for (size_t k = 0; k < K; k++)
    h->log_softmax(h, theta + o->W + k * K, log_T + k * K);
}

/* Returns log s_y, s_y = sum_k p_k T_ky; r_k = p_k T_ky / s_y.  region: posterior */
static double posterior(size_t K, const double *log_p, const double *log_T, size_t y, double *r)
{
  double top = -INFINITY, sum = 0;
  for (size_t k = 0; k < K; k++)
    top = fmax(top, r[k] = log_p[k] + log_T[k * K + y]);
  for (size_t k = 0; k < K; k++)
    sum += r[k] = exp(r[k] - top);
  for (size_t k = 0; k < K; k++)
    r[k] /= sum;
  return top + log(sum);
}

/* Does this sample go through the layer?  Not during warm-up, nor if its label is true. */
static int noisy(const struct noise_layer *o, const struct ho_host *h, uint32_t id)
{
  return h->epoch >= warmup_epochs(o, h) && !(id >= h->samples && id < h->samples + h->clean);
}

static int loss(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head)
{
  const struct noise_layer *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p), *r = h->scratch(h, K * sizeof *r),
         *d = h->scratch(h, K * sizeof *d);
  double *log_T = h->scratch(h, K * K * sizeof *log_T);
  if (!log_p || !r || !d || !log_T)
    return -1;
  transition(o, h, head->theta, log_T);
  for (size_t i = 0; i < (size_t)mb->size; i++) {
    int layer = noisy(o, h, mb->id[i]);
    double L = 0;
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t k = 0; k < K; k++)
      d[k] = exp(log_p[k]);
    for (size_t y = 0; y < K; y++) {
      double q = mb->target[i * K + y];
      if (q != 0)
        L -= q * (layer ? posterior(K, log_p, log_T, y, r) : log_p[y]);
      for (size_t k = 0; k < K && q != 0; k++)
        d[k] -= q * (layer ? r[k] : k == y);
    }
    for (size_t k = 0; k < K; k++)
      head->dlogits[i * K + k] = (float)d[k];
    head->loss[i] = (float)L;
  }
  return 0;
}

/* Adds sum_i w_i dL_i/dW. */
static int own(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const struct ho_head *head,
               const float *w, float *row)
{
  const struct noise_layer *o = self;
  size_t K = (size_t)h->classes;
  double *log_p = h->scratch(h, K * sizeof *log_p), *r = h->scratch(h, K * sizeof *r);
  double *log_T = h->scratch(h, K * K * sizeof *log_T);
  if (!log_p || !r || !log_T)
    return -1;
  transition(o, h, head->theta, log_T);
  for (size_t i = 0; i < (size_t)mb->size; i++) {
    h->log_softmax(h, head->logits + i * K, log_p);
    for (size_t y = 0; y < K && noisy(o, h, mb->id[i]); y++) {
      double q = w[i] * mb->target[i * K + y];
      if (q == 0)
        continue;
      posterior(K, log_p, log_T, y, r);
      for (size_t k = 0; k < K; k++)
        for (size_t j = 0; j < K; j++)
          row[o->W + k * K + j] += (float)(q * r[k] * (exp(log_T[k * K + j]) - (j == y)));
    }
  }
  return 0;
}

HO_PLUGIN(struct noise_layer, .name = "noise-layer", .citation = "goldberger2017",
          .summary = "a second softmax that learns the label noise", .options = options, .horizon = 1, .open = open,
          .epoch = epoch, .loss = loss, .own = own, .opaque = 1);
