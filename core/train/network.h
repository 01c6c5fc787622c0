/* SPDX-License-Identifier: MIT
 * network.h - the networks of a training: their parameters, and the engines that run them.
 *
 * A chain trains one network or several of the same kind.  P, the number of parameters of each, includes those that
 * plugins add; they stand after the network's own.  This file is the only one that calls an engine. */
#ifndef HO_NETWORK_H
#define HO_NETWORK_H

#include "nn/engine.h"
#include "plugin/chain.h"
#include "train/budget.h"
#include "train/residence.h"

enum { HO_SCORE_BATCH = 64 }; /* images of an evaluation pass: the same for every run, so that scores are comparable */

struct ho_network {
  struct ho_device *device;
  struct ho_net *net;
  int nets, slots;          /* of the chain */
  struct ho_tensor *tensor; /* [tensors] parts of theta, those of plugins included */
  int tensors;
  size_t parameters;                      /* P */
  float *theta[HO_NETS_MAX];              /* [P] */
  float *dir[HO_NETS_MAX];                /* [P] the direction of the step */
  float *slot[HO_NETS_MAX][HO_SLOTS_MAX]; /* [P] what update keeps */
  float *stats[HO_NETS_MAX];              /* [net->statistics] */
  struct ho_residence *residence;         /* of theta, dir, slots, and memory of the step */
  struct ho_engine *engine;               /* of training passes; grows with the largest */
  int groups, images;                     /* that it has room for */
  struct ho_engine *scorer;               /* of evaluation passes */
  float *score_x;                         /* [H][W][C] of each image in one of them */
  struct ho_budget *budget;               /* borrowed */
};

/* Builds the network of the settings for images of this shape.  Fills net and tensor; there are no parameters yet. */
int ho_network_make(struct ho_network *, struct ho_device *, const struct ho_settings *, struct ho_shape, int classes,
                    struct ho_budget *, struct ho_error *);
void ho_network_free(struct ho_network *);

/* Adds n parameters of a plugin; `name' is copied.  0 with their offset in theta, or -1 without memory. */
int ho_network_add(struct ho_network *, const char *name, size_t n, double rate, double decay, size_t *offset);

/* When all parameters are known: allocates theta and stats of `nets' networks, draws initial weights by `seed', and makes
 * the engine for evaluation passes of up to score_images images. */
int ho_network_start(struct ho_network *, int nets, int score_images, uint64_t seed, struct ho_error *);
/* What training needs beside that: dir and `slots' arrays for each network. */
int ho_network_start_training(struct ho_network *, int slots, struct ho_error *);

/* After theta was written in host memory.  Running statistics are passed anew with each pass. */
int ho_network_changed(struct ho_network *, struct ho_error *);

/* *finite: are all parameters of network k finite? */
int ho_network_finite(struct ho_network *, int k, int *finite, struct ho_error *);

/* A training pass of network `net'.  In f, theta may be NULL for the network's own parameters; stats is filled in
 * here.  Writes logits [groups*size][K] and features [groups*size][F].  Returns -1 when there is no memory for so large
 * a pass, or the engine fails. */
int ho_network_forward(struct ho_network *, int net, const struct ho_forward *f, float *logits, float *features,
                       struct ho_error *);
/* After a training pass: row g of rows [groups][P] receives the gradient of mini-batch g for dlogits [groups*size][K].
 * The parameters of plugins are left as they are. */
int ho_network_backward(struct ho_network *, const float *dlogits, float *rows, struct ho_error *);

/* An evaluation pass over the first n images of score_x, which the caller fills.  theta is [P], or NULL for the network's
 * own parameters; either output may be NULL. */
int ho_network_score(struct ho_network *, int net, const float *theta, int n, float *logits, float *features,
                     struct ho_error *);

/* Adds up the seconds of each layer from now on, in training passes or, where there was none, in evaluation passes: see
 * ho_engine_clock. */
void ho_network_clock(struct ho_network *, double *seconds);

#endif
