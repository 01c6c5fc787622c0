/* SPDX-License-Identifier: MIT
 * engine.h - the interface between networks and the engines that run them.
 *
 * An engine runs one network on a device: forward over several mini-batches at once (a pass), and backward to one
 * gradient per mini-batch.  Nothing but these functions reaches into an engine.
 *
 * Images, logits, features and running statistics are passed in host memory.  Parameters and gradients, arrays of P
 * floats, lie in the memory of the device.  That is host memory for the CPU; other devices have a table of functions
 * for such arrays (struct ho_vectors), so that they need not leave it from step to step.
 *
 * A device works in order: a function may return before it is done, and whatever is called next sees its result.
 * outputs(), down(), nonfinite() and wait() return when everything asked for before is done.  Functions that return int
 * return 0, or -1 with a message in err, such as when a device is lost; that may show only at a later call.
 *
 * To add an engine, define a `struct ho_engine_kind' whose functions start from structs of its own, with `struct
 * ho_device' and `struct ho_engine' as their first members. */
#ifndef HO_ENGINE_H
#define HO_ENGINE_H

#include "compute/random.h"
#include "nn/net.h"

struct ho_engine;
struct ho_engine_kind;

/* The first member of every device's own struct. */
struct ho_device {
  const struct ho_engine_kind *kind;
  char name[128]; /* "cpu", or as in "cuda:0 NVIDIA H200" */
};

extern struct ho_device ho_cpu;

struct ho_forward {
  int groups, size;             /* mini-batches; images in each */
  const float *const *x;        /* [groups] pointers to [size][H][W][C] */
  const float *theta;           /* [P], in the memory of the device */
  float *stats;                 /* [S]: running statistics; read if eval, updated where `advance' says */
  int eval;                     /* use running instead of batch statistics, and no dropout */
  const unsigned char *advance; /* [groups]: does it update the running statistics, in order; NULL: none does */
  const struct ho_stream *mask; /* [groups]: stream of each mini-batch's dropout masks; equal streams, equal masks */
};

/* What the time of a node is counted under: forward; backward to its inputs; backward to its parameters. */
enum { HO_CLOCK_FORWARD, HO_CLOCK_DATA, HO_CLOCK_WEIGHTS, HO_CLOCKS };

/* One tensor's part of a step, for all its n floats.  a and b are what the rule keeps from step to step.
 *
 *   HO_MOMENTUM  d = g + decay theta;  a <- momentum a + d;  theta <- theta - lr (nesterov ? d + momentum a : a)
 *   HO_ADAM      d = g + decay theta;  a <- beta1 a + (1 - beta1) d;  b <- beta2 b + (1 - beta2) d^2;
 *                theta <- theta - lr a / (sqrt(b) / root + epsilon)
 *
 * Products and sums are float32, but for the last line of Adam, which is double. */
enum ho_rule { HO_MOMENTUM, HO_ADAM };

struct ho_change {
  enum ho_rule rule;
  size_t n;
  float *theta, *a, *b;
  const float *g;
  double lr, decay;
  double momentum;
  int nesterov;
  double beta1, beta2, epsilon, root;
};

void ho_change(const struct ho_change *); /* makes it in host memory, on the calling thread */

/* Arrays of floats in the memory of a device.  All pointers are to that memory unless said otherwise; pointers into an
 * array are allowed.  The arithmetic is that of compute/vector.h, in the order of the device. */
struct ho_vectors {
  float *(*get)(struct ho_device *, size_t n, struct ho_error *err); /* n floats of any value; NULL without memory */
  void (*put)(struct ho_device *, float *);                          /* frees an array from get; accepts NULL */
  /* Copy n floats from the host and to the host; the host's array is free, or complete, when they return. */
  int (*up)(struct ho_device *, float *to, const float *from, size_t n, struct ho_error *err);
  int (*down)(struct ho_device *, float *to, const float *from, size_t n, struct ho_error *err);
  /* As ho_vector_dots; va and aa [rows] are in host memory, complete after wait().  Either may be NULL. */
  int (*dots)(struct ho_device *, size_t n, const float *v, int rows, const float *a, size_t ld, double *va, double *aa,
              struct ho_error *err);
  /* As ho_vector_combine; w [rows] is in host memory. */
  int (*combine)(struct ho_device *, size_t n, float *out, int rows, const double *w, const float *a, size_t ld,
                 struct ho_error *err);
  /* out = c[0] x[0] + c[1] x[1] + ..., in order, in float32 with c rounded to float32 first; out may be one of x.  c and
   * x [terms] themselves are in host memory. */
  int (*blend)(struct ho_device *, size_t n, float *out, int terms, const double *c, const float *const *x,
               struct ho_error *err);
  int (*change)(struct ho_device *, int n, const struct ho_change *, struct ho_error *err); /* of n distinct tensors */
  /* *first: index of the first element that is NaN or infinite; n if all are finite. */
  int (*nonfinite)(struct ho_device *, size_t n, const float *a, size_t *first, struct ho_error *err);
  int (*wait)(struct ho_device *, struct ho_error *err); /* until all is done */
  /* For tests: called when n floats of host memory become stale, as the device has newer ones.  May be NULL. */
  void (*stale)(struct ho_device *, float *host, size_t n);
};

/* One kind of engine.  Callers use the functions below the table, where the meaning of each member is documented. */
struct ho_engine_kind {
  const char *name;
  const struct ho_vectors *vectors; /* NULL: the device's memory is the host's */
  void (*close)(struct ho_device *);
  void (*describe)(const struct ho_device *, char *text, size_t size); /* NULL: by its name */
  size_t (*bytes)(struct ho_device *, const struct ho_net *, int groups, int images, int backward);
  struct ho_engine *(*create)(struct ho_device *, const struct ho_net *, int groups, int images, int backward,
                              struct ho_error *);
  int (*forward)(struct ho_engine *, const struct ho_forward *, struct ho_error *);
  int (*outputs)(struct ho_engine *, float *logits, float *features, struct ho_error *);
  int (*backward)(struct ho_engine *, const float *dlogits, float *rows, size_t ld, struct ho_error *);
  void (*clock)(struct ho_engine *, double *seconds);
  void (*free)(struct ho_engine *);
};

/* The first member of every engine's own struct; set by ho_engine_new and ho_engine_forward. */
struct ho_engine {
  struct ho_device *device;
  const struct ho_net *net;
  int groups, size; /* of the last forward pass; 0 before the first */
};

extern const struct ho_engine_kind ho_engine_cpu; /* cpu/engine.c */

void ho_device_close(struct ho_device *); /* after all of its engines; accepts NULL and ho_cpu */

/* Writes one line about the device, for provenance: "cpu", or device, driver, precision and so on.  It is cut at `size'. */
void ho_device_describe(const struct ho_device *, char *text, size_t size);

/* Bytes that an engine for passes of at most `groups' mini-batches and `images' images in all takes of the memory that
 * it works in; SIZE_MAX if it does not fit into a size_t.  Without `backward' it takes much less. */
size_t ho_engine_bytes(struct ho_device *, const struct ho_net *, int groups, int images, int backward);

/* The caller owns the engine; network and device must outlive it.  NULL with a message in err if there is no memory. */
struct ho_engine *ho_engine_new(struct ho_device *, const struct ho_net *, int groups, int images, int backward,
                                struct ho_error *err);
void ho_engine_free(struct ho_engine *); /* accepts NULL */

/* Runs one forward pass.  The arrays behind x, theta and mask must stay as they are until the last backward of this pass
 * has returned; stats is complete when outputs() has returned. */
int ho_engine_forward(struct ho_engine *, const struct ho_forward *, struct ho_error *err);

/* Waits for the last forward pass and copies out its logits [groups*size][K] and features [groups*size][F], the input
 * of the last layer with parameters.  Either may be NULL. */
int ho_engine_outputs(struct ho_engine *, float *logits, float *features, struct ho_error *err);

/* Runs backward through the last forward pass, of an engine made for that, as often as wanted: dlogits [groups*size][K]
 * is dL/dlogits, and is free when the function returns; P floats at rows + g*ld, in the memory of the device, become the
 * gradient of mini-batch g's part of L with respect to theta. */
int ho_engine_backward(struct ho_engine *, const float *dlogits, float *rows, size_t ld, struct ho_error *err);

/* From now on adds the seconds of each node in each pass to seconds[nodes][HO_CLOCKS]; NULL stops it. */
void ho_engine_clock(struct ho_engine *, double *seconds);

#endif
