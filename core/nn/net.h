/* SPDX-License-Identifier: MIT
 * net.h - networks: what they are made of, by name.
 *
 * A network is a static graph over float32 tensors in NHWC, its trainable parameters one flat vector theta of P
 * floats, its running averages another, stats, of S floats.  What runs them: engine.h. */
#ifndef HO_NET_H
#define HO_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_shape {
  int height, width, channels;
};

enum ho_layout {
  HO_VECTOR, /* [out] */
  HO_CONV,   /* [kh][kw][in][out] here; [out][in][kh][kw] (OIHW) in files */
  HO_DENSE   /* the same here, over the whole input; [out][in*kh*kw] in files, the order of PyTorch's flatten */
};

enum ho_init {
  HO_INIT_ZERO,
  HO_INIT_ONE,
  HO_INIT_UNIFORM,   /* U(-b, b), b = 1/sqrt(fan_in): PyTorch's default for convolution and linear, bias included */
  HO_INIT_CONSTANT,  /* init_value */
  HO_INIT_TRUNCATED, /* N(0, s^2), s = init_value, drawn again beyond 2 s */
  HO_INIT_SCALED     /* the same with s = sqrt(init_value/fan_in) */
};

/* One named tensor: a slice of theta, or (running averages) of stats. */
struct ho_param {
  char name[64]; /* PyTorch's: layer1.0.conv1.weight, bn1.running_mean */
  size_t offset, size;
  enum ho_layout layout;
  int kh, kw, in, out;
  enum ho_init init;
  double init_value;
  int fan_in;
  int is_weight; /* a kernel or matrix: what weight decay applies to by default */
};

struct ho_net_option {
  const char *name;
  double value, low, high; /* default and closed range */
  int whole;               /* takes whole numbers only */
  const char *help;
};

void ho_net_option_text(const struct ho_net_option *, double value, char out[32]); /* as written in a spec */

struct ho_graph; /* graph.h, for those who build networks and layers */

/* One network architecture: a row of the table in net.c, built by one file of models/. */
struct ho_model {
  const char *name, *summary, *citation;
  const struct ho_net_option *options;                  /* ends with a NULL name */
  int (*build)(struct ho_graph *, const double *value); /* option values in the table's order; 0 or -1 */
};
const struct ho_model *const *ho_models(void); /* NULL ends the table */

struct ho_net {
  char spec[256]; /* normalised: NAME:key=value,... with every option that is not the default */
  const struct ho_model *model;
  struct ho_graph *graph;
  struct ho_shape input;
  int classes, features;         /* K; F, size of the last hidden layer */
  size_t parameters, statistics; /* P, S */
  struct ho_param *param, *stat; /* nparams, nstats of them */
  int nparams, nstats;
  double multiply_adds; /* per image, forward, convolutions and dense layers */
};

/* `spec' is NAME or NAME:key=value,...; an unknown name, key or value names the nearest valid one. */
struct ho_net *ho_net_new(const char *spec, struct ho_shape input, int classes, struct ho_error *err);
void ho_net_free(struct ho_net *);

/* Fills theta [P] and stats [S] (means 0, variances 1): a function of seed, net number and tensor's name alone. */
void ho_net_init(const struct ho_net *, uint64_t seed, int number, float *theta, float *stats);

/* Between the layout here and that of files, for one tensor: `file' holds p->size floats in PyTorch's order. */
void ho_param_to_file(const struct ho_param *, const float *vector, float *file); /* vector: theta or stats, whole */
void ho_param_from_file(const struct ho_param *, const float *file, float *vector);
int ho_param_file_shape(const struct ho_param *, size_t shape[4]); /* number of dimensions */

#endif
