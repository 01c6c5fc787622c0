/* SPDX-License-Identifier: MIT
 * engine_load.h - opens the device that --engine names, with the shared object that its engine is in.
 *
 * The CPU's engine is part of the program.  Another one is NAME.so: in the folder $HOLDOUT_ENGINE_DIR if that is set, or
 * else in `engines' beside the program in a build tree, and in $(libdir)/holdout/engines when installed. */
#ifndef HO_ENGINE_LOAD_H
#define HO_ENGINE_LOAD_H

#include "nn/engine.h"

/* engine: "cpu", "cuda" or "cuda:N", the device of that number; precision: "float32", "tf32" or "bf16".  The caller closes
 * the device by ho_device_close.  Returns NULL, with a remedy in the message, if the engine's file is missing, cannot be
 * loaded or was not built together with the program, or if the engine has no such device or precision. */
struct ho_device *ho_device_open(const char *engine, const char *precision, struct ho_error *err);

#endif
