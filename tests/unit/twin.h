/* SPDX-License-Identifier: MIT
 * twin.h - the engine's naive twin: any graph by plain loops in double, its gradient by finite differences.
 *
 * The differences are taken in the twin, where rounding is 1e-16: so the tolerances are those of float32 alone.  The
 * loss of mini-batch g is the sum of dlogits * logits over its images, dlogits being random constants. */
#ifndef HO_TWIN_H
#define HO_TWIN_H

#include "nn/engine.h"
#include "nn/graph.h"

/* A network for a test; value goes to build as it is.  Fails the test when it cannot be built. */
struct ho_net *twin_net(int (*build)(struct ho_graph *, const double *), const double *value, struct ho_shape,
                        int classes);

/* Random weights, statistics, images and dlogits for one pass. */
struct trial {
  const struct ho_net *net;
  struct ho_device *device;                    /* that trial_check runs on: the CPU unless the test changes it */
  double logits_tolerance, gradient_tolerance; /* those of float32 unless the test changes them */
  int groups, size, eval;
  float *theta, *stats, *x, *dlogits, *rows;
  const float **images;   /* of each mini-batch */
  unsigned char *advance; /* all but number 1 */
  struct ho_stream *mask;
  float *theta_there, *rows_there; /* in the memory of a device that has its own */
};
struct trial *trial_new(const struct ho_net *, int groups, int size, int eval, uint64_t seed);
void trial_free(struct trial *);

/* Forward and backward on an engine, of that device if it is not the CPU's; mini-batches first .. first+groups-1 only.
 * Rows are in host memory. */
void trial_forward(struct trial *, struct ho_engine *, int first, int groups);
void trial_backward(struct trial *, struct ho_engine *, int first, float *rows);

/* An engine's functions for tests; the test fails if they fail.  What the first two return is a copy that is
 * valid until sixteen more have been made. */
const float *engine_logits(struct ho_engine *);
const float *engine_features(struct ho_engine *);
void engine_forward(struct ho_engine *, const struct ho_forward *);
void engine_backward(struct ho_engine *, const float *dlogits, float *rows, size_t ld);

/* Runs on an engine of its own and compares logits, running averages and the gradients of every mini-batch with the
 * twin: so many random elements of each tensor, and three random directions. */
void trial_check(struct trial *, int elements);
/* The same, telling the first difference instead of failing the test; NULL when there is none. */
const char *trial_difference(struct trial *, int elements);

/* The twin's logits [groups*size][K]; moves stats as advance says. */
void twin_forward(const struct trial *, const double *theta, double *stats, double *logits);

/* Functions for twin_net.  A random graph, value[0] seeds it, is full of what engines do together or in shared memory; it
 * wants images of 9 x 7 x 8 and 3 classes.  Cases are what must not be shared or left undone, each by itself, with 3 x 4 x
 * 2 and 12 classes. */
int build_random(struct ho_graph *, const double *value);
enum { FUSION_CASES = 7 };
int build_case(struct ho_graph *, const double *value);

float *random_floats(size_t n, uint64_t seed);                     /* standard normal, by ho_alloc */
size_t first_difference(size_t n, const float *a, const float *b); /* of bits; n when there is none */

#endif
