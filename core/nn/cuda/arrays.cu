/* SPDX-License-Identifier: MIT
 * arrays.cu - arrays of P floats in device memory: the functions of struct ho_vectors, by the kernels of vectors.cu.
 *
 * Work space is one block of scratch memory, which grows to what the largest call needed; as all work is in one stream,
 * calls use it one after the other. */
#include <stdint.h>

#include "nn/cuda/device.h"
#include "nn/cuda/vectors.h"

static struct ho_gpu *gpu_of(struct ho_device *d)
{
  return (struct ho_gpu *)d;
}

static void *scratch(struct ho_gpu *gpu, size_t bytes, struct ho_error *err)
{
  if (bytes <= gpu->scratch_bytes)
    return gpu->scratch;
  void *memory = ho_gpu_get(gpu, bytes, "work space for vectors", err);
  if (memory) {
    ho_gpu_put(gpu, gpu->scratch);
    gpu->scratch = memory;
    gpu->scratch_bytes = bytes;
  }
  return memory;
}

static float *get(struct ho_device *d, size_t n, struct ho_error *err)
{
  struct ho_gpu *gpu = gpu_of(d);
  size_t bytes = ho_size_mul(n, sizeof(float));
  float *a =
      ho_gpu_enter(gpu, err) ? NULL : (float *)ho_gpu_get(gpu, bytes, "an array of parameters or gradients", err);
  if (a && ho_gpu_check(gpu, cudaMemsetAsync(a, 0, bytes, gpu->stream), "clearing device memory", err)) {
    ho_gpu_put(gpu, a);
    return NULL;
  }
  return a;
}

static void put(struct ho_device *d, float *a)
{
  ho_gpu_put(gpu_of(d), a);
}

/* The wait lets the caller reuse `from' at once, whatever memory it is. */
static int up(struct ho_device *d, float *to, const float *from, size_t n, struct ho_error *err)
{
  static const char doing[] = "copying parameters to the device";
  struct ho_gpu *gpu = gpu_of(d);
  if (ho_gpu_enter(gpu, err))
    return -1;
  cudaError_t e = cudaMemcpyAsync(to, from, n * sizeof *to, cudaMemcpyHostToDevice, gpu->stream);
  return ho_gpu_check(gpu, e, doing, err) ? -1 : ho_gpu_wait(gpu, doing, err);
}

static int down(struct ho_device *d, float *to, const float *from, size_t n, struct ho_error *err)
{
  static const char doing[] = "copying parameters from the device";
  struct ho_gpu *gpu = gpu_of(d);
  if (ho_gpu_enter(gpu, err))
    return -1;
  cudaError_t e = cudaMemcpyAsync(to, from, n * sizeof *to, cudaMemcpyDeviceToHost, gpu->stream);
  return ho_gpu_check(gpu, e, doing, err) ? -1 : ho_gpu_wait(gpu, doing, err);
}

/* Room for n results in pinned memory, which lie there until the device is waited for; the host then gets them. */
static double *expect(struct ho_gpu *gpu, size_t n, double *to)
{
  gpu->result[gpu->results++] = { to, gpu->sums_used, n };
  gpu->sums_used += n;
  return gpu->sums + gpu->sums_used - n;
}

static int has_room(const struct ho_gpu *gpu, size_t n)
{
  size_t room = sizeof gpu->result / sizeof *gpu->result;
  return gpu->sums_used + n <= HO_GPU_SUMS && (size_t)gpu->results + 2 <= room;
}

static const char taking_products[] = "taking products of gradients";

/* Rows whose results fit into pinned memory. */
static int dots_of_some(struct ho_gpu *gpu, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                        double *aa, struct ho_error *err)
{
  size_t r = (size_t)rows;
  double *sums = (double *)scratch(gpu, 2 * r * sizeof(double) + ho_gpu_dots_work(n, rows), err);
  if (!sums)
    return -1;
  ho_gpu_dots(gpu->stream, n, v, rows, a, ld, va ? sums : NULL, aa ? sums + r : NULL, sums + 2 * r);
  if (ho_gpu_check_launch(gpu, taking_products, err))
    return -1;
  cudaError_t e = cudaSuccess;
  if (va)
    e = cudaMemcpyAsync(expect(gpu, r, va), sums, r * sizeof *sums, cudaMemcpyDeviceToHost, gpu->stream);
  if (aa && e == cudaSuccess)
    e = cudaMemcpyAsync(expect(gpu, r, aa), sums + r, r * sizeof *sums, cudaMemcpyDeviceToHost, gpu->stream);
  return ho_gpu_check(gpu, e, taking_products, err);
}

/* If it fails, none of its results is delivered later: the caller may be gone by then. */
static int dots(struct ho_device *d, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                double *aa, struct ho_error *err)
{
  enum { MOST = HO_GPU_SUMS / 2 };
  struct ho_gpu *gpu = gpu_of(d);
  if (ho_gpu_enter(gpu, err))
    return -1;
  int before = gpu->results; /* of earlier calls */
  for (int r = 0; r < rows; r += MOST) {
    int some = rows - r < MOST ? rows - r : MOST;
    if (!has_room(gpu, (size_t)some * ((va != NULL) + (aa != NULL)))) {
      if (ho_gpu_wait(gpu, taking_products, err))
        return -1;
      before = 0;
    }
    if (dots_of_some(gpu, n, v, some, a + (size_t)r * ld, ld, va ? va + r : NULL, aa ? aa + r : NULL, err)) {
      gpu->results = before;
      return -1;
    }
  }
  return 0;
}

static int combine(struct ho_device *d, size_t n, float *out, int rows, const double *w, const float *a, size_t ld,
                   struct ho_error *err)
{
  struct ho_gpu *gpu = gpu_of(d);
  if (ho_gpu_enter(gpu, err))
    return -1;
  ho_gpu_combine(gpu->stream, n, out, rows, w, a, ld);
  return ho_gpu_check_launch(gpu, "adding gradients up", err);
}

/* More terms than a kernel takes: the sum so far is the first term of the next ones. */
static int long_blend(struct ho_gpu *gpu, size_t n, float *out, int terms, const double *c, const float *const *x,
                      struct ho_error *err)
{
  double some_c[HO_GPU_TERMS];
  const float *some_x[HO_GPU_TERMS];
  float *sum = (float *)scratch(gpu, ho_size_mul(n, sizeof *sum), err);
  if (!sum)
    return -1;
  ho_gpu_blend(gpu->stream, n, sum, HO_GPU_TERMS, c, x);
  for (int done = HO_GPU_TERMS; done < terms;) {
    int some = 1;
    some_c[0] = 1;
    some_x[0] = sum;
    for (; some < HO_GPU_TERMS && done < terms; some++, done++) {
      some_c[some] = c[done];
      some_x[some] = x[done];
    }
    ho_gpu_blend(gpu->stream, n, done == terms ? out : sum, some, some_c, some_x);
  }
  return 0;
}

static int blend(struct ho_device *d, size_t n, float *out, int terms, const double *c, const float *const *x,
                 struct ho_error *err)
{
  struct ho_gpu *gpu = gpu_of(d);
  if (ho_gpu_enter(gpu, err))
    return -1;
  if (terms <= HO_GPU_TERMS)
    ho_gpu_blend(gpu->stream, n, out, terms, c, x);
  else if (long_blend(gpu, n, out, terms, c, x, err))
    return -1;
  return ho_gpu_check_launch(gpu, "adding vectors", err);
}

static int change(struct ho_device *d, int n, const struct ho_change *changes, struct ho_error *err)
{
  struct ho_gpu *gpu = gpu_of(d);
  if (ho_gpu_enter(gpu, err))
    return -1;
  ho_gpu_change(gpu->stream, n, changes);
  return ho_gpu_check_launch(gpu, "updating parameters", err);
}

static int nonfinite(struct ho_device *d, size_t n, const float *a, size_t *first, struct ho_error *err)
{
  static const char doing[] = "looking for numbers that are not finite";
  struct ho_gpu *gpu = gpu_of(d);
  unsigned long long at = n, *found;
  if (ho_gpu_enter(gpu, err))
    return -1;
  if (!(found = (unsigned long long *)scratch(gpu, sizeof *found + ho_gpu_nonfinite_work(n), err)))
    return -1;
  ho_gpu_nonfinite(gpu->stream, n, a, found, found + 1);
  if (ho_gpu_check_launch(gpu, doing, err))
    return -1;
  cudaError_t e = cudaMemcpyAsync(&at, found, sizeof at, cudaMemcpyDeviceToHost, gpu->stream);
  if (ho_gpu_check(gpu, e, doing, err) || ho_gpu_wait(gpu, doing, err))
    return -1;
  *first = (size_t)at;
  return 0;
}

static int wait(struct ho_device *d, struct ho_error *err)
{
  struct ho_gpu *gpu = gpu_of(d);
  return ho_gpu_enter(gpu, err) ? -1 : ho_gpu_wait(gpu, "waiting for the device", err);
}

const struct ho_vectors ho_gpu_vectors = { get, put, up, down, dots, combine, blend, change, nonfinite, wait, NULL };
