/* SPDX-License-Identifier: MIT
 * state.h - what one training holds in memory, in parts that can be read alone.
 *
 *     source.h         where mini-batches come from
 *     network.h        parameters, and what runs the networks
 *     residence.h      whether arrays of P floats are in host memory or in that of a device
 *     plugin/chain.h   the optimizers; plugin/call.h calls their hooks
 *     tally.h          what is counted and averaged until the end of the epoch
 *     budget.h         the memory limit
 *
 * host.h has the services that plugins call, step.h the steps and epochs, score.h evaluation; trainer.h puts a training
 * together. */
#ifndef HO_STATE_H
#define HO_STATE_H

#include "plugin/call.h"
#include "train/network.h"
#include "train/schedule.h"
#include "train/source.h"
#include "train/tally.h"

/* What a plugin registered with state(): named arrays that checkpoints keep. */
struct ho_state {
  char name[128]; /* PLUGIN/NAME */
  char dtype[4];
  size_t n, bytes;
  void *data;
};

/* A mini-batch as the host keeps it; plugins see the first member. */
struct ho_drawn {
  struct ho_minibatch pub;
  float *w; /* [size] sample weights, once weighed */
  int weighed;
  float *given;   /* [size] weights that the plugin gave instead, in the last pass at the parameters of network 0 */
  unsigned seen;  /* bit k: network k has made its first training pass over it */
  unsigned moved; /* bit k: it has updated network k's running statistics */
  int first;      /* the pass now running is the first */
  int reported;   /* a plugin reported its weight */
  double weight;
  /* [nets] results for a trace: of the first training pass at the network's own parameters, else of the first pass */
  float *logits[HO_NETS_MAX], *loss[HO_NETS_MAX], *gradient[HO_NETS_MAX];
  struct ho_drawn *next; /* in order of drawing */
};

/* Changes of tensors that update hooks have asked for, not yet made by the device: as they were asked for, and with
 * pointers to its memory. */
struct ho_changes {
  struct ho_change *asked, *there; /* [n] */
  int n, room;
};

/* Norms of directions that the device has been asked for; see norm.h. */
struct ho_norms {
  unsigned asked; /* bit k: of network k */
  uint64_t step;  /* in which that was */
  double square[HO_NETS_MAX];
};

/* What lives for one step, or for one open or epoch hook. */
struct ho_step {
  struct ho_arena *arena;
  struct ho_drawn *drawn, **end;
  int ndrawn;
  int recording;       /* keep the results of passes in struct ho_drawn, for a trace */
  double decay_factor; /* factor on weight decay, set by plugins */
  int skip;            /* a plugin asked for no update */
};

struct ho_trainer {
  const struct ho_settings *settings;
  int restored; /* a checkpoint will restore the plugins' state */
  struct ho_budget budget;
  struct ho_source source;
  struct ho_network network;
  struct ho_chain chain;
  struct ho_caller caller;
  unsigned opened; /* bit l: link l is to be closed */
  struct ho_schedule schedule;
  struct ho_host host; /* what plugins see */
  struct ho_state *state;
  int states;
  struct ho_step step;
  struct ho_changes changes;
  struct ho_norms norms;
  struct ho_tally tally;
  struct ho_sample_weights weights;
};

static inline uint64_t ho_steps_per_epoch(const struct ho_trainer *t)
{
  return t->host.steps / (uint64_t)t->host.epochs;
}

#endif
