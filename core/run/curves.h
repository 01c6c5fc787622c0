/* SPDX-License-Identifier: MIT
 * curves.h - the scores of a run, epoch by epoch, from its log.jsonl. */
#ifndef HO_CURVES_H
#define HO_CURVES_H

#include "run/rundir.h"

enum ho_curve {
  HO_CURVE_TEST,       /* accuracy on the test images */
  HO_CURVE_VALIDATION, /* on the validation part, given labels */
  HO_CURVE_GIVEN,      /* on the training samples, given labels */
  HO_CURVE_TRUE,       /* and true ones */
  HO_CURVE_TRAIN_LOSS, /* mean cross-entropy against given labels */
  HO_CURVE_TEST_LOSS,
  HO_CURVES
};

struct ho_curves {
  int n;                    /* evaluated epochs */
  int *epoch;               /* [n] ascending, from 1 */
  double *value[HO_CURVES]; /* [n] each; NaN: not known */
};

/* Reads RUN/log.jsonl.  A run that has no epoch yet has no curves (n is 0).  Strict: a damaged file is an error.  The caller
 * frees by ho_curves_free, after a failure, too. */
int ho_curves_read(struct ho_curves *, const struct ho_run_record *, struct ho_error *);
void ho_curves_free(struct ho_curves *);

#endif
