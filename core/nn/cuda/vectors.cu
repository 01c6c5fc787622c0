/* SPDX-License-Identifier: MIT
 * vectors.cu - kernels for arrays of P floats; see vectors.h.
 *
 * Rows begin at odd addresses as soon as P is odd, so that a thread reads one float at a time; lines of memory are read
 * as a whole all the same, since adjacent threads read adjacent floats.  What keeps memory busy is the rows, or several
 * floats, that each thread asks for before it uses any. */
#include "nn/cuda/vectors.h"

enum { THREADS = 256, WARP = 32, WARPS = THREADS / WARP };

/* ---- dots ---- */

enum { CHUNK = 8192, ROWS = 8 }; /* floats of a block; rows of a launch */

/* The sum of v over the block's threads, in each thread of warp 0: lanes in pairs, then warps in order. */
static __device__ double block_sum(double v, double *shared)
{
  for (int apart = 1; apart < WARP; apart *= 2)
    v += __shfl_xor_sync(0xffffffff, v, apart);
  if (threadIdx.x % WARP == 0)
    shared[threadIdx.x / WARP] = v;
  __syncthreads();
  double sum = 0;
  for (int w = 0; w < WARPS; w++)
    sum += shared[w];
  return sum;
}

/* part[r*2*blocks + block] = v . row r and part[(r*2 + 1)*blocks + block] = row r . row r over a chunk. */
template <int N> static __global__ void dots_parts(size_t n, const float *v, const float *a, size_t ld, double *part)
{
  __shared__ double shared[2 * N][WARPS];
  size_t start = (size_t)blockIdx.x * CHUNK, end = n - start < CHUNK ? n : start + CHUNK;
  double va[N] = {}, aa[N] = {};
  HO_UNROLL(2)
  for (size_t i = start + threadIdx.x; i < end; i += THREADS) {
    double y = v ? v[i] : 0;
    float x[N];
    for (int r = 0; r < N; r++)
      x[r] = a[(size_t)r * ld + i];
    for (int r = 0; r < N; r++) {
      va[r] += y * (double)x[r];
      aa[r] += (double)x[r] * (double)x[r];
    }
  }
  for (int r = 0; r < N; r++) {
    double sum[2] = { block_sum(va[r], shared[2 * r]), block_sum(aa[r], shared[2 * r + 1]) };
    for (int which = 0; which < 2 && threadIdx.x == 0; which++)
      part[((size_t)r * 2 + (unsigned)which) * gridDim.x + blockIdx.x] = sum[which];
  }
}

/* One block per sum. */
static __global__ void dots_sums(unsigned parts, const double *part, double *va, double *aa)
{
  __shared__ double shared[WARPS];
  const double *mine = part + (size_t)blockIdx.x * parts;
  double sum = 0, *out = blockIdx.x % 2 ? aa : va;
  for (unsigned i = threadIdx.x; i < parts; i += THREADS)
    sum += mine[i];
  sum = block_sum(sum, shared);
  if (threadIdx.x == 0 && out)
    out[blockIdx.x / 2] = sum;
}

size_t ho_gpu_dots_work(size_t n, int rows)
{
  return (size_t)ho_blocks(n, CHUNK) * (size_t)rows * 2 * sizeof(double);
}

void ho_gpu_dots(cudaStream_t stream, size_t n, const float *v, int rows, const float *a, size_t ld, double *va,
                 double *aa, void *work)
{
  static void (*const kernel[ROWS + 1])(size_t, const float *, const float *, size_t, double *) = {
    NULL,          dots_parts<1>, dots_parts<2>, dots_parts<3>, dots_parts<4>,
    dots_parts<5>, dots_parts<6>, dots_parts<7>, dots_parts<8>,
  };
  unsigned blocks = ho_blocks(n, CHUNK);
  for (int r = 0; r < rows && blocks; r += ROWS)
    ho_launch(stream, kernel[rows - r < ROWS ? rows - r : ROWS], blocks, THREADS, 0, n, v, a + (size_t)r * ld, ld,
              (double *)work + (size_t)r * 2 * blocks);
  if (rows)
    ho_launch(stream, dots_sums, (unsigned)rows * 2, THREADS, 0, blocks, (const double *)work, va, aa);
}

/* ---- sums of arrays ---- */

/* A sum of so many arrays, in order; c[k] x[k][i], or with `goes_on' added to what is in out already. */
struct sum {
  int terms, goes_on;
  float c[HO_GPU_TERMS];
  union {
    struct {
      const float *a; /* x[k] = a + k*ld */
      size_t ld;
    } rows;
    const float *x[HO_GPU_TERMS];
  };
};

template <int LIST> static __global__ void sum_arrays(const __grid_constant__ struct sum s, size_t n, float *out)
{
  size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;
  float sum = 0;
  if (i >= n)
    return;
  if (s.goes_on)
    sum = out[i];
  HO_UNROLL(8)
  for (int k = 0; k < s.terms; k++) {
    float product = __fmul_rn(s.c[k], LIST ? s.x[k][i] : s.rows.a[(size_t)k * s.rows.ld + i]);
    sum = k || s.goes_on ? __fadd_rn(sum, product) : product; /* not 0 + product: -0 stays -0 */
  }
  out[i] = sum;
}

static void sum_launch(cudaStream_t stream, int list, const struct sum *s, size_t n, float *out)
{
  if (n)
    ho_launch(stream, list ? sum_arrays<1> : sum_arrays<0>, ho_blocks(n, THREADS), THREADS, 0, *s, n, out);
}

void ho_gpu_combine(cudaStream_t stream, size_t n, float *out, int rows, const double *w, const float *a, size_t ld)
{
  for (int first = 0; first == 0 || first < rows; first += HO_GPU_TERMS) {
    struct sum s = {};
    s.terms = rows - first < HO_GPU_TERMS ? rows - first : HO_GPU_TERMS;
    s.goes_on = first > 0;
    s.rows.a = a + (size_t)first * ld;
    s.rows.ld = ld;
    for (int k = 0; k < s.terms; k++)
      s.c[k] = (float)w[first + k];
    sum_launch(stream, 0, &s, n, out);
  }
}

void ho_gpu_blend(cudaStream_t stream, size_t n, float *out, int terms, const double *c, const float *const *x)
{
  struct sum s = {};
  s.terms = terms;
  for (int k = 0; k < terms; k++) {
    s.c[k] = (float)c[k];
    s.x[k] = x[k];
  }
  sum_launch(stream, 1, &s, n, out);
}

/* ---- changes ---- */

enum { PER_THREAD = 4 }; /* floats */

/* One tensor's, as kernels take it; block: the first of the blocks that work on it. */
struct momentum_job {
  size_t n;
  float *theta, *a;
  const float *g;
  float lr, decay, momentum;
  int nesterov;
  unsigned block;
};

struct adam_job {
  size_t n;
  float *theta, *a, *b;
  const float *g;
  double lr, epsilon, root;
  float decay, beta1, rest1, beta2, rest2; /* rest: 1 - beta */
  unsigned block;
};

enum { BYTES = 3840, MOMENTUM_JOBS = BYTES / sizeof(struct momentum_job), ADAM_JOBS = BYTES / sizeof(struct adam_job) };

/* A launch's jobs: together less than the 4 KiB that a kernel's arguments may take. */
template <class JOB, int JOBS> struct jobs {
  int count;
  JOB job[JOBS];
};

/* The job of this block: the last that begins no later. */
template <class LIST> static __device__ int job_of(const LIST *list)
{
  int from = 0, to = list->count;
  while (to - from > 1) {
    int middle = (from + to) / 2;
    if (list->job[middle].block <= blockIdx.x)
      from = middle;
    else
      to = middle;
  }
  return from;
}

static __global__ void change_momentum(const __grid_constant__ struct jobs<struct momentum_job, MOMENTUM_JOBS> list)
{
  const struct momentum_job *j = &list.job[job_of(&list)];
  size_t first = (size_t)(blockIdx.x - j->block) * THREADS * PER_THREAD + threadIdx.x, n = j->n;
  float g[PER_THREAD] = {}, theta[PER_THREAD] = {}, a[PER_THREAD] = {};
  for (unsigned k = 0; k < PER_THREAD; k++)
    if (first + k * THREADS < n) {
      g[k] = j->g[first + k * THREADS];
      theta[k] = j->theta[first + k * THREADS];
      a[k] = j->a[first + k * THREADS];
    }
  for (unsigned k = 0; k < PER_THREAD; k++)
    if (first + k * THREADS < n) {
      float d = __fadd_rn(g[k], __fmul_rn(j->decay, theta[k])), v = __fadd_rn(__fmul_rn(j->momentum, a[k]), d);
      float step = j->nesterov ? __fadd_rn(d, __fmul_rn(j->momentum, v)) : v;
      j->a[first + k * THREADS] = v;
      j->theta[first + k * THREADS] = __fsub_rn(theta[k], __fmul_rn(j->lr, step));
    }
}

static __global__ void change_adam(const __grid_constant__ struct jobs<struct adam_job, ADAM_JOBS> list)
{
  const struct adam_job *j = &list.job[job_of(&list)];
  size_t first = (size_t)(blockIdx.x - j->block) * THREADS * PER_THREAD + threadIdx.x, n = j->n;
  float g[PER_THREAD] = {}, theta[PER_THREAD] = {}, a[PER_THREAD] = {}, b[PER_THREAD] = {};
  for (unsigned k = 0; k < PER_THREAD; k++)
    if (first + k * THREADS < n) {
      g[k] = j->g[first + k * THREADS];
      theta[k] = j->theta[first + k * THREADS];
      a[k] = j->a[first + k * THREADS];
      b[k] = j->b[first + k * THREADS];
    }
  for (unsigned k = 0; k < PER_THREAD; k++)
    if (first + k * THREADS < n) {
      float d = __fadd_rn(g[k], __fmul_rn(j->decay, theta[k]));
      float m = __fadd_rn(__fmul_rn(j->beta1, a[k]), __fmul_rn(j->rest1, d));
      float v = __fadd_rn(__fmul_rn(j->beta2, b[k]), __fmul_rn(__fmul_rn(j->rest2, d), d));
      double root = __dadd_rn(__ddiv_rn(__dsqrt_rn((double)v), j->root), j->epsilon);
      j->a[first + k * THREADS] = m;
      j->b[first + k * THREADS] = v;
      j->theta[first + k * THREADS] = __fsub_rn(theta[k], (float)__ddiv_rn(__dmul_rn(j->lr, (double)m), root));
    }
}

static void set_job(struct momentum_job *j, const struct ho_change *c, unsigned block)
{
  *j = { c->n, c->theta, c->a, c->g, (float)c->lr, (float)c->decay, (float)c->momentum, c->nesterov, block };
}

static void set_job(struct adam_job *j, const struct ho_change *c, unsigned block)
{
  *j = { c->n,
         c->theta,
         c->a,
         c->b,
         c->g,
         c->lr,
         c->epsilon,
         c->root,
         (float)c->decay,
         (float)c->beta1,
         (float)(1 - c->beta1),
         (float)c->beta2,
         (float)(1 - c->beta2),
         block };
}

/* Launches the first changes of a rule, as many as there is room for; returns their number. */
template <class LIST>
static int change_some(cudaStream_t stream, void (*kernel)(LIST), int room, int n, const struct ho_change *c)
{
  LIST list = {};
  unsigned blocks = 0;
  for (; list.count < n && list.count < room && c[list.count].rule == c->rule; list.count++) {
    set_job(&list.job[list.count], &c[list.count], blocks);
    blocks += ho_blocks(c[list.count].n, THREADS * PER_THREAD);
  }
  if (blocks)
    ho_launch(stream, kernel, blocks, THREADS, 0, list);
  return list.count;
}

void ho_gpu_change(cudaStream_t stream, int n, const struct ho_change *change)
{
  for (int i = 0; i < n;)
    if (change[i].rule == HO_ADAM)
      i += change_some(stream, change_adam, ADAM_JOBS, n - i, change + i);
    else
      i += change_some(stream, change_momentum, MOMENTUM_JOBS, n - i, change + i);
}

/* ---- NaN and infinity ---- */

enum { SEARCH = 16384 }; /* floats of a block */

static __device__ unsigned long long least(unsigned long long a, unsigned long long b)
{
  return a < b ? a : b;
}

/* The smallest v of the block. */
static __device__ unsigned long long block_least(unsigned long long v)
{
  __shared__ unsigned long long shared[WARPS];
  for (int apart = 1; apart < WARP; apart *= 2)
    v = least(v, __shfl_xor_sync(0xffffffff, v, apart));
  if (threadIdx.x % WARP == 0)
    shared[threadIdx.x / WARP] = v;
  __syncthreads();
  for (int w = 0; w < WARPS; w++)
    v = least(v, shared[w]);
  return v;
}

static __global__ void nonfinite_parts(size_t n, const float *a, unsigned long long *part)
{
  size_t start = (size_t)blockIdx.x * SEARCH, end = n - start < SEARCH ? n : start + SEARCH;
  unsigned long long first = n;
  HO_UNROLL(8)
  for (size_t i = start + threadIdx.x; i < end; i += THREADS)
    if ((__float_as_uint(a[i]) & 0x7f800000) == 0x7f800000)
      first = least(first, i);
  first = block_least(first);
  if (threadIdx.x == 0)
    part[blockIdx.x] = first;
}

static __global__ void nonfinite_first(size_t n, unsigned parts, const unsigned long long *part,
                                       unsigned long long *out)
{
  unsigned long long first = n;
  for (unsigned i = threadIdx.x; i < parts; i += THREADS)
    first = least(first, part[i]);
  first = block_least(first);
  if (threadIdx.x == 0)
    *out = first;
}

size_t ho_gpu_nonfinite_work(size_t n)
{
  return (size_t)ho_blocks(n, SEARCH) * sizeof(unsigned long long);
}

void ho_gpu_nonfinite(cudaStream_t stream, size_t n, const float *a, unsigned long long *first, void *work)
{
  unsigned blocks = ho_blocks(n, SEARCH);
  if (blocks)
    ho_launch(stream, nonfinite_parts, blocks, THREADS, 0, n, a, (unsigned long long *)work);
  ho_launch(stream, nonfinite_first, 1, THREADS, 0, n, blocks, (const unsigned long long *)work, first);
}
