/* SPDX-License-Identifier: MIT
 * threads.h - between runtime.cc and threads.cc. */
#ifndef HO_EMULATE_THREADS_H
#define HO_EMULATE_THREADS_H

#include "emulate.h"

/* Runs a kernel, whose arguments are within the function.  False after a fault, with emulation.fault set. */
bool emulate_run(dim3 blocks, dim3 size, size_t shared, const std::function<void(void)> &kernel);

#endif
