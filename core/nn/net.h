/* SPDX-License-Identifier: MIT
 * net.h - networks: their architecture by name, their parameters and initial values.
 *
 * A network is a static graph (graph.h) over float32 tensors in NHWC.  All its parameters are one flat vector theta
 * of P floats; the running statistics of its batch norms are another, stats, of S floats.  A network itself holds
 * neither, so that one can be run with many.  engine.h runs it. */
#ifndef HO_NET_H
#define HO_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ho_shape {
  int height, width, channels;
};

/* Layout of a tensor in memory and in files. */
enum ho_layout {
  HO_VECTOR, /* [out] */
  HO_CONV,   /* in memory [kh][kw][in][out]; in files [out][in][kh][kw] (OIHW) */
  HO_DENSE   /* in memory as HO_CONV, with kh x kw the whole input; in files [out][in*kh*kw], as PyTorch flattens */
};

enum ho_init {
  HO_INIT_ZERO,
  HO_INIT_ONE,
  HO_INIT_UNIFORM,   /* U(-b, b), b = 1/sqrt(fan_in): PyTorch's default for convolution and linear, bias included */
  HO_INIT_CONSTANT,  /* init_value */
  HO_INIT_TRUNCATED, /* N(0, s^2) with s = init_value, redrawn beyond 2 s */
  HO_INIT_SCALED     /* the same with s = sqrt(init_value/fan_in) */
};

/* One named tensor: a slice of theta or of stats. */
struct ho_param {
  char name[64];       /* as PyTorch names it: layer1.0.conv1.weight, bn1.running_mean */
  size_t offset, size; /* in floats */
  enum ho_layout layout;
  int kh, kw, in, out;
  enum ho_init init;
  double init_value;
  int fan_in;
  int is_weight; /* a kernel or matrix, to which weight decay applies by default */
};

/* An option of an architecture, as in NAME:key=value. */
struct ho_net_option {
  const char *name;
  double value, low, high; /* default and closed range */
  int whole;               /* only whole numbers are valid */
  const char *help;
};

void ho_net_option_text(const struct ho_net_option *, double value, char out[32]); /* the value as a spec has it */

struct ho_graph; /* graph.h */

/* A network architecture, defined by one file of models/. */
struct ho_model {
  const char *name, *summary, *citation;
  const struct ho_net_option *options;                  /* ended by a row whose name is NULL */
  int (*build)(struct ho_graph *, const double *value); /* values in the order of options; returns 0 or -1 */
};
const struct ho_model *const *ho_models(void); /* all, by name; ended by NULL */

struct ho_net {
  char spec[256]; /* normalised: NAME:key=value,... with those options only that differ from their default */
  const struct ho_model *model;
  struct ho_graph *graph;
  struct ho_shape input;
  int classes, features;         /* K; F, the size of the last hidden layer */
  size_t parameters, statistics; /* P, S */
  struct ho_param *param, *stat; /* [nparams], [nstats]: the tensors of theta and of stats, in order */
  int nparams, nstats;
  double multiply_adds; /* per image, forward, in convolutions and dense layers */
};

/* Builds a network from a spec, NAME or NAME:key=value,..., for images of this shape and 2 or more classes.  The
 * caller owns it.  NULL with a message in err if the spec is wrong (unknown names get a suggestion), the images are
 * too small for it or there is no memory. */
struct ho_net *ho_net_new(const char *spec, struct ho_shape input, int classes, struct ho_error *err);
void ho_net_free(struct ho_net *);

/* Fills theta [P] with initial values and stats [S] with means 0 and variances 1.  What a tensor gets depends only on
 * seed, on the network's number within the run, and on the tensor's name. */
void ho_net_init(const struct ho_net *, uint64_t seed, int number, float *theta, float *stats);

/* Copy one tensor between memory and the layout of files.  `vector' is the whole of theta or stats; `file' has p->size
 * floats. */
void ho_param_to_file(const struct ho_param *, const float *vector, float *file);
void ho_param_from_file(const struct ho_param *, const float *file, float *vector);
/* Its shape in files; returns the number of dimensions, 1 to 4. */
int ho_param_file_shape(const struct ho_param *, size_t shape[4]);

#endif
