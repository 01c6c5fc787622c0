/* SPDX-License-Identifier: MIT
 * mentornet.c - Jiang et al., MentorNet: Learning Data-Driven Curriculum for Very Deep Neural Networks on Corrupted
 * Labels (ICML 2018), with the predefined curriculum (MentorNet PD): the rule that the published network was trained to
 * imitate.  Losses are compared with a running percentile m of the losses of mini-batches,
 *
 *    m <- d m + (1 - d) percentile_p(l),   delta_i = l_i - m,   e = floor(100 step / steps),
 *    v_i = 1 for e <= 18,   [delta_i <= 0] for 18 < e < 90,   clip(1 - delta_i / gamma, 0, 1) from e = 90 on,
 *
 * and the loss of a mini-batch is (1 / B) sum_i v_i l_i, not divided by sum_i v_i.  Weight decay is scaled by the mean
 * of v.  In each mini-batch a random share of the samples is left out (`dropout').  Baselines of the paper: self-paced
 * has v = [delta <= 0] throughout, focal has v = (1 - exp(-l))^focus.  `none' leaves all weights as they are. */
#include <holdout/optimizer.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PREDEFINED, SELF_PACED, FOCAL, NONE };
enum { PERCENT = 100 };

struct mentornet {
  int curriculum, burn_in;
  double percentile, decay, gamma, focus;
  const char *dropout;
  double dropped[PERCENT]; /* share of samples left out, in each percent of the run */
  double *m;               /* running percentile */
  uint64_t step;           /* to which the next line belongs */
  double sum, count, mean; /* of the weights so far; the factor of weight decay in force */
};

static const struct ho_option options[] = {
  HO_OPTION(struct mentornet, curriculum, HO_CHOICE, "predefined", "predefined|self-paced|focal|none",
            "rule for the weights"),
  HO_OPTION(struct mentornet, percentile, HO_REAL, "0.75", "[0,1]",
            "which percentile of the losses others are compared with"),
  HO_OPTION(struct mentornet, decay, HO_REAL, "0.5", "[0,1)",
            "share of its running mean that is kept at each mini-batch"),
  HO_OPTION(struct mentornet, burn_in, HO_INT, "0", "[0,100]",
            "weights are 1 in the first burn_in - 1 percent of the run (one less than the name says, as in the "
            "authors' code)"),
  HO_OPTION(struct mentornet, gamma, HO_REAL, "1", "(0,inf)",
            "for predefined: the loss above m over which weights fall to 0 in the last tenth of the run"),
  HO_OPTION(struct mentornet, focus, HO_REAL, "2", "[0,inf)", "for focal: the exponent"),
  HO_OPTION(struct mentornet, dropout, HO_TEXT, "0.5:17,0.05:83", NULL,
            "shares of samples left out, each with its duration in percent of the run; the last share continues; 0:100 "
            "leaves "
            "out none"),
  { 0 },
};

/* Parses "0.5:17,0.05:83" into dropped. */
static int parse_dropout(struct mentornet *o, const struct ho_host *h)
{
  const char *at = o->dropout;
  int e = 0;
  for (double share = 0; *at || e < PERCENT;) {
    char *end;
    long percent = PERCENT;
    if (*at) {
      share = strtod(at, &end);
      if (end == at || *end != ':' || !(share >= 0 && share < 1))
        return h->fail(
            h, "mentornet.dropout=%s: `%s' does not begin with a share below 1 and a colon, as in 0.5:17,0.05:83",
            o->dropout, at);
      at = end + 1;
      percent = strtol(at, &end, 10);
      if (end == at || percent < 1 || percent > PERCENT - e || (*end && *end != ',') || (*end && !end[1]))
        return h->fail(
            h, "mentornet.dropout=%s: `%s' does not begin with a whole percentage, or the percentages exceed 100",
            o->dropout, at);
      at = *end ? end + 1 : end;
    } else if (e == 0)
      return h->fail(h, "mentornet.dropout is empty: 0:100 leaves out none");
    for (; percent > 0 && e < PERCENT; percent--)
      o->dropped[e++] = share;
  }
  return 0;
}

static int open(void *self, const struct ho_host *h)
{
  struct mentornet *o = self;
  o->m = h->state(h, "percentile", "F64", 1);
  return o->m ? parse_dropout(o, h) : -1;
}

static int ascending(const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* The loss of rank nearest to p (n - 1). */
static int percentile(const struct ho_host *h, int n, const float *loss, double p, double *value)
{
  float *sorted = h->scratch(h, (size_t)n * sizeof *sorted);
  if (!sorted)
    return -1;
  memcpy(sorted, loss, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, ascending);
  *value = sorted[(size_t)floor(p * (n - 1) + 0.5)];
  return 0;
}

/* v_i after e percent of the run.  region: weight */
static double weight(const struct mentornet *o, int e, double loss)
{
  double delta = loss - *o->m;
  if (e < o->burn_in - 1)
    return 1;
  switch (o->curriculum) {
  case PREDEFINED: return e <= 18 ? 1 : e < 90 ? delta <= 0 : fmin(fmax(1 - delta / o->gamma, 0), 1);
  case SELF_PACED: return delta <= 0;
  case FOCAL: return pow(1 - exp(-fmax(loss, 0)), o->focus);
  }
  return 1;
}

/* Scales weight decay by the mean weight of all mini-batches of the step so far.  Factors accumulate, so each call
 * divides by the previous mean. */
static void scale_decay(struct mentornet *o, const struct ho_host *h, const struct ho_minibatch *mb, double sum)
{
  if (o->step != h->step || mb->index == 0 || o->count == 0)
    o->step = h->step, o->sum = o->count = 0, o->mean = 1;
  o->sum += sum;
  o->count += mb->size;
  double mean = fmax(o->sum / o->count, 1e-12);
  h->decay(h, mean / o->mean);
  o->mean = mean;
}

static int weigh(void *self, const struct ho_host *h, const struct ho_minibatch *mb, const float *loss, float *w)
{
  struct mentornet *o = self;
  int n = mb->size, e = h->step < h->steps ? (int)(h->step * PERCENT / h->steps) : PERCENT - 1;
  int *order = h->scratch(h, (size_t)n * sizeof *order), kept = (int)fmax(1, n * (1 - o->dropped[e]) + 1e-9);
  double q, sum = 0;
  struct ho_stream stream = h->stream(h, "dropout", h->step, (uint64_t)mb->index);
  if (o->curriculum == NONE)
    return 0;
  if (!order || percentile(h, n, loss, o->percentile, &q))
    return -1;
  *o->m = o->decay * *o->m + (1 - o->decay) * q;
  h->permute(&stream, order, n);
  for (int k = 0; k < n; k++) {
    int i = order[k];
    double v = k < kept ? weight(o, e, loss[i]) : 0;
    w[i] *= (float)v;
    sum += v;
  }
  scale_decay(o, h, mb, sum);
  h->log(h, "weight", sum / n);
  return 0;
}

HO_PLUGIN(struct mentornet, .name = "mentornet", .citation = "jiang2018",
          .summary = "a curriculum by the percentile of the losses", .options = options, .horizon = 1, .open = open,
          .weigh = weigh, .opaque = 1);
