/* SPDX-License-Identifier: MIT
 * vectors.h - launches the kernels for arrays of P floats, behind struct ho_vectors (nn/engine.h).
 *
 * Arrays of floats, results and work space lie in device memory; coefficients and lists are in host memory and free
 * when a function returns, since they travel as arguments of kernels.  Nothing is allocated and nothing waits: errors
 * are kept by CUDA until cudaGetLastError.  Pointers need no more alignment than their type.
 *
 * Sums are in double, in an order that depends on n and the number of rows alone.  Combine, blend and change round
 * every product and every sum by itself, as the CPU does without fused multiply-add, and give the same bits. */
#ifndef HO_CUDA_VECTORS_H
#define HO_CUDA_VECTORS_H

#include "nn/cuda/gpu.h"

extern "C" {
#include "nn/engine.h"
}

/* va[r] = v . row r and aa[r] = row r . row r for rows at a + r*ld, in one pass through memory for eight rows.  va, aa
 * [rows]; either may be NULL; v may be NULL if va is.  work: ho_gpu_dots_work bytes, aligned to 8. */
size_t ho_gpu_dots_work(size_t n, int rows);
void ho_gpu_dots(cudaStream_t, size_t n, const float *v, int rows, const float *a, size_t ld, double *va, double *aa,
                 void *work);

/* out = sum of w[r] times row r; out may be row 0.  rows = 0 clears out.  w [rows] is in host memory. */
void ho_gpu_combine(cudaStream_t, size_t n, float *out, int rows, const double *w, const float *a, size_t ld);

/* out = sum of c[k] x[k]; out may be one of x.  c and x, [terms <= HO_GPU_TERMS], are in host memory.  More terms take
 * several calls, the first of them into an array that is none of x. */
enum { HO_GPU_TERMS = 256 };
void ho_gpu_blend(cudaStream_t, size_t n, float *out, int terms, const double *c, const float *const *x);

/* The changes of n distinct tensors; the list is in host memory, its arrays in device memory.  Up to some dozens of
 * tensors of a rule that are adjacent in the list are one launch. */
void ho_gpu_change(cudaStream_t, int n, const struct ho_change *);

/* *first: index of the first element that is NaN or infinite; n if all are finite.  work: ho_gpu_nonfinite_work bytes,
 * aligned to 8. */
size_t ho_gpu_nonfinite_work(size_t n);
void ho_gpu_nonfinite(cudaStream_t, size_t n, const float *a, unsigned long long *first, void *work);

#endif
