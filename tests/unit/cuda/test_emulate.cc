/* SPDX-License-Identifier: MIT
 * test_emulate.cc - the emulator itself: that kernels compute what they say, and that faults show. */
#include "device_rig.h"

#include <signal.h>
#include <stdlib.h>

enum { N = 96 };

/* ---- kernels ---- */

/* y[i] = x[N - 1 - i] by shared memory; without its barrier it is wrong. */
static __global__ void turn_around(const float *x, float *y, int barrier)
{
  HO_SHARED(bytes);
  float *s = (float *)bytes;
  int t = (int)threadIdx.x;
  s[t] = x[blockIdx.x * N + (unsigned)t];
  if (barrier)
    __syncthreads();
  y[blockIdx.x * N + (unsigned)t] = s[N - 1 - t];
}

static __global__ void warp_sum(const float *x, float *y)
{
  float sum = x[threadIdx.x];
  for (int bits = 16; bits; bits /= 2)
    sum += __shfl_xor_sync(0xffffffffu, sum, bits);
  y[threadIdx.x] = sum;
}

static __global__ void half_waits(int different)
{
  if (threadIdx.x < N / 2)
    __syncthreads();
  else if (different)
    __syncthreads();
  else
    __shfl_sync(0xffffffffu, 1, 0);
}

/* A pipeline of two buffers, with faults to choose from. */
enum { RIGHT, NO_WAIT, NO_BARRIER, NO_LAST_BARRIER };
static __global__ void pipeline(const float *x, float *y, int steps, int fault)
{
  __shared__ float s[2][N];
  int t = (int)threadIdx.x;
  float sum = 0;
  ho_copy4(&s[0][t], x + t, true);
  ho_copy_commit();
  for (int k = 0; k < steps; k++) {
    if (k + 1 < steps)
      ho_copy4(&s[(k + 1) % 2][t], x + (k + 1) * N + t, true);
    ho_copy_commit();
    if (fault != NO_WAIT)
      ho_copy_wait<1>();
    if (fault != NO_BARRIER)
      __syncthreads();
    sum += s[k % 2][(t + 40) % N];
    if (fault != NO_LAST_BARRIER)
      __syncthreads();
  }
  y[t] = sum;
}

static __global__ void store(float *y, int i)
{
  y[i] = 1;
}

static __global__ void misaligned(const float *x)
{
  __shared__ __align__(16) float s[8];
  ho_copy16(s, x + 1, true);
}

/* y = a variable in shared memory that no thread of this block has written. */
static __global__ void left_over(float *y)
{
  __shared__ float s;
  y[blockIdx.x] = s;
  s = 1;
}

static __global__ void copy_four(const float *x, float *y)
{
  *(float4 *)y = *(const float4 *)x;
}

/* ---- tests ---- */

static float *numbers(int n)
{
  return random_floats((size_t)n, 1);
}

START_TEST(barriers)
{
  float *x = numbers(3 * N), *dx = device_copy(3 * N, x), *dy = device_floats(3 * N);
  run_in_way(_i);
  ho_launch(NULL, turn_around, dim3(3), dim3(N), N * sizeof(float), dx, dy, 1);
  float *y = host_copy(3 * N, dy);
  for (int i = 0; i < 3 * N; i++)
    if (y[i] != x[i / N * N + N - 1 - i % N])
      ck_abort_msg("%d", i);
  cudaFree(dx);
  cudaFree(dy);
  ho_free(x);
  ho_free(y);
}
END_TEST

START_TEST(shuffles)
{
  float *x = numbers(32), *dx = device_copy(32, x), *dy = device_floats(32);
  double sum = 0;
  run_in_way(_i);
  ho_launch(NULL, warp_sum, dim3(1), dim3(32), 0, dx, dy);
  float *y = host_copy(32, dy);
  for (int i = 0; i < 32; i++)
    sum += x[i];
  for (int i = 0; i < 32; i++)
    if (!(fabs(y[i] - sum) < 1e-5))
      ck_abort_msg("%d: %g, not %g", i, (double)y[i], sum);
  cudaFree(dx);
  cudaFree(dy);
  ho_free(x);
  ho_free(y);
}
END_TEST

/* Whether the results differ from those of the kernel without a fault, in any way of running. */
static int noticed(int fault, int steps)
{
  float *x = numbers(N * steps), *dx = device_copy((size_t)(N * steps), x), *dy = device_floats(N);
  int differs = 0;
  for (int way = 0; way < WAYS; way++) {
    run_in_way(way);
    ho_launch(NULL, pipeline, dim3(1), dim3(N), 0, dx, dy, steps, fault);
    float *y = host_copy(N, dy);
    for (int t = 0; t < N; t++) {
      float sum = 0;
      for (int k = 0; k < steps; k++)
        sum += x[k * N + (t + 40) % N];
      differs += sum != y[t];
    }
    ho_free(y);
  }
  cudaFree(dx);
  cudaFree(dy);
  ho_free(x);
  return differs > 0;
}

START_TEST(faults_of_a_pipeline)
{
  ck_assert(!noticed(RIGHT, 5));
  ck_assert(noticed(NO_WAIT, 5));
  ck_assert(noticed(NO_BARRIER, 5));
  ck_assert(noticed(NO_LAST_BARRIER, 5));
}
END_TEST

/* A launch that fails, and everything after it. */
static void fails_with(const char *text)
{
  ck_assert_int_eq(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  if (!strstr(emulation.fault, text))
    ck_abort_msg("%s", emulation.fault);
  void *p;
  ck_assert_int_eq(cudaMalloc(&p, 4), cudaErrorLaunchFailure);
  emulate_reset();
  ck_assert_int_eq(cudaGetLastError(), cudaSuccess);
}

START_TEST(threads_that_never_meet)
{
  run_in_way(_i);
  ho_launch(NULL, half_waits, dim3(1), dim3(N), 0, 0);
  fails_with("deadlock");
  run_in_way(_i);
  ho_launch(NULL, half_waits, dim3(1), dim3(N), 0, 1);
  fails_with("different barriers");
}
END_TEST

START_TEST(misaligned_copies)
{
  float *x = device_floats(8);
  emulate_reset();
  ho_launch(NULL, misaligned, dim3(1), dim3(1), 0, x);
  fails_with("misaligned");
}
END_TEST

START_TEST(misaligned_vectors)
{
  float *x = device_floats(8);
  emulate_reset();
  ho_launch(NULL, copy_four, dim3(1), dim3(1), 0, x + 4, x);
  device_check();
  ho_launch(NULL, copy_four, dim3(1), dim3(1), 0, x + 1, x);
}
END_TEST

START_TEST(shared_memory_begins_undefined)
{
  float *y = device_floats(3);
  emulate_reset();
  cudaMemset(y, 0, 3 * sizeof *y);
  ho_launch(NULL, left_over, dim3(3), dim3(1), 0, y);
  float *host = host_copy(3, y);
  for (int i = 0; i < 3; i++)
    ck_assert(isnan(host[i]));
  cudaFree(y);
  ho_free(host);
}
END_TEST

static void host_reads(float *p)
{
  *(volatile float *)p;
}

START_TEST(device_memory_is_not_the_host_s)
{
  float *p = device_floats(4);
  if (_i == 0)
    host_reads(p);
  else /* after the end of an array that has no slack */
    ho_launch(NULL, store, dim3(1), dim3(1), 0, device_floats(64), 64);
}
END_TEST

/* After an array of 4 floats there is slack, which cudaFree checks. */
START_TEST(the_end_of_an_array_is_checked)
{
  float *p = device_floats(4);
  ho_launch(NULL, store, dim3(1), dim3(1), 0, p, 4);
  cudaFree(p);
}
END_TEST

START_TEST(launches_that_no_device_takes)
{
  float *p = device_floats(4);
  emulate_reset();
  ho_launch(NULL, store, dim3(1), dim3(1025), 0, p, 0);
  ck_assert_int_eq(cudaGetLastError(), cudaErrorInvalidConfiguration);
  ho_launch(NULL, store, dim3(0), dim3(1), 0, p, 0);
  ck_assert_int_eq(cudaGetLastError(), cudaErrorInvalidConfiguration);
  ho_launch(NULL, store, dim3(1), dim3(1), 100 * 1024, p, 0);
  ck_assert_int_eq(cudaGetLastError(), cudaErrorInvalidConfiguration);
  ck_assert_int_eq(cudaGetLastError(), cudaSuccess);
}
END_TEST

START_TEST(memory_is_limited)
{
  float *p, *q;
  emulate_reset();
  emulation.memory = emulation.used + 1000;
  ck_assert_int_eq(cudaMalloc(&p, 600), cudaSuccess);
  ck_assert_int_eq(cudaMalloc(&q, 600), cudaErrorMemoryAllocation);
  ck_assert_int_eq(cudaGetLastError(), cudaErrorMemoryAllocation);
  cudaFree(p);
  ck_assert_int_eq(cudaMalloc(&q, 600), cudaSuccess);
  float host[150];
  cudaMemcpy(host, q, sizeof host, cudaMemcpyDeviceToHost);
  ck_assert(isnan(host[149]));
  ck_assert_int_eq(cudaMemcpy(host, q, sizeof host, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  ck_assert_int_eq(cudaMemcpy(q, host, sizeof host + 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  cudaFree(q);
}
END_TEST

START_TEST(a_lost_device)
{
  float *p = device_floats(4);
  emulate_reset();
  emulation.calls_left = 2;
  ho_launch(NULL, store, dim3(1), dim3(1), 0, p, 0);
  ck_assert_int_eq(cudaDeviceSynchronize(), cudaSuccess);
  ho_launch(NULL, store, dim3(1), dim3(1), 0, p, 0);
  ck_assert_int_eq(cudaGetLastError(), cudaErrorLaunchFailure);
  ck_assert_int_eq(cudaGetLastError(), cudaErrorLaunchFailure);
}
END_TEST

/* ---- streams and graphs ---- */

static __global__ void add_to(float *y, const float *x)
{
  *y += *x;
}
static __global__ void twice(float *y)
{
  *y *= 2;
}

static float value_of(float *p)
{
  float *host = host_copy(1, p), v = *host;
  ho_free(host);
  return v;
}

/* y = 2y on one stream, then y += x on another: without the event it is the other way round when work runs late. */
START_TEST(streams_wait_for_events)
{
  float one = 1, three = 3, *x = device_copy(1, &one), *y = device_copy(1, &three);
  cudaStream_t a, b;
  cudaEvent_t e;
  emulate_reset();
  emulation.late_work = 1;
  cudaStreamCreateWithFlags(&a, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&b, cudaStreamNonBlocking);
  cudaEventCreate(&e);
  ho_launch(a, twice, dim3(1), dim3(1), 0, y);
  cudaEventRecord(e, a);
  if (_i)
    cudaStreamWaitEvent(b, e);
  ho_launch(b, add_to, dim3(1), dim3(1), 0, y, x);
  ck_assert_int_eq(cudaStreamQuery(a), cudaErrorNotReady);
  cudaStreamSynchronize(b);
  ck_assert(value_of(y) == (_i ? 7 : 8));
  device_check();
  cudaStreamDestroy(a);
  cudaStreamDestroy(b);
  cudaEventDestroy(e);
}
END_TEST

START_TEST(graphs_are_replayed)
{
  float zero = 0, one = 1, *x = device_copy(1, &one), *y = device_copy(1, &zero), *pinned;
  cudaStream_t a, b;
  cudaEvent_t fork, join;
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  emulate_reset();
  emulation.late_work = _i;
  cudaStreamCreate(&a);
  cudaStreamCreate(&b);
  cudaEventCreate(&fork);
  cudaEventCreate(&join);
  cudaMallocHost(&pinned, sizeof *pinned);
  for (int joined = 0; joined < 2; joined++) {
    ck_assert_int_eq(cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    cudaMemcpyAsync(x, pinned, sizeof *x, cudaMemcpyHostToDevice, a);
    cudaEventRecord(fork, a);
    cudaStreamWaitEvent(b, fork);
    ho_launch(b, add_to, dim3(1), dim3(1), 0, y, x);
    cudaEventRecord(join, b);
    if (joined)
      cudaStreamWaitEvent(a, join);
    ck_assert_int_eq(cudaStreamEndCapture(a, &graph), joined ? cudaSuccess : cudaErrorStreamCaptureUnjoined);
  }
  cudaGetLastError();
  ck_assert(value_of(y) == 0);
  cudaGraphInstantiateWithFlags(&exec, graph);
  cudaGraphDestroy(graph);
  for (int i = 1; i <= 3; i++) {
    *pinned = (float)i;
    cudaGraphLaunch(exec, a);
    cudaStreamSynchronize(a);
  }
  ck_assert(value_of(y) == 6);
  ck_assert_int_eq(cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  ck_assert_int_eq(cudaStreamSynchronize(a), cudaErrorStreamCaptureUnsupported);
  ck_assert_int_eq(cudaStreamEndCapture(a, &graph), cudaErrorStreamCaptureInvalidated);
  cudaGraphExecDestroy(exec);
  cudaFreeHost(pinned);
  cudaStreamDestroy(a);
  cudaStreamDestroy(b);
  cudaEventDestroy(fork);
  cudaEventDestroy(join);
}
END_TEST

extern "C" Suite *ho_suite(void)
{
  Suite *suite = suite_create("emulate");
  TCase *tc = tcase_create("emulate");
  tcase_add_loop_test(tc, barriers, 0, WAYS);
  tcase_add_loop_test(tc, shuffles, 0, WAYS);
  tcase_add_test(tc, faults_of_a_pipeline);
  tcase_add_loop_test(tc, threads_that_never_meet, 0, WAYS);
  tcase_add_test(tc, misaligned_copies);
  tcase_add_test(tc, shared_memory_begins_undefined);
  tcase_add_test(tc, launches_that_no_device_takes);
  tcase_add_test(tc, memory_is_limited);
  tcase_add_test(tc, a_lost_device);
  tcase_add_loop_test(tc, streams_wait_for_events, 0, 2);
  tcase_add_loop_test(tc, graphs_are_replayed, 0, 2);
  suite_add_tcase(suite, tc);
  const char *fork = getenv("CK_FORK");
  if (!fork || strcmp(fork, "no")) { /* a crash needs a process of its own */
    TCase *crash = tcase_create("crash");
    (void)misaligned_vectors; /* which not every compiler traps */
#ifdef __SANITIZE_ADDRESS__
    tcase_add_loop_exit_test(crash, device_memory_is_not_the_host_s, 1, 0, 2);
    tcase_add_exit_test(crash, the_end_of_an_array_is_checked, 1);
#else
    tcase_add_loop_test_raise_signal(crash, device_memory_is_not_the_host_s, SIGSEGV, 0, 2);
    tcase_add_test_raise_signal(crash, the_end_of_an_array_is_checked, SIGABRT);
#if defined EMULATE_ALIGNMENT && defined __x86_64__ && !defined __clang__ /* these trap otherwise */
    tcase_add_test_raise_signal(crash, misaligned_vectors, SIGILL);
#endif
#endif
    suite_add_tcase(suite, crash);
  }
  return suite;
}
