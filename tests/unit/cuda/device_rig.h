/* SPDX-License-Identifier: MIT
 * device_rig.h - what tests of kernels share: the C headers, device memory, and all ways of running a kernel. */
#ifndef HO_DEVICE_RIG_H
#define HO_DEVICE_RIG_H

#include "nn/cuda/gpu.h"

extern "C" {
#include "base/memory.h"
#include "compute/random.h"
#include "../twin.h"
#include "../unit.h"
}

#ifndef HO_EMULATE
/* On a GPU, where make check-gpu runs the same tests, there is nothing to choose, and nothing is reported. */
enum emulate_order { EMULATE_FORWARD, EMULATE_ORDERS };
struct emulation {
  enum emulate_order order;
  int late_copies, late_work;
  long launches;
};
static struct emulation emulation __attribute__((unused));
static inline void emulate_reset(void)
{
}
#endif

/* Number i of WAYS: orders of threads and blocks, with copies to shared memory as early or as late as they may be. */
enum { WAYS = 2 * EMULATE_ORDERS };
void run_in_way(int i);

/* Arrays in device memory, freed by the test with cudaFree; the test fails if there is an error. */
float *device_floats(size_t n);                  /* NaN */
float *device_copy(size_t n, const float *host); /* n floats of the host; NULL of NULL */
float *host_copy(size_t n, const float *device); /* freed with ho_free */
void device_check(void);                         /* waits; fails the test if anything has failed */

#endif
