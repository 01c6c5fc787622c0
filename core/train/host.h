/* SPDX-License-Identifier: MIT
 * host.h - the services behind struct ho_host, which holdout/optimizer.h describes.
 *
 * host.c has the table and the small ones; host_draw.c makes mini-batches, host_pass.c runs the networks, host_vector.c
 * has the arithmetic of arrays of P floats, host_math.c the rest of it.  Each checks that it is called in a phase in
 * which it is allowed. */
#ifndef HO_HOST_H
#define HO_HOST_H

#include "train/state.h"

/* Fills the table of services, and zeroes all other fields. */
void ho_host_fill(struct ho_trainer *);

/* Has the device make the changes that momentum and adam have asked for since the last call. */
int ho_host_flush(struct ho_trainer *);

void *ho_host_scratch(const struct ho_host *, size_t bytes);
int ho_host_pool(const struct ho_host *, int number, const uint32_t *ids, size_t n);
int ho_host_draw(const struct ho_host *, const struct ho_draw *, struct ho_minibatch **);
int ho_host_mix(const struct ho_host *, struct ho_minibatch *, const int *partner, const float *lambda);
int ho_host_gradients(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *, int n, float *rows);
int ho_host_losses(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *, int n, float *loss,
                   float *logits);
int ho_host_slopes(const struct ho_host *, const struct ho_pass *, struct ho_minibatch *const *, int n, const float *v,
                   float *slope);
int ho_host_evaluate(const struct ho_host *, const struct ho_pass *, int pool, float *logits, float *features);
double ho_host_dot(const struct ho_host *, size_t n, const float *a, const float *b);
void ho_host_dots(const struct ho_host *, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                  double *aa);
void ho_host_combine(const struct ho_host *, size_t n, float *out, int rows, const double *w, const float *a,
                     size_t ld);
int ho_host_blend(const struct ho_host *, size_t n, float *out, int terms, const double *c, const float *const *x);
int ho_host_momentum(const struct ho_host *, const struct ho_tensor *, float *theta, const float *g, float *a,
                     double momentum, int nesterov);
int ho_host_adam(const struct ho_host *, const struct ho_tensor *, float *theta, const float *g, float *m, float *v,
                 double beta1, double beta2, double epsilon);
void ho_host_log_softmax(const struct ho_host *, const float *z, double *log_p);
int ho_host_transition(const struct ho_host *, const char *source, double *T);
int ho_host_invert(const struct ho_host *, int n, const double *A, double *X, double *condition);

#endif
