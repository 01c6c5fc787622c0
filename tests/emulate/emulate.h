/* SPDX-License-Identifier: MIT
 * emulate.h - as much of CUDA as the engine in core/nn/cuda uses, on a CPU: included by gpu.h with HO_EMULATE.
 *
 * A kernel runs block after block, and each of its threads is a fiber, which runs until it waits for others: at a
 * barrier, in a shuffle or in another operation of its warp.  The host's calls behave as those of the CUDA runtime.
 * What a GPU may do in any order is done in an order that the test chooses (`emulation').
 *
 * Faults that are reported (emulation.fault has a sentence) and make the launch fail, as errors of a kernel do, so that
 * this and all later calls return an error: threads that wait for ever; threads that meet at different barriers;
 * misaligned asynchronous copies.
 *
 * Device memory is filled with NaN, lies between pages that nobody can access, and can itself be accessed only while a
 * kernel or a copy runs.  A kernel that goes beyond the end of an array crashes, and so does host code that touches device
 * memory.  Up to 255 bytes after the end can be accessed, as arrays begin at multiples of 256; they are NaN, too, and
 * cudaFree aborts if they were written.
 * Shared memory is filled with NaN for each block.  A block has no more of it than the smallest GPU allows, 99 KiB.
 * Misaligned accesses by vector types such as float4 trap, if the compiler has -fsanitize=alignment.
 *
 * tests/emulate/engines/cuda.so is the whole engine on it, for the program: HOLDOUT_ENGINE_DIR names that folder.
 *
 * threads.cc has kernels, tensor.cc their operations on matrices, runtime.cc the host's calls. */
#ifndef HO_EMULATE_H
#define HO_EMULATE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <functional>

/* ---- choices of a test ---- */

enum emulate_order { EMULATE_FORWARD, EMULATE_BACKWARD, EMULATE_SHUFFLED, EMULATE_ORDERS };

struct emulation {
  enum emulate_order order; /* of blocks, and of the threads of a block */
  int late_copies;  /* asynchronous copies to shared memory run as late as waiting for them allows; or at once */
  int late_work;    /* kernels and copies of streams run at the first call that waits for them; or at once */
  size_t memory;    /* bytes of device memory */
  int devices;      /* how many there are */
  long calls_left;  /* the device is lost after so many more launches, copies and waits; negative: never */
  int driver;       /* the version of CUDA that the driver supports, 13000 for 13.0; 0: there is no driver */
  int taken;        /* another process has the device for itself */
  int major, minor; /* compute capability */
  int codeless;     /* kernels were not compiled for it */
  /* ---- reported to the test ---- */
  long launches; /* kernels run so far */
  size_t used;   /* bytes of device memory */
  char fault[256];
};
extern struct emulation emulation;
void emulate_reset(void); /* forgets errors and sets `emulation' to its defaults; device memory stays */

/* ---- the language ---- */

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __shared__ static __attribute__((section("emulated_shared")))
#define __align__(bytes) __attribute__((aligned(bytes)))

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_)
  {
  }
};

#define EMULATE_VECTORS(type, name) \
  struct alignas(2 * sizeof(type)) name##2 \
  { \
    type x, y; \
  }; \
  struct alignas(4 * sizeof(type)) name##4 \
  { \
    type x, y, z, w; \
  }; \
  static inline name##2 make_##name##2(type x, type y) \
  { \
    return { x, y }; \
  } \
  static inline name##4 make_##name##4(type x, type y, type z, type w) \
  { \
    return { x, y, z, w }; \
  }
EMULATE_VECTORS(float, float)
EMULATE_VECTORS(unsigned, uint)

/* ---- within a kernel ---- */

struct emulate_place { /* of the thread that runs now */
  uint3 thread, block;
  dim3 blocks, threads; /* gridDim, blockDim */
  unsigned lane;
};
extern struct emulate_place emulate_here;

#define threadIdx (emulate_here.thread)
#define blockIdx (emulate_here.block)
#define blockDim (emulate_here.threads)
#define gridDim (emulate_here.blocks)

unsigned char *emulate_shared(void);
#define HO_SHARED(name) unsigned char *const name = emulate_shared()

/* Ends the kernel with a fault. */
[[noreturn]] void emulate_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A barrier is known by the line that it stands in. */
void emulate_barrier(const char *file, int line);
static inline void __syncthreads(const char *file = __builtin_FILE(), int line = __builtin_LINE())
{
  emulate_barrier(file, line);
}

/* An operation of a whole warp: the last lane to arrive runs work(in, out, lanes), for all of them. */
typedef void emulate_work(const void *const *in, void *const *out, int lanes);
void emulate_warp(unsigned mask, const void *in, void *out, emulate_work *);

template <class T> struct emulate_shuffled {
  T value;
  int from;
};
template <class T> static inline void emulate_shuffle(const void *const *in, void *const *out, int lanes)
{
  for (int i = 0; i < lanes; i++) {
    int from = ((const emulate_shuffled<T> *)in[i])->from;
    *(T *)out[i] = ((const emulate_shuffled<T> *)in[from < lanes ? from : i])->value;
  }
}
template <class T> static inline T emulate_shuffle_from(unsigned mask, T value, int from)
{
  struct emulate_shuffled<T> in = {
    value, from
  };
  T out;
  emulate_warp(mask, &in, &out, emulate_shuffle<T>);
  return out;
}
template <class T> static inline T __shfl_sync(unsigned mask, T value, int from, int width = 32)
{
  int lane = (int)emulate_here.lane;
  return emulate_shuffle_from(mask, value, lane / width * width + from % width);
}
template <class T> static inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32)
{
  int lane = (int)emulate_here.lane, from = lane ^ bits;
  return emulate_shuffle_from(mask, value, from / width > lane / width ? lane : from);
}
static inline unsigned __umulhi(unsigned a, unsigned b)
{
  return (unsigned)((uint64_t)a * b >> 32);
}
template <class To, class From> static inline To emulate_bits(From from)
{
  To to;
  static_assert(sizeof to == sizeof from, "the same bits");
  memcpy(&to, &from, sizeof to);
  return to;
}
static inline unsigned __float_as_uint(float a)
{
  return emulate_bits<unsigned>(a);
}
static inline float __uint_as_float(unsigned a)
{
  return emulate_bits<float>(a);
}
/* Rounded to nearest, never fused. */
#define EMULATE_ROUNDED(type, prefix) \
  static inline type __##prefix##add_rn(type a, type b) \
  { \
    return a + b; \
  } \
  static inline type __##prefix##sub_rn(type a, type b) \
  { \
    return a - b; \
  } \
  static inline type __##prefix##mul_rn(type a, type b) \
  { \
    return a * b; \
  } \
  static inline type __##prefix##div_rn(type a, type b) \
  { \
    return a / b; \
  } \
  static inline type __##prefix##sqrt_rn(type a) \
  { \
    return (type)sqrt(a); \
  }
EMULATE_ROUNDED(float, f)
EMULATE_ROUNDED(double, d)
using std::max;
using std::min;

/* ---- asynchronous copies and tensor cores: as in core/nn/cuda/ptx.h ---- */

void ho_copy16(void *shared, const void *global, bool valid);
void ho_copy4(void *shared, const void *global, bool valid);
void ho_copy_commit(void);
void emulate_copy_wait(int pending);
template <int PENDING> static inline void ho_copy_wait(void)
{
  emulate_copy_wait(PENDING);
}
unsigned ho_tf32(float);
unsigned ho_bf16_pair(float low, float high);
void ho_mma_tf32(float d[4], const unsigned a[4], const unsigned b[2]);
void ho_mma_bf16(float d[4], const unsigned a[4], const unsigned b[2]);

#include "runtime.h"

void emulate_launch(cudaStream_t, dim3 blocks, dim3 threads, size_t shared, std::function<void(void)> kernel);
template <class... P, class... A>
static inline void ho_launch(cudaStream_t stream, void (*kernel)(P...), dim3 grid, dim3 block, size_t shared, A... a)
{
  emulate_launch(stream, grid, block, shared, [=] { kernel(static_cast<P>(a)...); });
}

#endif
