/* SPDX-License-Identifier: MIT
 * engine_load.c - finds, loads and checks the shared object of an engine; see engine_load.h. */
#include "nn/engine_load.h"

#include <stdio.h>
#include <string.h>

#include "base/module.h"
#include "base/text.h"
#include "config.h"
#include "nn/engine_module.h"
#include "places.h"

static const struct ho_module_kind engines = { .noun = "engine",
                                               .in_build = "engines",
                                               .from_bin = HO_ENGINE_DIR_FROM_BIN,
                                               .installed = HO_ENGINE_DIR,
                                               .variable = "HOLDOUT_ENGINE_DIR",
                                               .symbol = HO_ENGINE_MODULE_SYMBOL };

#ifdef HO_CUDA
static const char remedy[] = "it is built and installed together with the program: run `make' or `make install' again";
#else
static const char remedy[] = "this holdout was built without CUDA: install NVIDIA's nvcc, then run `./configure "
                             "--with-cuda' and `make' again";
#endif

/* What was loaded is never closed: devices call its functions, and CUDA does not survive it. */
static const struct ho_engine_module *load(const char *name, struct ho_error *err)
{
  struct ho_module_file f;
  if (ho_module_open(&engines, name, remedy, &f, err))
    return NULL;
  const struct ho_engine_module *module = f.symbol;
  if (!ho_module_check_build(&engines, &f, module->build, err)) {
    if (module->bytes == sizeof *module)
      return module;
    ho_error_set(err, "%.400s: this engine has a table of %u bytes where the program expects %zu; build both again",
                 f.path, (unsigned)module->bytes, sizeof *module);
  }
  ho_module_close(&f);
  return NULL;
}

struct ho_device *ho_device_open(const char *engine, const char *precision, struct ho_error *err)
{
  char name[16];
  long long number = 0;
  size_t length = strcspn(engine, ":");
  if (!strcmp(engine, ho_cpu.name)) {
    if (!strcmp(precision, "float32"))
      return &ho_cpu;
    ho_error_set(err, "--precision %s needs --engine cuda: the CPU's engine computes in float32 only", precision);
    return NULL;
  }
  if (length >= sizeof name || (engine[length] && ho_text_int(engine + length + 1, &number))) {
    ho_error_set(err, "`%.60s' is not an engine", engine);
    return NULL;
  }
  snprintf(name, sizeof name, "%.*s", (int)length, engine);
  const struct ho_engine_module *module = load(name, err);
  struct ho_device *device = module ? module->open((int)number, precision, err) : NULL;
  if (!device)
    ho_error_prefix(err, "--engine %s", engine);
  return device;
}
