/* SPDX-License-Identifier: MIT
 * layer.h - what a layer is to the CUDA engine: its functions, and what they are given in a call.
 *
 * Each layer's .cu file defines a struct ho_cuda_layer.  The engine calls its functions with a struct ho_gpu_call that
 * says where everything lies; they launch kernels on the call's stream and return at once.  They neither allocate nor
 * wait nor copy to or from the host, so that a pass can be captured as a CUDA graph: everything that changes between two
 * passes of the same shape is read from device memory.
 *
 * All tensors are dense NHWC float32 in device memory, at multiples of 256 bytes; the images of a mini-batch are
 * adjacent.  Theta and rows need no alignment.  Sums are in a fixed order, which depends on the shapes alone: no atomics
 * on floats, and no choice by the number of multiprocessors. */
#ifndef HO_CUDA_LAYER_H
#define HO_CUDA_LAYER_H

#include "nn/cuda/gpu.h"

extern "C" {
#include "base/memory.h"
#include "nn/graph.h"
}

/* How products of matrices are computed; sums are float32 throughout.
 *   HO_FLOAT32  each operand split into two TF32 numbers, three products: nearly float32's own accuracy
 *   HO_TF32     operands rounded to TF32 (10 bits of mantissa), one product
 *   HO_BF16     operands rounded to bfloat16 (7 bits), one product
 * Operands lie in memory as float32 and are rounded when a kernel loads them for a product. */
enum ho_precision { HO_FLOAT32, HO_TF32, HO_BF16 };

struct ho_gpu_call {
  cudaStream_t stream;
  enum ho_precision precision;

  /* ---- the pass, as in struct ho_forward ---- */
  int groups, size, eval;
  const float *theta;           /* [P] */
  float *stats;                 /* [S] */
  const unsigned char *advance; /* [groups], device memory; never NULL */
  const struct ho_stream *mask; /* [groups], device memory; never NULL */

  /* ---- forward ---- */
  const float *x[HO_INPUTS]; /* inputs; in backward valid only with HO_GPU_KEEPS_INPUT */
  float *y;                  /* result; in backward valid only with HO_GPU_KEEPS_OUTPUT */
  int relu;                  /* batch norm: a ReLU follows, y = max(0, ...) */
  const float *residual;     /* convolution: a tensor like y that is added to the result; or NULL */

  /* ---- backward ---- */
  const float *dy;              /* dL/dy */
  float *dx[HO_INPUTS];         /* dL/dx, or NULL if nothing needs it; may be dy with HO_GPU_GRADIENT_IN_PLACE */
  unsigned char add[HO_INPUTS]; /* add to dx, where another reader of x has left its part, instead of overwriting */
  float *rows;                  /* gradients of mini-batch g: at rows + g*ld + offset in theta; overwrite */
  size_t ld;
  cudaEvent_t between; /* see ho_gpu_between */

  /* ---- memory that the layer asked for by needs(), aligned to 256 bytes; NULL if it asked for none ---- */
  void *saved, *work;
};

struct ho_gpu_needs { /* bytes, enough for any pass within the limits given to needs() */
  size_t saved;       /* from forward to backward; one per node */
  size_t work;        /* during one call of one function */
};

enum {
  HO_GPU_KEEPS_INPUT = 1,       /* backward reads x */
  HO_GPU_KEEPS_OUTPUT = 2,      /* backward reads y */
  HO_GPU_GRADIENT_IN_PLACE = 4, /* backward can write dx[0] over dy */
  HO_GPU_TAKES_RELU = 8,        /* does the work of a ReLU that alone reads its result */
  HO_GPU_TAKES_RESIDUAL = 16    /* can add a tensor to its result */
};

struct ho_cuda_layer {
  unsigned flags;
  /* What it needs for passes of at most so many groups and images, with or without backward; *needs is zero before.
   * NULL: nothing. */
  void (*needs)(const struct ho_node *, int groups, int images, int backward, struct ho_gpu_needs *needs);
  void (*forward)(const struct ho_node *, const struct ho_gpu_call *);
  void (*backward)(const struct ho_node *, const struct ho_gpu_call *); /* to rows, then to dx */
};

/* One or two per .cu file; the table is in layer.cu. */
extern const struct ho_cuda_layer ho_cuda_add, ho_cuda_average_pool, ho_cuda_batch_norm, ho_cuda_concat, ho_cuda_conv,
    ho_cuda_dense, ho_cuda_dropout, ho_cuda_max_pool, ho_cuda_pad_channels, ho_cuda_relu, ho_cuda_response_norm;

const struct ho_cuda_layer *ho_cuda_layer(const struct ho_node *); /* NULL: the engine lacks it */

/* For the clock: a layer with parameters says once per backward that the work for rows is launched, and that for dx is not. */
static inline void ho_gpu_between(const struct ho_gpu_call *call)
{
  if (call->between)
    cudaEventRecord(call->between, call->stream);
}

/* Floats of the result of all images of a pass. */
static inline size_t ho_gpu_floats(const struct ho_node *node, const struct ho_gpu_call *call)
{
  return (size_t)call->groups * (size_t)call->size * ho_shape_size(node->out);
}

#endif
