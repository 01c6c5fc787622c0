/* SPDX-License-Identifier: MIT
 * runtime.cc - errors, the device and its streams, events and graphs, see runtime.h.
 *
 * Work is a list of items, each with the items that it has to wait for: the one before in its stream and those of the
 * events that its stream waits for.  Nothing else orders it: with emulation.late_work an item runs only when something
 * waits for it.  A graph is a list of items of its own, appended to the list at each launch. */
#include "queue.h"

#include <stdio.h>
#include <time.h>

enum { VERSION = 13000 }; /* of CUDA that is emulated: 13.0 */

static const struct emulation defaults = { .order = EMULATE_FORWARD,
                                           .late_copies = 0,
                                           .late_work = 0,
                                           .memory = (size_t)1 << 30,
                                           .devices = 1,
                                           .calls_left = -1,
                                           .driver = VERSION,
                                           .taken = 0,
                                           .major = 9,
                                           .minor = 0,
                                           .codeless = 0,
                                           .launches = 0,
                                           .used = 0,
                                           .fault = "" };
struct emulation emulation = defaults;

/* ---- errors ---- */

static cudaError_t last, lost; /* lost: of a kernel or device, for good */

cudaError_t emulate_error(cudaError_t e)
{
  if (e != cudaSuccess)
    last = e;
  return e;
}

void emulate_lose(cudaError_t e)
{
  lost = last = e;
}

cudaError_t emulate_lost(void)
{
  return lost;
}

cudaError_t emulate_call(void)
{
  if (lost == cudaSuccess && emulation.calls_left == 0)
    emulate_lose(cudaErrorLaunchFailure);
  if (emulation.calls_left > 0)
    emulation.calls_left--;
  return lost;
}

void emulate_reset(void)
{
  size_t used = emulation.used;
  emulate_queue_clear();
  emulation = defaults;
  emulation.used = used;
  last = lost = cudaSuccess;
}

cudaError_t cudaGetLastError(void)
{
  cudaError_t e = last;
  last = lost;
  return e;
}

static const struct {
  cudaError_t error;
  const char *name, *text;
} errors[] = {
  { cudaSuccess, "cudaSuccess", "no error" },
  { cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument" },
  { cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory" },
  { cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument" },
  { cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected" },
  { cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal" },
  { cudaErrorNotReady, "cudaErrorNotReady", "device not ready" },
  { cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure" },
  { cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
    "operation not permitted when stream is capturing" },
  { cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
    "operation failed due to a previous error during capture" },
  { cudaErrorStreamCaptureUnjoined, "cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work" },
  { cudaErrorStreamCaptureIsolation, "cudaErrorStreamCaptureIsolation",
    "dependency created on uncaptured work in another stream" },
  { cudaErrorStreamCaptureImplicit, "cudaErrorStreamCaptureImplicit",
    "operation would make the legacy stream depend on a capturing blocking stream" },
};

const char *cudaGetErrorString(cudaError_t e)
{
  if (e == cudaErrorLaunchFailure && *emulation.fault)
    return emulation.fault;
  for (const auto &known : errors)
    if (known.error == e)
      return known.text;
  return "unknown error";
}

const char *cudaGetErrorName(cudaError_t e)
{
  for (const auto &known : errors)
    if (known.error == e)
      return known.name;
  return "cudaErrorUnknown";
}

/* ---- the device ---- */

cudaError_t cudaGetDeviceCount(int *n)
{
  *n = emulation.driver < VERSION ? 0 : emulation.devices;
  if (emulation.driver < VERSION)
    return emulate_error(cudaErrorInsufficientDriver);
  return emulate_error(emulation.devices > 0 ? cudaSuccess : cudaErrorNoDevice);
}

cudaError_t cudaSetDevice(int device)
{
  if (device < 0 || device >= emulation.devices)
    return emulate_error(cudaErrorInvalidDevice);
  return emulate_error(emulation.taken ? cudaErrorDevicesUnavailable : cudaSuccess);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int device)
{
  *p = {};
  snprintf(p->name, sizeof p->name, "emulated GPU");
  p->totalGlobalMem = emulation.memory;
  p->major = emulation.major;
  p->minor = emulation.minor;
  return emulate_error(device >= 0 && device < emulation.devices ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaDriverGetVersion(int *version)
{
  *version = emulation.driver;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
  *version = VERSION;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
  *total = emulation.memory;
  *free = emulation.memory > emulation.used ? emulation.memory - emulation.used : 0;
  return emulate_error(lost);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *a, const void *)
{
  *a = {};
  return emulate_error(emulation.codeless ? cudaErrorNoKernelImageForDevice : lost);
}

cudaError_t cudaFuncSetAttribute(const void *, cudaFuncAttribute, int)
{
  return cudaSuccess;
}

/* ---- kernels ---- */

void emulate_launch(cudaStream_t stream, dim3 blocks, dim3 threads, size_t shared, std::function<void(void)> kernel)
{
  size_t most = (size_t)threads.x * threads.y * threads.z;
  bool fits = most > 0 && most <= 1024 && threads.z <= 64 && blocks.x > 0 && blocks.y > 0 && blocks.z > 0 &&
              blocks.x <= 0x7fffffff && blocks.y <= 65535 && blocks.z <= 65535 && shared <= EMULATE_SHARED;
  if (!fits)
    emulate_error(cudaErrorInvalidConfiguration);
  else
    emulate_add(stream, [=] {
      if (!emulate_run(blocks, threads, shared, kernel))
        emulate_lose(cudaErrorLaunchFailure);
    });
}

/* ---- events ---- */

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned)
{
  *e = new emulate_event();
  return emulate_error(lost);
}

cudaError_t cudaEventCreate(cudaEvent_t *e)
{
  return cudaEventCreateWithFlags(e, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t e)
{
  delete e;
  return cudaSuccess;
}

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t stream)
{
  std::shared_ptr<double> time = e->time = std::make_shared<double>(0);
  cudaError_t error = emulate_add(stream, [=] { *time = seconds(); });
  if (error == cudaSuccess)
    emulate_mark(stream, e);
  return error;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t a, cudaEvent_t b)
{
  if (cudaEventQuery(a) != cudaSuccess || cudaEventQuery(b) != cudaSuccess || !a->time || !b->time)
    return emulate_error(cudaErrorNotReady);
  *milliseconds = (float)((*b->time - *a->time) * 1e3);
  return cudaSuccess;
}
