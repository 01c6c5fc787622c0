/* SPDX-License-Identifier: MIT
 * engine.h - the interface between networks and the engines that run them.
 *
 * An engine runs one network: forward over several mini-batches at once (a pass), and backward to one gradient per
 * mini-batch.  It has memory of its own, on the host or on a device.  What callers pass in and get out is always host
 * memory, and nothing but these functions reaches into an engine.
 *
 * To add an engine, define a `struct ho_engine_kind' whose functions start from a struct of the engine's own, with
 * `struct ho_engine' as its first member.  A function may return before the device has finished; outputs() and
 * backward() return after what they write is complete.  Functions that return int return 0, or -1 with a message in
 * err, such as when a device is lost. */
#ifndef HO_ENGINE_H
#define HO_ENGINE_H

#include "compute/random.h"
#include "nn/net.h"

struct ho_engine;

struct ho_forward {
  int groups, size;             /* mini-batches; images in each */
  const float *const *x;        /* [groups] pointers to [size][H][W][C] */
  const float *theta;           /* [P] */
  uint64_t version;             /* of theta: equal pointers and versions mean equal contents; 0: unknown */
  float *stats;                 /* [S]: running statistics; read if eval, updated where `advance' says */
  int eval;                     /* use running instead of batch statistics, and no dropout */
  const unsigned char *advance; /* [groups]: does it update the running statistics, in order; NULL: none does */
  const struct ho_stream *mask; /* [groups]: stream of each mini-batch's dropout masks; equal streams, equal masks */
};

/* What the time of a node is counted under: forward; backward to its inputs; backward to its parameters. */
enum { HO_CLOCK_FORWARD, HO_CLOCK_DATA, HO_CLOCK_WEIGHTS, HO_CLOCKS };

/* One kind of engine.  Callers use the functions below the table, where the meaning of each member is documented. */
struct ho_engine_kind {
  const char *name;
  size_t (*bytes)(const struct ho_net *, int groups, int images, int backward);
  struct ho_engine *(*create)(const struct ho_net *, int groups, int images, int backward, struct ho_error *);
  int (*forward)(struct ho_engine *, const struct ho_forward *, struct ho_error *);
  int (*outputs)(struct ho_engine *, float *logits, float *features, struct ho_error *);
  int (*backward)(struct ho_engine *, const float *dlogits, float *rows, size_t ld, struct ho_error *);
  void (*clock)(struct ho_engine *, double *seconds);
  void (*free)(struct ho_engine *);
};

/* The first member of every engine's own struct; set by ho_engine_new and ho_engine_forward. */
struct ho_engine {
  const struct ho_engine_kind *kind;
  const struct ho_net *net;
  int groups, size; /* of the last forward pass; 0 before the first */
};

extern const struct ho_engine_kind ho_engine_cpu; /* cpu/engine.c */

/* Bytes that an engine for passes of at most `groups' mini-batches and `images' images in all takes of the memory that
 * it works in; SIZE_MAX if it does not fit into a size_t.  Without `backward' it takes much less. */
size_t ho_engine_bytes(const struct ho_engine_kind *, const struct ho_net *, int groups, int images, int backward);

/* The caller owns the engine; the network must outlive it.  NULL with a message in err if there is no memory. */
struct ho_engine *ho_engine_new(const struct ho_engine_kind *, const struct ho_net *, int groups, int images,
                                int backward, struct ho_error *err);
void ho_engine_free(struct ho_engine *); /* accepts NULL */

/* Runs one forward pass.  The arrays behind x, theta and mask must stay as they are until the last backward of this
 * pass; stats is complete when outputs() or backward() has returned. */
int ho_engine_forward(struct ho_engine *, const struct ho_forward *, struct ho_error *err);

/* Waits for the last forward pass and copies out its logits [groups*size][K] and features [groups*size][F], the input
 * of the last layer with parameters.  Either may be NULL. */
int ho_engine_outputs(struct ho_engine *, float *logits, float *features, struct ho_error *err);

/* Runs backward through the last forward pass, of an engine made for that, as often as wanted: dlogits [groups*size][K]
 * is dL/dlogits, and P floats at rows + g*ld become the gradient of mini-batch g's part of L with respect to theta. */
int ho_engine_backward(struct ho_engine *, const float *dlogits, float *rows, size_t ld, struct ho_error *err);

/* From now on adds the seconds of each node in each pass to seconds[nodes][HO_CLOCKS]; NULL stops it. */
void ho_engine_clock(struct ho_engine *, double *seconds);

#endif
