/* SPDX-License-Identifier: MIT
 * agreement.h - do two lists of labels of the same images agree by more than chance? */
#ifndef HO_AGREEMENT_H
#define HO_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_agreement {
  size_t agree;               /* places with the same label */
  double expected, deviation; /* of that number, if `given' were in random order */
  int is_chance;              /* a random order gives as many with a probability above 0.01, and could give too few */
};

int ho_agreement_judge(size_t n, int classes, const uint16_t *own, const uint16_t *given, struct ho_agreement *,
                       struct ho_error *);

#endif
