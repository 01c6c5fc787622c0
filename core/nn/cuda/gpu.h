/* SPDX-License-Identifier: MIT
 * gpu.h - CUDA as this engine uses it, by nvcc for a GPU or by a C++ compiler for the tests.
 *
 * With HO_EMULATE defined, tests/emulate/ stands in for CUDA: kernels run on the CPU, thread by thread, from the same
 * source.  What differs between the two is in this file, in ptx.h and in there, and nowhere else.
 *
 * A kernel is launched by ho_launch, and its dynamic shared memory is named by HO_SHARED. */
#ifndef HO_GPU_H
#define HO_GPU_H

#ifdef HO_EMULATE
#include "emulate.h"

#define HO_UNROLL(times)
#else
#include <cuda_runtime.h>

#include "nn/cuda/ptx.h"

/* Before a loop that nvcc would not unroll, or not so often. */
#define HO_PRAGMA(text) _Pragma(#text)
#define HO_UNROLL(times) HO_PRAGMA(unroll times)

#define HO_SHARED(name) extern __shared__ __align__(128) unsigned char name[]

/* Runs kernel(a...) on a grid of blocks, after everything that the stream has to do already.  Errors are kept by CUDA
 * until cudaGetLastError. */
template <class... P, class... A>
static inline void ho_launch(cudaStream_t stream, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared, A... a)
{
  if (shared > 48 * 1024)
    cudaFuncSetAttribute((const void *)kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared);
  kernel<<<grid, block, shared, stream>>>(static_cast<P>(a)...);
}
#endif

/* Blocks for n things, of which a block takes `each'. */
static inline unsigned ho_blocks(size_t n, size_t each)
{
  return (unsigned)((n + each - 1) / each);
}

#endif
