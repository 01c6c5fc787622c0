/* SPDX-License-Identifier: MIT
 * co-teaching.c - Han et al., Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels (NeurIPS
 * 2018): two networks see the same mini-batch, and each is trained on the samples that have small losses in the other:
 *
 *    floor((1 - R) B) of B samples,   R rising from 0 to `forget' over the first `gradual' epochs.
 *
 * Evaluations use the first network.  forget = 0 is two independent runs of sgd.
 *
 * The authors use Adam with a schedule: from epoch 80 of 200 (100 for CIFAR-100), beta1 falls from 0.9 to 0.1 and the
 * learning rate falls linearly to 0.  Here use --optimizer co-teaching+adam and --sched; beta1 cannot change during a
 * run.  Their loop starts at its second epoch, so R is never 0: co-teaching.skip=1. */
#include <holdout/optimizer.h>
#include <math.h>
#include <stdlib.h>

struct co_teaching {
  double forget;
  int gradual, skip;
  double rate; /* forget, or if that is below 0 the share of wrong labels */
};

static const struct ho_option options[] = {
  HO_OPTION(struct co_teaching, forget, HO_REAL, "-1", "[-1,1)",
            "share of samples left out in the end; below 0: the share of wrong labels, an oracle"),
  HO_OPTION(struct co_teaching, gradual, HO_INT, "10", "[1,inf)", "epochs over which it rises to that"),
  HO_OPTION(struct co_teaching, skip, HO_INT, "0", "[0,inf)",
            "epochs to omit from the start of that rise; the authors' code: 1"),
  { 0 },
};

static int open(void *self, const struct ho_host *h)
{
  struct co_teaching *o = self;
  o->rate = o->forget >= 0 ? o->forget : h->wrong;
  if (isnan(o->rate))
    return h->fail(
        h, "co-teaching.forget=%g means the share of wrong labels, but true labels are unknown here: set it to a share",
        o->forget);
  return 0;
}

struct ranked {
  float loss;
  int i;
};

static int ascending(const void *a, const void *b)
{
  const struct ranked *x = a, *y = b;
  return x->loss != y->loss ? (x->loss > y->loss) - (x->loss < y->loss) : x->i - y->i;
}

/* w_i = 1 / kept for the samples of smallest loss, 0 for the others. */
static void choose(int n, int kept, const float *loss, struct ranked *r, float *w)
{
  for (int i = 0; i < n; i++)
    r[i] = (struct ranked){ loss[i], i };
  qsort(r, (size_t)n, sizeof *r, ascending);
  for (int k = 0; k < n; k++)
    w[r[k].i] = k < kept ? 1 / (float)kept : 0;
}

/* The losses of both networks, then the gradient of each on the samples chosen by the other.  region: step */
static int direction(void *self, const struct ho_host *h, float *const *dir)
{
  const struct co_teaching *o = self;
  int n = h->batch_size;
  double epoch = (double)h->epoch + o->skip;
  double R = epoch >= o->gradual - 1 ? o->rate : o->rate * epoch / (o->gradual - 1);
  int kept = (int)fmax(1, floor((1 - R) * n + 1e-9));
  struct ho_draw want = { .pool = HO_TRAIN, .count = 1, .size = n };
  struct ho_minibatch *mb;
  struct ranked *r = h->scratch(h, (size_t)n * sizeof *r);
  float *loss[2] = { h->scratch(h, (size_t)n * sizeof(float)), h->scratch(h, (size_t)n * sizeof(float)) };
  float *w = h->scratch(h, (size_t)n * sizeof *w);
  if (!r || !loss[0] || !loss[1] || !w || h->draw(h, &want, &mb))
    return -1;
  for (int net = 0; net < 2; net++) {
    struct ho_pass pass = { .net = net };
    if (h->losses(h, &pass, &mb, 1, loss[net], NULL))
      return -1;
  }
  for (int net = 0; net < 2; net++) {
    struct ho_pass pass = { .net = net, .w = w };
    choose(n, kept, loss[1 - net], r, w);
    if (h->gradients(h, &pass, &mb, 1, dir[net]))
      return -1;
  }
  h->log(h, "kept", (double)kept / n);
  return 0;
}

HO_PLUGIN(struct co_teaching, .name = "co-teaching", .citation = "han2018",
          .summary = "two networks choose samples of small loss for each other", .options = options, .nets = 2,
          .open = open, .direction = direction, .opaque = 1);
