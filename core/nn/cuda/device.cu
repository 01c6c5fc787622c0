/* SPDX-License-Identifier: MIT
 * device.cu - opens and closes a GPU, its memory and its errors; see device.h. */
#include "nn/cuda/device.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAJOR = 8, MINOR = 0 }; /* the oldest compute capability that the kernels run on */

const char *const ho_precisions[HO_PRECISIONS] = { "float32", "tf32", "bf16" };

/* ---- errors ---- */

/* Errors after which nothing works any more, until the program ends. */
static int is_final(cudaError_t e)
{
  return e != cudaErrorMemoryAllocation && e != cudaErrorInvalidValue && e != cudaErrorInvalidConfiguration;
}

int ho_gpu_check(struct ho_gpu *gpu, cudaError_t e, const char *doing, struct ho_error *err)
{
  if (e == cudaSuccess)
    return 0;
  cudaGetLastError();
  if (e == cudaErrorMemoryAllocation)
    return ho_error_set_as(err, HO_ERROR_MEMORY, "%s: out of memory while %s", gpu->base.name, doing);
  char text[sizeof gpu->lost];
  snprintf(text, sizeof text, "%s: %s failed: %s (CUDA error %d)", gpu->base.name, doing, cudaGetErrorString(e),
           (int)e);
  if (is_final(e) && !*gpu->lost)
    snprintf(gpu->lost, sizeof gpu->lost, "%s", text);
  return ho_error_set(err, "%s", text);
}

int ho_gpu_check_launch(struct ho_gpu *gpu, const char *doing, struct ho_error *err)
{
  return ho_gpu_check(gpu, cudaGetLastError(), doing, err);
}

int ho_gpu_enter(struct ho_gpu *gpu, struct ho_error *err)
{
  if (*gpu->lost)
    return ho_error_set(err, "%s", gpu->lost);
  return ho_gpu_check(gpu, cudaSetDevice(gpu->number), "choosing the device", err);
}

/* ---- memory ---- */

void *ho_gpu_get(struct ho_gpu *gpu, size_t bytes, const char *what, struct ho_error *err)
{
  size_t available, all;
  void *memory;
  if (ho_gpu_check(gpu, cudaMemGetInfo(&available, &all), "asking for the free memory", err))
    return NULL;
  if (bytes > available) {
    ho_error_set_as(err, HO_ERROR_MEMORY, "%s: %s needs %zu bytes of device memory, but only %zu of %zu are free",
                    gpu->base.name, what, bytes, available, all);
    return NULL;
  }
  cudaError_t e = cudaMalloc(&memory, bytes ? bytes : 1);
  if (e == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    ho_error_set_as(err, HO_ERROR_MEMORY,
                    "%s: %s needs %zu bytes of device memory in one piece, which the %zu free ones do not have",
                    gpu->base.name, what, bytes, available);
    return NULL;
  }
  return ho_gpu_check(gpu, e, "reserving device memory", err) ? NULL : memory;
}

void ho_gpu_put(struct ho_gpu *gpu, void *memory)
{
  if (memory)
    ho_gpu_check(gpu, cudaFree(memory), "freeing device memory", NULL);
}

void *ho_gpu_get_pinned(struct ho_gpu *gpu, size_t bytes, const char *what, struct ho_error *err)
{
  void *memory;
  cudaError_t e = cudaMallocHost(&memory, bytes ? bytes : 1);
  if (e == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    ho_error_set_as(err, HO_ERROR_MEMORY, "%s: %s needs %zu bytes of page-locked memory, which the system refused",
                    gpu->base.name, what, bytes);
    return NULL;
  }
  return ho_gpu_check(gpu, e, "reserving page-locked memory", err) ? NULL : memset(memory, 0, bytes);
}

void ho_gpu_put_pinned(struct ho_gpu *gpu, void *memory)
{
  if (memory)
    ho_gpu_check(gpu, cudaFreeHost(memory), "freeing page-locked memory", NULL);
}

int ho_gpu_wait(struct ho_gpu *gpu, const char *doing, struct ho_error *err)
{
  int failed = ho_gpu_check(gpu, cudaStreamSynchronize(gpu->stream), doing, err);
  for (int i = 0; i < gpu->results && !failed; i++)
    memcpy(gpu->result[i].to, gpu->sums + gpu->result[i].from, gpu->result[i].n * sizeof(double));
  gpu->results = 0;
  gpu->sums_used = 0;
  return failed;
}

/* ---- opening ---- */

static struct ho_gpu *refused(struct ho_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct ho_gpu *refused(struct ho_error *err, const char *format, ...)
{
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  cudaGetLastError();
  ho_error_set(err, "%s", text);
  return NULL;
}

/* How many devices there are; -1 with a message if the driver does not say. */
static int count_devices(struct ho_error *err)
{
  int devices = 0, driver = 0, toolkit = 0;
  cudaError_t e = cudaGetDeviceCount(&devices);
  if (e == cudaSuccess && devices > 0)
    return devices;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&toolkit);
  if (e == cudaErrorInsufficientDriver && driver > 0)
    refused(err,
            "the NVIDIA driver supports CUDA %d.%d, but this program was built with %d.%d: update the driver, or build "
            "with an older toolkit",
            driver / 1000, driver % 1000 / 10, toolkit / 1000, toolkit % 1000 / 10);
  else if (e == cudaErrorInsufficientDriver || e == cudaErrorStubLibrary)
    refused(err, "there is no NVIDIA driver on this machine");
  else if (e == cudaErrorNoDevice || e == cudaSuccess)
    refused(err, "there is no NVIDIA GPU on this machine, or none that this process may use (CUDA_VISIBLE_DEVICES)");
  else
    refused(err, "the NVIDIA driver does not answer: %s (CUDA error %d)", cudaGetErrorString(e), (int)e);
  return -1;
}

/* Stands for all kernels, which are compiled for the same generations of GPU. */
static __global__ void any_kernel(void)
{
}

static int lacks_code(cudaError_t e)
{
  return e == cudaErrorNoKernelImageForDevice || e == cudaErrorInvalidDeviceFunction ||
         e == cudaErrorUnsupportedPtxVersion;
}

/* Makes the stream, and so the first contact with the device; looks whether kernels would run. */
static int start(struct ho_gpu *gpu, struct ho_error *err)
{
  struct cudaFuncAttributes attributes;
  cudaError_t e = cudaSetDevice(gpu->number);
  if (e == cudaSuccess)
    e = cudaStreamCreateWithFlags(&gpu->stream, cudaStreamNonBlocking);
  if (e == cudaSuccess)
    e = cudaFuncGetAttributes(&attributes, (const void *)any_kernel);
  if (e == cudaSuccess)
    return 0;
  if (lacks_code(e))
    refused(err,
            "%s has compute capability %d.%d, for which this engine was not compiled: configure with "
            "CUDA_ARCHS=%d%d, and make it again",
            gpu->base.name, gpu->major, gpu->minor, gpu->major, gpu->minor);
  else if (e == cudaErrorDevicesUnavailable)
    refused(err, "%s is in use: another process has it for itself, or its compute mode forbids work", gpu->base.name);
  else if (e == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    ho_error_set_as(err, HO_ERROR_MEMORY, "%s has no memory left: other processes use all of it", gpu->base.name);
  } else
    refused(err, "%s cannot be used: %s (CUDA error %d)", gpu->base.name, cudaGetErrorString(e), (int)e);
  return -1;
}

struct ho_gpu *ho_gpu_open(int number, enum ho_precision precision, struct ho_error *err)
{
  struct cudaDeviceProp p;
  int devices = count_devices(err);
  if (devices < 0)
    return NULL;
  if (number < 0 || number >= devices)
    return refused(err, "there is no device cuda:%d: this machine has %d, and the first is cuda:0", number, devices);
  cudaError_t e = cudaGetDeviceProperties(&p, number);
  if (e != cudaSuccess)
    return refused(err, "cuda:%d does not answer: %s (CUDA error %d)", number, cudaGetErrorString(e), (int)e);
  if (p.major < MAJOR || (p.major == MAJOR && p.minor < MINOR))
    return refused(err, "cuda:%d %.80s is too old: it has compute capability %d.%d, and %d.%d is needed", number,
                   p.name, p.major, p.minor, (int)MAJOR, (int)MINOR);
  struct ho_gpu *gpu = (struct ho_gpu *)ho_alloc(1, sizeof *gpu, "a device", err);
  if (!gpu)
    return NULL;
  gpu->base.kind = &ho_engine_cuda;
  snprintf(gpu->base.name, sizeof gpu->base.name, "cuda:%d %.100s", number, p.name);
  gpu->number = number;
  gpu->precision = precision;
  gpu->major = p.major;
  gpu->minor = p.minor;
  gpu->memory = p.totalGlobalMem;
  gpu->replay = 1;
  if (!start(gpu, err) &&
      (gpu->sums = (double *)ho_gpu_get_pinned(gpu, HO_GPU_SUMS * sizeof(double), "the device", err)))
    return gpu;
  ho_gpu_close(gpu);
  return NULL;
}

void ho_gpu_describe(const struct ho_gpu *gpu, char *text, size_t size)
{
  int driver = 0, toolkit = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&toolkit);
  snprintf(text, size, "%s, compute capability %d.%d, %.1f GiB, driver for CUDA %d.%d, toolkit %d.%d, %s",
           gpu->base.name, gpu->major, gpu->minor, (double)gpu->memory / (1 << 30), driver / 1000, driver % 1000 / 10,
           toolkit / 1000, toolkit % 1000 / 10, ho_precisions[gpu->precision]);
}

void ho_gpu_close(struct ho_gpu *gpu)
{
  if (!gpu)
    return;
  gpu->results = 0; /* nobody waits for them */
  if (gpu->stream) {
    cudaSetDevice(gpu->number);
    cudaStreamSynchronize(gpu->stream);
    cudaStreamDestroy(gpu->stream);
  }
  ho_gpu_put(gpu, gpu->scratch);
  ho_gpu_put_pinned(gpu, gpu->sums);
  ho_free(gpu);
}
