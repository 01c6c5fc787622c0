/* SPDX-License-Identifier: MIT
 * engine_module.h - what a module with an engine in it exports: one symbol, ho_engine_module, of the struct below.
 *
 * Such a module is loaded when its engine is asked for, and stays loaded: its devices' functions are called through
 * struct ho_device's kind.  It calls nothing of the program.  As the structs that both use may change at any commit, the
 * program refuses a module whose `bytes' or `build' are not its own; these two members stay where they are. */
#ifndef HO_ENGINE_MODULE_H
#define HO_ENGINE_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "nn/engine.h"

#define HO_ENGINE_MODULE_SYMBOL "ho_engine_module"

struct ho_engine_module {
  uint32_t bytes;    /* sizeof(struct ho_engine_module) */
  const char *build; /* HO_BUILD (base/module.h) */

  /* Opens device `number', from 0, for computing with `precision': "float32", "tf32" or "bf16".  The caller closes it by
   * ho_device_close.  NULL with a message in err if there is no driver or an old one, no such device, one that is too
   * old, that it was not built for, or that is taken by another process, or no such precision. */
  struct ho_device *(*open)(int number, const char *precision, struct ho_error *err);
};

#endif
