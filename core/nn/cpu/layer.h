/* SPDX-License-Identifier: MIT
 * layer.h - a layer as the CPU engine sees it: its functions, and the arguments of a call.
 *
 * Each file of layers/ defines the functions of one layer (struct ho_cpu_layer).  The engine calls them with a struct
 * ho_call that says where everything lies.  They share their work among threads by compute/parallel.h, in tasks that
 * depend on the shapes of the pass alone.
 *
 * The engine leaves out passes through memory where it can (see fuse.h).  A batch norm may be lazy: instead of writing
 * its result, it leaves coefficients, and its readers apply them to what batch norm has read.  Such a tensor together
 * with its coefficients is a view. */
#ifndef HO_CPU_LAYER_H
#define HO_CPU_LAYER_H

#include "base/memory.h"
#include "nn/cpu/kernels/kernels.h"
#include "nn/graph.h"

/* Results are computed in bands of this many lines; sums for batch norm are per band. */
enum { HO_BAND = 4 };
static inline size_t ho_shape_bands(struct ho_shape s)
{
  return ((size_t)s.height + HO_BAND - 1) / HO_BAND;
}

/* One layer's part of one pass.  Distances ld... are in floats from one pixel to the next; in a
 * dense tensor that is the number of channels. */
struct ho_call {
  /* ---- the pass, as in struct ho_forward ---- */
  int groups, size, eval;
  const float *theta;
  float *stats;
  const unsigned char *advance;
  const struct ho_stream *mask;

  /* ---- forward ---- */
  const float *x[HO_INPUTS];    /* the inputs; in backward valid only with HO_KEEP_INPUT */
  const float *view[HO_INPUTS]; /* coefficients by which to read x (ho_view_of), or NULL */
  size_t ld;                    /* of x[0]; dense but for batch norm */
  float *y;                     /* the result; x[0] itself if the engine made use of HO_IN_PLACE */
  size_t ld_y;                  /* may exceed the channels with HO_WRITES_SLICES */
  const float *residual;    /* with HO_ADDS_RESIDUAL: to be added to the result: a dense tensor, or y itself; or NULL */
  double *moments;          /* [images][bands][2][C]: sums of y and y^2 for a batch norm to read, or NULL;
                                   for the batch norm itself: of x */
  int lazy, relu, summed;   /* batch norm: writes no y; applies the ReLU, too; moments are already filled in */
  float *coefficients;      /* lazy batch norm and concat: where to write them, or NULL */
  size_t coefficients_wide; /* channels of the tensor that they belong to */

  /* ---- backward ---- */
  const float *dy;              /* dL/dy */
  size_t ld_dy;                 /* of dy; as for y */
  float *dx[HO_INPUTS];         /* dL/dx, or NULL if nothing needs it; dy itself with HO_GRADIENT_IN_PLACE */
  size_t ld_dx;                 /* of dx[0]; dense but for batch norm */
  unsigned char add[HO_INPUTS]; /* add to dx, where another reader of x has left its part, instead of overwriting */
  double *products;             /* [images][bands][2][products_wide] or NULL: a convolution leaves here the sums over
                                   dx[0] that lazy batch norms need for their backward */
  size_t products_wide;
  float *rows; /* gradients of mini-batch g: at rows + g*ld_rows + offset in theta; overwrite */
  size_t ld_rows;

  /* ---- memory that the layer asked for by needs(), aligned to 64 bytes ---- */
  void *saved, *shared;
  unsigned char *worker; /* of worker w: at worker + w*worker_bytes */
  size_t worker_bytes;
};

/* Coefficients are [groups][HO_COEFFICIENTS][channels]: mean, scale, shift, floor, as in struct ho_affine.  `view'
 * points to those of the first channel of interest; returns mini-batch `group's. */
enum { HO_COEFFICIENTS = 4 };
static inline struct ho_affine ho_view_of(const float *view, size_t channels, size_t group)
{
  const float *mean = view + group * HO_COEFFICIENTS * channels;
  return (struct ho_affine){ mean, mean + channels, mean + 2 * channels, mean + 3 * channels };
}

struct ho_needs { /* bytes, enough for any pass within the limits given to needs() */
  size_t saved;   /* from forward to backward; one per node */
  size_t shared;  /* during one call of one function */
  size_t worker;  /* the same, for each worker */
};

/* What a layer needs or can do; the engine makes use of the latter where it pays. */
enum {
  HO_KEEP_INPUT = 1,        /* backward reads x */
  HO_KEEP_OUTPUT = 2,       /* backward reads y */
  HO_IN_PLACE = 4,          /* forward can write y over x[0] */
  HO_GRADIENT_IN_PLACE = 8, /* backward can write dx[0] over dy */
  HO_READS_VIEWS = 16,      /* x[0] may be a view */
  HO_WRITES_SLICES = 32,    /* y and dy may be some channels of a wider tensor */
  HO_ADDS_RESIDUAL = 64,    /* forward can add another tensor, and leave moments */
};

typedef void ho_cpu_function(const struct ho_node *, const struct ho_call *);

struct ho_cpu_layer {
  unsigned flags;
  /* Sets *needs, which is zero before, for passes of at most so many groups and images, with or without backward.
   * NULL: nothing. */
  void (*needs)(const struct ho_node *, int groups, int images, int backward, struct ho_needs *needs);
  ho_cpu_function *forward;
  ho_cpu_function *weights;  /* backward to rows, called before `backward'; NULL if that does both, or for nothing */
  ho_cpu_function *backward; /* to dx; with `weights', called only if something needs dx[0] */
};

const struct ho_cpu_layer *ho_cpu_layer(const struct ho_node *);     /* never NULL */
const struct ho_cpu_layer *ho_cpu_layer_of_kind(enum ho_layer_kind); /* NULL: the table in layer.c lacks it */

/* The rows of that table, one or two per file of layers/. */
extern const struct ho_cpu_layer ho_cpu_add, ho_cpu_average_pool, ho_cpu_batch_norm, ho_cpu_concat, ho_cpu_conv,
    ho_cpu_dense, ho_cpu_dropout, ho_cpu_max_pool, ho_cpu_pad_channels, ho_cpu_relu, ho_cpu_response_norm;

/* Element-wise work is cut into chunks of this many floats. */
enum { HO_CHUNK = 16384 };
static inline int ho_chunks(size_t n)
{
  return (int)((n + HO_CHUNK - 1) / HO_CHUNK);
}
static inline size_t ho_chunk_end(int i, size_t n)
{
  return ((size_t)i + 1) * HO_CHUNK < n ? ((size_t)i + 1) * HO_CHUNK : n;
}

static inline size_t ho_least(size_t a, size_t b)
{
  return a < b ? a : b;
}

#endif
