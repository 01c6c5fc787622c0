/* SPDX-License-Identifier: MIT
 * module.cu - what the module of this engine exports; see nn/engine_module.h. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "nn/cuda/device.h"
#include "version.h"

extern "C" {
#include "base/module.h"
#include "nn/engine_module.h"
}

static const char *const precisions[] = { "float32", "tf32", "bf16" }; /* in the order of enum ho_precision */
enum { PRECISIONS = sizeof precisions / sizeof *precisions };

static struct ho_device *open(int number, const char *precision, struct ho_error *err)
{
  for (int i = 0; i < PRECISIONS; i++)
    if (!strcmp(precision, precisions[i])) {
      struct ho_gpu *gpu = ho_gpu_open(number, (enum ho_precision)i, err);
      return gpu ? &gpu->base : NULL;
    }
  ho_error_set(err, "`%.40s' is not a precision of the cuda engine: float32, tf32 or bf16", precision);
  return NULL;
}

static void describe(const struct ho_device *device, char *text, size_t size)
{
  const struct ho_gpu *gpu = (const struct ho_gpu *)device;
  int driver = 0, toolkit = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&toolkit);
  snprintf(text, size, "%s, compute capability %d.%d, %.1f GiB, driver for CUDA %d.%d, toolkit %d.%d, %s", device->name,
           gpu->major, gpu->minor, (double)gpu->memory / (1 << 30), driver / 1000, driver % 1000 / 10, toolkit / 1000,
           toolkit % 1000 / 10, precisions[gpu->precision]);
}

extern "C" {
extern __attribute__((visibility("default"))) const struct ho_engine_module ho_engine_module;
const struct ho_engine_module ho_engine_module = { sizeof(struct ho_engine_module), HO_BUILD, open, describe };
}
