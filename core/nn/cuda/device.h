/* SPDX-License-Identifier: MIT
 * device.h - one GPU: its stream, its memory, and what its errors are called.
 *
 * All work of a device is in one stream, in the order in which it was asked for.  An error of a kernel or of the device
 * itself cannot be mended: the first is remembered, with what was being done, and every later call returns it. */
#ifndef HO_CUDA_DEVICE_H
#define HO_CUDA_DEVICE_H

#include "nn/cuda/layer.h"

extern "C" {
#include "nn/engine.h"
}

struct ho_gpu_result { /* sums on their way to the caller, who gets them when the device is waited for */
  double *to;
  size_t from, n; /* numbers, in pinned memory */
};

struct ho_gpu {
  struct ho_device base;
  int number;
  enum ho_precision precision;
  int major, minor; /* compute capability */
  size_t memory;    /* bytes in all */
  cudaStream_t stream;
  int replay; /* run passes that come again as CUDA graphs; tests switch it off */
  char lost[512];

  /* ---- for arrays.cu ---- */
  void *scratch; /* device memory */
  size_t scratch_bytes;
  double *sums; /* pinned host memory: results, whose first `sums_used' are on their way */
  size_t sums_used;
  struct ho_gpu_result result[64];
  int results;
};

/* Opens device `number'.  Returns NULL with a message if there is none that can be used; ho_gpu_close frees it. */
struct ho_gpu *ho_gpu_open(int number, enum ho_precision, struct ho_error *);
void ho_gpu_close(struct ho_gpu *);

/* Name, compute capability, memory, driver, toolkit, precision. */
void ho_gpu_describe(const struct ho_gpu *, char *text, size_t size);

enum { HO_PRECISIONS = 3 };
extern const char *const ho_precisions[HO_PRECISIONS]; /* the names, in the order of enum ho_precision */

/* Begins a call of the engine's interface: makes this the calling thread's device, and returns -1 with the message of
 * an earlier error if the device is lost. */
int ho_gpu_enter(struct ho_gpu *, struct ho_error *);

/* Returns 0, or -1 with a message that says what failed.  `doing' is as in "copying parameters to the device". */
int ho_gpu_check(struct ho_gpu *, cudaError_t, const char *doing, struct ho_error *);
int ho_gpu_check_launch(struct ho_gpu *, const char *doing, struct ho_error *); /* of all kernels launched since */

/* Device memory, not initialised, which is refused before it is asked for if it does not fit; `what' names it in the
 * message.  NULL with HO_ERROR_MEMORY then. */
void *ho_gpu_get(struct ho_gpu *, size_t bytes, const char *what, struct ho_error *);
void ho_gpu_put(struct ho_gpu *, void *); /* waits for what uses it; accepts NULL */

/* Host memory that the device reads and writes while the host goes on; zeroed. */
void *ho_gpu_get_pinned(struct ho_gpu *, size_t bytes, const char *what, struct ho_error *);
void ho_gpu_put_pinned(struct ho_gpu *, void *); /* accepts NULL */

/* Waits until everything asked for is done, and hands out the results on their way; if it fails, drops them. */
int ho_gpu_wait(struct ho_gpu *, const char *doing, struct ho_error *);

/* arrays.cu */
extern const struct ho_vectors ho_gpu_vectors;
enum { HO_GPU_SUMS = 8192 }; /* numbers in `sums' */

/* engine.cu: the kind of all devices. */
extern const struct ho_engine_kind ho_engine_cuda;

#endif
