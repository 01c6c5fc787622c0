/* SPDX-License-Identifier: MIT
 * suspects.h - which training labels are most likely wrong, from what a run recorded of its samples.
 *
 * Four scores per sample, each a mean over evaluations: the margin, logit of the given label minus the largest other
 * (the area under the margin of Pleiss et al., NeurIPS 2020: networks learn right labels first); the cross-entropy
 * against the given label; the share of evaluations that predict another label; the weight of the mini-batches the
 * sample was drawn in.  And how well each finds the labels that are known to be wrong. */
#ifndef HO_SUSPECTS_H
#define HO_SUSPECTS_H

#include "run/samples.h"

enum ho_ranking { HO_BY_MARGIN, HO_BY_LOSS, HO_BY_DISAGREEMENT, HO_BY_WEIGHT, HO_RANKINGS };
extern const char *const ho_ranking_names[HO_RANKINGS];

struct ho_suspects {
  const struct ho_samples *of;
  int first, rows;            /* the evaluations that are averaged over */
  double *score[HO_RANKINGS]; /* [n]; a weight is NaN where the sample was never drawn */
  uint16_t *predicted;        /* [n] by most evaluations; of equals the latest */
  double *probability; /* [n] of the class predicted, a mean over evaluations; as runs record the probabilities of
                               * the given label and of what is predicted only, that of a third class counts as 0 */
  size_t wrong;        /* given labels that are not the true ones; 0, too, where the truth is not known */
};

/* Means over the evaluations of the epochs `from' to `to'; refused where there are none.  `of' must outlive it. */
int ho_suspects_make(struct ho_suspects *, const struct ho_samples *of, long long from, long long to,
                     struct ho_error *);
void ho_suspects_free(struct ho_suspects *);

/* Whether sample i's given label is not its true one, as far as that is known. */
int ho_suspects_is_wrong(const struct ho_suspects *, uint32_t i);

/* Whether two samples differ in that score: plain SGD weighs all alike. */
int ho_suspects_ranks(const struct ho_suspects *, enum ho_ranking);

/* order[n]: the samples, the most suspect first: smallest margin, largest loss, largest disagreement (of equals the
 * smaller margin), smallest weight (without one: last); of equals the smaller image index. */
int ho_suspects_order(const struct ho_suspects *, enum ho_ranking, uint32_t *order, struct ho_error *);

/* How well a ranking finds the labels known to be wrong.  NaN where there is nothing to divide by. */
struct ho_detection {
  double precision, recall; /* of the first `top' samples: share that is wrong; share of all wrong labels found */
  double auc;               /* probability that a wrong label ranks before a right one; ties count half */
};
struct ho_detection ho_suspects_detect(const struct ho_suspects *, enum ho_ranking, const uint32_t *order, size_t top);

#endif
