/* SPDX-License-Identifier: MIT
 * suspects.c - samples ranked by how likely their label is wrong; see suspects.h. */
#include "report/suspects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const ho_ranking_names[HO_RANKINGS] = {
  [HO_BY_MARGIN] = "margin",
  [HO_BY_LOSS] = "loss",
  [HO_BY_DISAGREEMENT] = "disagreement",
  [HO_BY_WEIGHT] = "weight",
};

/* ---- means over evaluations ---- */

static int choose_rows(struct ho_suspects *s, long long from, long long to, struct ho_error *err)
{
  const struct ho_samples *of = s->of;
  for (int r = of->rows - 1; r >= 0; r--)
    if (of->epoch[r] >= from && of->epoch[r] <= to) {
      s->first = r;
      s->rows++;
    }
  if (s->rows > 0)
    return 0;
  if (of->rows == 0)
    return ho_error_set(err, "no evaluation is recorded");
  char range[64];
  snprintf(range, sizeof range, to < UINT32_MAX ? "in the epochs %lld to %lld" : "from epoch %lld on", from, to);
  return ho_error_set(err, "no evaluation %s: there are %d, of epochs %u to %u", range, of->rows, of->epoch[0],
                      of->epoch[of->rows - 1]);
}

/* The most frequent prediction.  Ties go to the latest, which a search backwards meets first. */
static uint16_t majority(const struct ho_suspects *s, size_t i, int *count)
{
  const uint16_t *row = s->of->prediction + (size_t)s->first * s->of->n + i;
  size_t n = s->of->n;
  uint16_t best = row[(size_t)(s->rows - 1) * n];
  for (int r = 0; r < s->rows; r++)
    count[row[(size_t)r * n]]++;
  for (int r = s->rows - 1; r >= 0; r--)
    if (count[row[(size_t)r * n]] > count[best])
      best = row[(size_t)r * n];
  for (int r = 0; r < s->rows; r++)
    count[row[(size_t)r * n]] = 0;
  return best;
}

static double probability(const struct ho_suspects *s, size_t i)
{
  const struct ho_samples *of = s->of;
  double sum = 0;
  for (int r = s->first; r < s->first + s->rows; r++) {
    size_t at = (size_t)r * of->n + i;
    if (s->predicted[i] == of->given[i])
      sum += exp(-(double)of->loss[at]);
    else if (s->predicted[i] ==
             of->prediction[at]) /* loss = -log p(given), margin = log p(given) - log p(best other) */
      sum += fmin(1, exp(-(double)of->loss[at] - (double)of->margin[at]));
  }
  return sum / s->rows;
}

static void average(struct ho_suspects *s, size_t i, int *count)
{
  const struct ho_samples *of = s->of;
  double margin = 0, loss = 0, weight = 0;
  int others = 0, weights = 0;
  for (int r = s->first; r < s->first + s->rows; r++) {
    size_t at = (size_t)r * of->n + i;
    margin += of->margin[at];
    loss += of->loss[at];
    others += of->prediction[at] != of->given[i];
    if (!isnan(of->weight[at])) {
      weight += of->weight[at];
      weights++;
    }
  }
  s->score[HO_BY_MARGIN][i] = margin / s->rows;
  s->score[HO_BY_LOSS][i] = loss / s->rows;
  s->score[HO_BY_DISAGREEMENT][i] = (double)others / s->rows;
  s->score[HO_BY_WEIGHT][i] = weights ? weight / weights : NAN;
  s->predicted[i] = majority(s, i, count);
  s->probability[i] = probability(s, i);
  s->wrong += (size_t)ho_suspects_is_wrong(s, (uint32_t)i);
}

int ho_suspects_make(struct ho_suspects *s, const struct ho_samples *of, long long from, long long to,
                     struct ho_error *err)
{
  *s = (struct ho_suspects){ .of = of };
  if (choose_rows(s, from, to, err))
    return -1;
  int *count = ho_alloc(UINT16_MAX + 1, sizeof *count, "suspects", err), bad = !count;
  for (int k = 0; k < HO_RANKINGS && !bad; k++)
    bad = !(s->score[k] = ho_alloc(of->n, sizeof **s->score, "suspects", err));
  bad = bad || !(s->predicted = ho_alloc(of->n, sizeof *s->predicted, "suspects", err)) ||
        !(s->probability = ho_alloc(of->n, sizeof *s->probability, "suspects", err));
  for (size_t i = 0; i < of->n && !bad; i++)
    average(s, i, count);
  ho_free(count);
  if (bad)
    ho_suspects_free(s);
  return bad ? -1 : 0;
}

void ho_suspects_free(struct ho_suspects *s)
{
  for (int k = 0; k < HO_RANKINGS; k++)
    ho_free(s->score[k]);
  ho_free(s->predicted);
  ho_free(s->probability);
  *s = (struct ho_suspects){ 0 };
}

int ho_suspects_is_wrong(const struct ho_suspects *s, uint32_t i)
{
  return s->of->truth && s->of->given[i] != s->of->truth[i];
}

int ho_suspects_ranks(const struct ho_suspects *s, enum ho_ranking by)
{
  static const double rounding = 1e-6; /* weights are recorded as floats */
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < s->of->n; i++) {
    double x = s->score[by][i];
    low = x < low ? x : low; /* NaN is neither */
    high = x > high ? x : high;
  }
  return high - low > rounding * fmax(fabs(low), fabs(high));
}

/* ---- ranking ---- */

/* What decides the place of a sample: smaller is more suspect. */
struct key {
  double first, second;
  uint32_t image, sample;
};

static struct key key_of(const struct ho_suspects *s, enum ho_ranking by, uint32_t i)
{
  double x = s->score[by][i];
  int largest_first = by == HO_BY_LOSS || by == HO_BY_DISAGREEMENT;
  return (struct key){ isnan(x)        ? INFINITY
                       : largest_first ? -x
                                       : x,
                       by == HO_BY_DISAGREEMENT ? s->score[HO_BY_MARGIN][i] : 0, s->of->image[i], i };
}

static int compare_scores(const struct key *a, const struct key *b)
{
  int order = (a->first > b->first) - (a->first < b->first);
  return order ? order : (a->second > b->second) - (a->second < b->second);
}

static int compare(const void *a, const void *b)
{
  const struct key *x = a, *y = b;
  int order = compare_scores(x, y);
  if (!order)
    order = (x->image > y->image) - (x->image < y->image);
  return order ? order : (x->sample > y->sample) - (x->sample < y->sample);
}

int ho_suspects_order(const struct ho_suspects *s, enum ho_ranking by, uint32_t *order, struct ho_error *err)
{
  size_t n = s->of->n;
  struct key *key = ho_alloc(n, sizeof *key, "a ranking", err);
  if (!key)
    return -1;
  for (size_t i = 0; i < n; i++)
    key[i] = key_of(s, by, (uint32_t)i);
  qsort(key, n, sizeof *key, compare);
  for (size_t i = 0; i < n; i++)
    order[i] = key[i].sample;
  ho_free(key);
  return 0;
}

/* ---- against the truth ---- */

struct ho_detection ho_suspects_detect(const struct ho_suspects *s, enum ho_ranking by, const uint32_t *order,
                                       size_t top)
{
  size_t n = s->of->n, hits = 0;
  double all = (double)s->wrong, right = (double)(n - s->wrong), behind = right, pairs = 0;
  for (size_t i = 0; i < n && i < top; i++)
    hits += ho_suspects_is_wrong(s, order[i]);
  for (size_t i = 0, end; i < n; i = end) { /* samples i to end - 1 have equal scores */
    struct key key = key_of(s, by, order[i]), other;
    double wrong_here = 0, right_here;
    for (end = i; end < n && (other = key_of(s, by, order[end]), !compare_scores(&key, &other)); end++)
      wrong_here += ho_suspects_is_wrong(s, order[end]);
    right_here = (double)(end - i) - wrong_here;
    behind -= right_here;
    pairs += wrong_here * (behind + right_here / 2);
  }
  top = top < n ? top : n;
  return (struct ho_detection){ top ? (double)hits / (double)top : NAN, all > 0 ? (double)hits / all : NAN,
                                all > 0 && right > 0 ? pairs / (all * right) : NAN };
}
