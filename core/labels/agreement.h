/* SPDX-License-Identifier: MIT
 * agreement.h - whether two lists of labels of the same images agree by more than chance.
 *
 * A permutation test at level 0.01: chance means the agreement of labels in random order. */
#ifndef HO_AGREEMENT_H
#define HO_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_agreement {
  size_t agree;               /* images with the same label in both lists */
  double expected, deviation; /* mean and standard deviation of that number, were one list in random order */
  int is_chance;              /* the test does not reject chance, although it could with this many images */
};

/* own, given: [n], each below `classes'.  The result is the same at every call.  Fails only for lack of memory. */
int ho_agreement_judge(size_t n, int classes, const uint16_t *own, const uint16_t *given, struct ho_agreement *,
                       struct ho_error *);

#endif
