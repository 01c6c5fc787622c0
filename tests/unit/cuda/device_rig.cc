/* SPDX-License-Identifier: MIT
 * device_rig.cc - see device_rig.h. */
#include "device_rig.h"

void run_in_way(int i)
{
  emulate_reset();
  emulation.order = (enum emulate_order)(i % EMULATE_ORDERS);
  emulation.late_copies = i / EMULATE_ORDERS;
}

void device_check(void)
{
  cudaDeviceSynchronize();
  cudaError_t e = cudaGetLastError();
  if (e != cudaSuccess)
    ck_abort_msg("%s: %s", cudaGetErrorName(e), cudaGetErrorString(e));
}

float *device_floats(size_t n)
{
  float *p;
  cudaMalloc(&p, (n ? n : 1) * sizeof *p);
  device_check();
  return p;
}

float *device_copy(size_t n, const float *host)
{
  if (!host)
    return NULL;
  float *p = device_floats(n);
  cudaMemcpy(p, host, n * sizeof *p, cudaMemcpyHostToDevice);
  device_check();
  return p;
}

float *host_copy(size_t n, const float *device)
{
  float *p = (float *)ho_alloc(n, sizeof *p, "a test", NULL);
  cudaMemcpy(p, device, n * sizeof *p, cudaMemcpyDeviceToHost);
  device_check();
  return p;
}
