/* SPDX-License-Identifier: MIT
 * pixels.h - how kernels that do little more than read and write tensors divide them among threads.
 *
 * A thread works on vectors of W adjacent floats: four where the number of channels (or of floats) is a multiple of
 * four, else one.  Tensors begin at multiples of 16 bytes.  Adjacent threads have adjacent vectors, so that memory is
 * read and written in whole lines. */
#ifndef HO_CUDA_PIXELS_H
#define HO_CUDA_PIXELS_H

#include "nn/cuda/gpu.h"

template <int W> struct ho_vec {
  float at[W];
};

template <int W> __device__ static inline ho_vec<W> ho_load(const float *p)
{
  ho_vec<W> v;
  if constexpr (W == 4) {
    float4 f = *(const float4 *)p;
    v.at[0] = f.x, v.at[1] = f.y, v.at[2] = f.z, v.at[3] = f.w;
  } else
    v.at[0] = *p;
  return v;
}

template <int W> __device__ static inline void ho_store(float *p, ho_vec<W> v)
{
  if constexpr (W == 4)
    *(float4 *)p = make_float4(v.at[0], v.at[1], v.at[2], v.at[3]);
  else
    *p = v.at[0];
}

/* p <- v, or p <- p + v. */
template <int W> __device__ static inline void ho_store(float *p, ho_vec<W> v, int add)
{
  if (add) {
    ho_vec<W> old = ho_load<W>(p);
    for (int k = 0; k < W; k++)
      v.at[k] = old.at[k] + v.at[k];
  }
  ho_store(p, v);
}

/* ---- n floats, whatever they are: one vector per thread ---- */

enum { HO_FLAT_THREADS = 256 };

static inline int ho_flat_wide(size_t n)
{
  return n % 4 ? 1 : 4;
}

static inline unsigned ho_flat_blocks(size_t n)
{
  return ho_blocks(n, (size_t)ho_flat_wide(n) * HO_FLAT_THREADS);
}

/* The first float of this thread's vector. */
template <int W> __device__ static inline size_t ho_flat_at(void)
{
  return ((size_t)blockIdx.x * blockDim.x + threadIdx.x) * W;
}

/* ---- pixels and their channels: a block has a panel of channels (x) of several pixels (y) ---- */

struct ho_tiles {
  int wide, panels; /* W; blocks that share the channels of a pixel */
  dim3 block;
};

/* wide: 4 if every channel number that matters is a multiple of 4, else 1. */
static inline struct ho_tiles ho_tiles_of(int channels, int wide, unsigned threads)
{
  enum { PANEL = 32 };
  int vectors = (channels + wide - 1) / wide, lanes = 1;
  while (lanes < vectors && lanes < PANEL)
    lanes *= 2;
  return { wide, (vectors + lanes - 1) / lanes, dim3((unsigned)lanes, threads / (unsigned)lanes) };
}

/* Blocks for so many pixels, of which each thread takes `each'. */
static inline unsigned ho_tiles_blocks(const struct ho_tiles *t, size_t pixels, size_t each)
{
  return ho_blocks(pixels, each * t->block.y) * (unsigned)t->panels;
}

/* This thread's first channel, which may be beyond the last. */
template <int W> __device__ static inline int ho_tile_channel(int panels)
{
  return (int)((blockIdx.x % (unsigned)panels * blockDim.x + threadIdx.x) * W);
}

/* This thread's first pixel; the next ones are blockDim.y apart. */
__device__ static inline size_t ho_tile_pixel(int panels, int each)
{
  return (size_t)(blockIdx.x / (unsigned)panels) * (unsigned)each * blockDim.y + threadIdx.y;
}

/* A thread asks for its pixels a batch at a time, before it uses any of them: memory is kept busy, and a store does not
 * hold up the loads after it, which might be of the same floats as far as the compiler knows. */
enum { HO_BATCH = 4 };

/* v[i] = the vector at x + q*ld of pixel q = p + i*blockDim.y; zeros from pixel `end' on, end > 0. */
template <int W>
__device__ static inline void ho_load_batch(const float *x, size_t ld, size_t p, size_t end, ho_vec<W> v[HO_BATCH])
{
  for (int i = 0; i < HO_BATCH; i++) { /* no branches */
    size_t q = p + (unsigned)i * blockDim.y;
    v[i] = ho_load<W>(x + (q < end ? q : end - 1) * ld);
  }
  for (int i = 0; i < HO_BATCH; i++)
    for (int k = 0; k < W; k++)
      v[i].at[k] = p + (unsigned)i * blockDim.y < end ? v[i].at[k] : 0;
}

#endif
