/* SPDX-License-Identifier: MIT
 * test_device.cc - a GPU as the program sees it: why one cannot be used, memory, arrays, a device that is lost. */
#include <string.h>

#include "nn/cuda/device.h"
#include "nn/cuda/vectors.h"

#include "device_rig.h"

extern "C" {
#include "compute/vector.h"
#include "nn/engine_module.h"
extern const struct ho_engine_module ho_engine_module;
}

static struct ho_device *opened(void)
{
  struct ho_error err;
  struct ho_device *d = ho_engine_module.open(0, "float32", &err);
  if (!d)
    ck_abort_msg("%s", err.text);
  return d;
}

static void ck_says(const struct ho_error *err, const char *words)
{
  if (!strstr(err->text, words))
    ck_abort_msg("`%s' has no `%s'", err->text, words);
}

/* ---- opening ---- */

static void no_driver(void)
{
  emulation.driver = 0;
}
static void old_driver(void)
{
  emulation.driver = 12040;
}
static void no_device(void)
{
  emulation.devices = 0;
}
static void two_devices(void)
{
  emulation.devices = 2;
}
static void old_device(void)
{
  emulation.major = 7;
  emulation.minor = 5;
}
static void taken(void)
{
  emulation.taken = 1;
}
static void no_code(void)
{
  emulation.codeless = 1;
}
static void nothing(void)
{
}

static const struct {
  void (*arrange)(void);
  int number;
  const char *precision, *words;
} refusals[] = {
  { no_driver, 0, "float32", "there is no NVIDIA driver" },
  { old_driver, 0, "float32", "the NVIDIA driver supports CUDA 12.4, but this program was built with 13.0" },
  { no_device, 0, "float32", "there is no NVIDIA GPU" },
  { two_devices, 2, "float32", "there is no device cuda:2: this machine has 2" },
  { two_devices, -1, "float32", "there is no device cuda:-1" },
  { old_device, 0, "float32", "cuda:0 emulated GPU is too old: it has compute capability 7.5, and 8.0 is needed" },
  { taken, 0, "float32", "cuda:0 emulated GPU is in use" },
  { no_code, 0, "float32",
    "cuda:0 emulated GPU has compute capability 9.0, for which this engine was not compiled: "
    "configure with CUDA_ARCHS=90," },
  { nothing, 0, "float64", "`float64' is not a precision of the cuda engine: float32, tf32 or bf16" },
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

START_TEST(refused)
{
  struct ho_error err;
  size_t used = emulation.used;
  emulate_reset();
  refusals[_i].arrange();
  ck_assert_ptr_null(ho_engine_module.open(refusals[_i].number, refusals[_i].precision, &err));
  ck_says(&err, refusals[_i].words);
  ck_assert_uint_eq(emulation.used, used);
  ck_assert_int_eq(cudaGetLastError(), cudaSuccess);
}
END_TEST

START_TEST(described)
{
  char text[256];
  struct ho_device *d = opened();
  ck_assert_uint_eq(ho_engine_module.bytes, sizeof(struct ho_engine_module));
  ck_assert_str_eq(d->name, "cuda:0 emulated GPU");
  ho_device_describe(d, text, sizeof text);
  ck_assert_str_eq(text, "cuda:0 emulated GPU, compute capability 9.0, 1.0 GiB, driver for CUDA 13.0, toolkit 13.0, "
                         "float32");
  ho_device_close(d);
}
END_TEST

/* ---- arrays ---- */

START_TEST(arrays)
{
  enum { N = 1000 };
  struct ho_error err;
  struct ho_device *d = opened();
  const struct ho_vectors *v = d->kind->vectors;
  float *host = random_floats(N, 1), back[N];
  size_t used = emulation.used, first;
  emulation.late_work = _i;
  float *a = v->get(d, N, &err);
  ck_assert_int_eq(v->down(d, back, a, N, &err), 0);
  for (int i = 0; i < N; i++)
    if (back[i] != 0)
      ck_abort_msg("element %d is not zero", i);
  ck_assert_int_eq(v->up(d, a + 3, host, N - 3, &err), 0);
  ck_assert_int_eq(v->down(d, back, a + 2, N - 2, &err), 0);
  ck_assert(back[0] == 0 && !memcmp(back + 1, host, (N - 3) * sizeof *back));
  ck_assert_int_eq(v->nonfinite(d, N, a, &first, &err), 0);
  ck_assert_uint_eq(first, N);
  host[0] = NAN;
  ck_assert_int_eq(v->up(d, a + 7, host, 1, &err), 0);
  ck_assert_int_eq(v->nonfinite(d, N, a, &first, &err), 0);
  ck_assert_uint_eq(first, 7);
  v->put(d, a);
  v->put(d, NULL);
  ck_assert_uint_le(emulation.used, used + 65536); /* work space */
  ho_device_close(d);
  ho_free(host);
}
END_TEST

/* More sums than fit into pinned memory at once, wanted at the next wait. */
START_TEST(many_dots)
{
  enum { N = 5, ROWS = HO_GPU_SUMS / 2 + 10, CALLS = 70 };
  static double va[ROWS], aa[ROWS], some[CALLS][2], want_va[ROWS], want_aa[ROWS];
  struct ho_error err;
  struct ho_device *d = opened();
  const struct ho_vectors *v = d->kind->vectors;
  float *host = random_floats(N * ROWS, 2), *a = v->get(d, N * ROWS, &err);
  emulation.late_work = 1;
  ck_assert_int_eq(v->up(d, a, host, N * ROWS, &err), 0);
  ho_vector_dots(N, host + 1, ROWS, host, N, want_va, want_aa);
  ck_assert_int_eq(v->dots(d, N, a + 1, ROWS, a, N, va, aa, &err), 0);
  for (int i = 0; i < CALLS; i++)
    ck_assert_int_eq(v->dots(d, N, a + 1, 2, a + i * N, N, some[i], NULL, &err), 0);
  ck_assert_int_eq(v->wait(d, &err), 0);
  for (int i = 0; i < ROWS; i++)
    if (fabs(va[i] - want_va[i]) > 1e-12 || fabs(aa[i] - want_aa[i]) > 1e-12)
      ck_abort_msg("row %d: %g, %g instead of %g, %g", i, va[i], aa[i], want_va[i], want_aa[i]);
  for (int i = 0; i < CALLS; i++)
    if (some[i][0] != va[i] || some[i][1] != va[i + 1])
      ck_abort_msg("call %d has other sums", i);
  v->put(d, a);
  ho_device_close(d);
  ho_free(host);
}
END_TEST

/* More terms than a kernel takes; out may be any of them. */
START_TEST(long_blend)
{
  enum { N = 37, TERMS = 2 * HO_GPU_TERMS + 9 };
  static const int places[] = { TERMS, 0, 1, TERMS - 1 };
  struct ho_error err;
  struct ho_device *d = opened();
  const struct ho_vectors *v = d->kind->vectors;
  float *host = random_floats(N * (TERMS + 1), 3), *a = v->get(d, N * (TERMS + 1), &err), got[N];
  double c[TERMS];
  const float *x[TERMS];
  int out = places[_i];
  ck_assert_int_eq(v->up(d, a, host, N * (TERMS + 1), &err), 0);
  for (int k = 0; k < TERMS; k++) {
    c[k] = (k % 7 - 3) * 0.1;
    x[k] = a + k * N;
  }
  ck_assert_int_eq(v->blend(d, N, a + out * N, TERMS, c, x, &err), 0);
  ck_assert_int_eq(v->down(d, got, a + out * N, N, &err), 0);
  for (int i = 0; i < N; i++) {
    float sum = (float)c[0] * host[i];
    for (int k = 1; k < TERMS; k++)
      sum += (float)c[k] * host[k * N + i];
    if (got[i] != sum)
      ck_abort_msg("element %d is %.9g instead of %.9g", i, (double)got[i], (double)sum);
  }
  v->put(d, a);
  ho_device_close(d);
  ho_free(host);
}
END_TEST

/* ---- what goes wrong ---- */

START_TEST(too_little_memory)
{
  struct ho_error err;
  struct ho_device *d = opened();
  const struct ho_vectors *v = d->kind->vectors;
  size_t used = emulation.used;
  emulation.memory = used + 1000;
  ck_assert_ptr_null(v->get(d, 1000, &err));
  ck_assert_int_eq(err.code, HO_ERROR_MEMORY);
  ck_says(&err, "cuda:0 emulated GPU: an array of parameters or gradients needs 4000 bytes of device memory");
  ck_says(&err, "but only 1000 of ");
  ck_assert_uint_eq(emulation.used, used);
  ck_assert_ptr_null(v->get(d, SIZE_MAX / 2, &err));
  ck_assert_int_eq(err.code, HO_ERROR_MEMORY);
  ck_assert_int_eq(v->wait(d, &err), 0); /* it works on */
  ho_device_close(d);
}
END_TEST

/* The first error is what every later call returns, and closing gives no more. */
START_TEST(lost)
{
  float host[10] = { 0 };
  double sum;
  struct ho_error err, later;
  struct ho_device *d = opened();
  const struct ho_vectors *v = d->kind->vectors;
  float *a = v->get(d, 10, &err);
  emulation.calls_left = _i;
  int failed = v->up(d, a, host, 10, &err) || v->dots(d, 10, a, 1, a, 10, &sum, NULL, &err) || v->wait(d, &err);
  ck_assert_int_ne(failed, 0);
  ck_says(&err, "cuda:0 emulated GPU: ");
  ck_says(&err, " failed: ");
  ck_assert_int_eq(v->up(d, a, host, 10, &later), -1);
  ck_assert_str_eq(later.text, err.text);
  ck_assert_ptr_null(v->get(d, 10, &later));
  ck_assert_str_eq(later.text, err.text);
  ck_assert_int_eq(v->wait(d, &later), -1);
  v->put(d, a);
  ho_device_close(d);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("device");
  TCase *tc = tcase_create("device");
  tcase_add_loop_test(tc, refused, 0, REFUSALS);
  tcase_add_test(tc, described);
  tcase_add_loop_test(tc, arrays, 0, 2);
  tcase_add_test(tc, many_dots);
  tcase_add_loop_test(tc, long_blend, 0, 4);
  tcase_add_test(tc, too_little_memory);
  tcase_add_loop_test(tc, lost, 0, 4);
  suite_add_tcase(s, tc);
  return s;
}
