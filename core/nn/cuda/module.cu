/* SPDX-License-Identifier: MIT
 * module.cu - what the module of this engine exports; see nn/engine_module.h. */
#include <string.h>

#include "config.h"
#include "nn/cuda/device.h"
#include "version.h"

extern "C" {
#include "base/module.h"
#include "nn/engine_module.h"
}

static struct ho_device *open(int number, const char *precision, struct ho_error *err)
{
  for (int i = 0; i < HO_PRECISIONS; i++)
    if (!strcmp(precision, ho_precisions[i])) {
      struct ho_gpu *gpu = ho_gpu_open(number, (enum ho_precision)i, err);
      return gpu ? &gpu->base : NULL;
    }
  ho_error_set(err, "`%.40s' is not a precision of the cuda engine: float32, tf32 or bf16", precision);
  return NULL;
}

extern "C" {
extern __attribute__((visibility("default"))) const struct ho_engine_module ho_engine_module;
const struct ho_engine_module ho_engine_module = { sizeof(struct ho_engine_module), HO_BUILD, open };
}
