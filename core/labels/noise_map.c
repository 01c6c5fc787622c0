/* SPDX-License-Identifier: MIT
 * noise_map.c - class-dependent label noise: with probability r, label y becomes t(y), T_{y,t(y)} = r, T_yy = 1 - r.
 *
 * pair           t(y) = (y + 1) mod K, of the K classes that have training images (Han et al. 2018).
 * asymmetric     CIFAR-10: truck -> automobile, bird -> airplane, deer -> horse, cat <-> dog; the other five classes do not
 *                change, so that r/2 of all labels become wrong (Patrini et al. 2017).
 * super-cycle    CIFAR-100: the next class of the same superclass, and from the last to the first, as described by Patrini
 *                et al.
 * block5-legacy  CIFAR-100, as programmed by Patrini et al. and others after them: the same within blocks of five
 *                consecutive class numbers.  Class numbers are alphabetical, so for 94 of the 100 classes t(y) is in
 *                another superclass.  For comparison with results obtained that way. */
#include "labels/noise_models.h"

enum { CIFAR100_CLASSES = 100, BLOCK = 5 };

typedef int target_of(int class, const struct ho_noise_classes *); /* t(y); y itself for classes that do not change */

static int next_class(int class, const struct ho_noise_classes *classes)
{
  return classes->class[(classes->rank[class] + 1) % classes->n];
}

static int cifar10_target(int class, const struct ho_noise_classes *classes)
{
  enum { AIRPLANE, AUTOMOBILE, BIRD, CAT, DEER, DOG, FROG, HORSE, SHIP, TRUCK };
  static const int target[] = { AIRPLANE, AUTOMOBILE, AIRPLANE, DOG, HORSE, CAT, FROG, HORSE, SHIP, AUTOMOBILE };
  (void)classes;
  return class <= TRUCK ? target[class] : class;
}

/* The superclass of each class of CIFAR-100 (Krizhevsky 2009). */
static const unsigned char superclass[CIFAR100_CLASSES] = {
  4,  1,  14, 8,  0,  6,  7,  7, 18, 3,  3,  14, 9, 18, 7,  11, 3,  9, 7,  11, 6,  11, 5,  10, 7,
  6,  13, 15, 3,  15, 0,  11, 1, 10, 12, 14, 16, 9, 11, 5,  5,  19, 8, 8,  15, 13, 14, 17, 18, 10,
  16, 4,  17, 4,  2,  0,  17, 4, 18, 17, 10, 3,  2, 12, 12, 16, 12, 1, 9,  19, 2,  10, 0,  1,  16,
  12, 9,  13, 15, 13, 16, 19, 2, 4,  6,  19, 5,  5, 8,  19, 18, 1,  2, 15, 6,  0,  17, 8,  14, 13,
};

static int next_in_superclass(int class, const struct ho_noise_classes *classes)
{
  int next = class;
  (void)classes;
  do
    next = (next + 1) % CIFAR100_CLASSES;
  while (superclass[next] != superclass[class]);
  return next;
}

static int next_in_block(int class, const struct ho_noise_classes *classes)
{
  (void)classes;
  return class / BLOCK * BLOCK + (class + 1) % BLOCK;
}

static int apply(const struct ho_noise *noise, const struct ho_noise_input *in, const struct ho_noise_classes *classes,
                 target_of *target, uint16_t *given)
{
  for (size_t i = 0; i < in->n; i++) {
    struct ho_stream s = ho_noise_stream(in, i);
    if (ho_stream_uniform(&s) < noise->rate)
      given[i] = (uint16_t)target(given[i], classes);
  }
  return 0;
}

int ho_noise_pair(const struct ho_noise *noise, const struct ho_noise_input *in, const struct ho_noise_classes *classes,
                  uint16_t *given, struct ho_error *err)
{
  (void)err;
  return apply(noise, in, classes, next_class, given);
}

double ho_noise_pair_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  (void)choices;
  (void)class;
  return noise->rate * (double)n;
}

int ho_noise_asymmetric(const struct ho_noise *noise, const struct ho_noise_input *in,
                        const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)err;
  return apply(noise, in, classes, cifar10_target, given);
}

double ho_noise_asymmetric_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  (void)choices;
  return cifar10_target(class, NULL) == class ? 0 : noise->rate * (double)n;
}

int ho_noise_super_cycle(const struct ho_noise *noise, const struct ho_noise_input *in,
                         const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)err;
  return apply(noise, in, classes, next_in_superclass, given);
}

double ho_noise_super_cycle_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  return ho_noise_pair_wrong(noise, choices, class, n);
}

int ho_noise_block5(const struct ho_noise *noise, const struct ho_noise_input *in,
                    const struct ho_noise_classes *classes, uint16_t *given, struct ho_error *err)
{
  (void)err;
  return apply(noise, in, classes, next_in_block, given);
}

double ho_noise_block5_wrong(const struct ho_noise *noise, int choices, int class, size_t n)
{
  return ho_noise_pair_wrong(noise, choices, class, n);
}
