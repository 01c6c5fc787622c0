/* SPDX-License-Identifier: MIT
 * joint.h - how many given labels are wrong, and of which classes: the confident joint (Northcutt, Jiang and Chuang,
 * Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70, 2021).
 *
 * Let p_j(x) be the probability that a network gives to class j.  The threshold of a class is the network's mean
 * confidence in it where it is the given label,
 *
 *   t_j = mean of p_j(x) over the samples with given label j,
 *
 * and a sample with given label i is counted in
 *
 *   C_ij,  j = argmax of p_j(x) over the classes j with p_j(x) >= t_j,
 *
 * or nowhere, when it reaches no threshold.  The rows are then scaled to the n_i samples with given label i:
 *
 *   Q_ij = n_i C_ij / sum_k C_ik,
 *
 * the estimated number of samples with given label i whose label should be j; Q_ii = n_i where row i of C is empty.  The
 * estimated number of wrong labels is the sum of Q outside its diagonal.
 *
 * p_j(x) is a mean over evaluations, which errs less often than the network does at any one of them.  Runs record, at each
 * evaluation, the probability of the given label and, where another class is predicted, of that one; others count as 0,
 * so that the p_j(x) of other classes than the given one are lower bounds.  A class that is nobody's given label has no
 * threshold, and nobody is counted in it. */
#ifndef HO_JOINT_H
#define HO_JOINT_H

#include "run/samples.h"

struct ho_joint {
  int classes;
  int first, rows;    /* the evaluations that p_j(x) is a mean over */
  double *count;      /* [classes][classes] Q */
  size_t *given;      /* [classes] n_i */
  double wrong;       /* the estimated number of wrong labels */
  double least, most; /* the smallest and the largest estimate from one of the evaluations alone */
  double agree;       /* share of the samples whose given label is predicted at the last of the evaluations */
};

/* From the evaluations first .. first + rows - 1, rows > 0.  Labels and predictions must be below `classes'. */
int ho_joint_make(struct ho_joint *, const struct ho_samples *, int first, int rows, int classes, struct ho_error *);
void ho_joint_free(struct ho_joint *);

/* The estimated number of samples with given label i that have another label. */
double ho_joint_wrong_of(const struct ho_joint *, int i);

/* Pairs of different classes, the largest estimate first; of equals the smaller given label, then the smaller class. */
struct ho_joint_pair {
  int given, class;
  double count;
};
/* Those with an estimate above 0; *n of them.  The caller frees them by ho_free.  NULL: no memory. */
struct ho_joint_pair *ho_joint_pairs(const struct ho_joint *, size_t *n, struct ho_error *);

#endif
