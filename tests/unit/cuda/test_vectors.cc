/* SPDX-License-Identifier: MIT
 * test_vectors.cc - the kernels for arrays of P floats beside compute/vector.h and the updates of sgd and Adam. */
#include "device_rig.h"

#include "nn/cuda/vectors.h"

extern "C" {
#include "compute/simd.h"
#include "compute/vector.h"
}

static const size_t lengths[] = { 1, 31, 257, 8192, 20011, 0 };
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void *device_bytes(size_t n)
{
  void *p;
  cudaMalloc(&p, n + 1);
  device_check();
  return p;
}

/* ---- dots ---- */

static void check_dots(size_t n, int rows, size_t ld, int which)
{
  size_t all = (size_t)rows * ld;
  float *host_v = random_floats(n, 1), *host_a = random_floats(all, 2);
  float *v = device_copy(n, host_v), *a = device_copy(all, host_a);
  double want[2][32], got[2][32], *out = (double *)device_bytes(2 * 32 * sizeof *out);
  void *work = device_bytes(ho_gpu_dots_work(n, rows));
  ho_vector_dots(n, host_v, rows, host_a, ld, want[0], want[1]);
  ho_gpu_dots(NULL, n, which & 1 ? v : NULL, rows, a, ld, which & 1 ? out : NULL, which & 2 ? out + 32 : NULL, work);
  cudaMemcpy(got, out, sizeof got, cudaMemcpyDeviceToHost);
  device_check();
  for (int k = 0; k < 2; k++)
    for (int r = 0; which >> k & 1 && r < rows; r++)
      if (!(fabs(got[k][r] - want[k][r]) <= 1e-13 * (double)n))
        ck_abort_msg("%zu floats, row %d of %d: %.17g, not %.17g", n, r, rows, got[k][r], want[k][r]);
  void *device[] = { v, a, out, work };
  for (size_t i = 0; i < sizeof device / sizeof *device; i++)
    cudaFree(device[i]);
  ho_free(host_v);
  ho_free(host_a);
}

START_TEST(dots)
{
  static const int rows[] = { 1, 2, 3, 5, 8, 19 };
  size_t n = lengths[_i];
  for (int i = 0; i < 6; i++) {
    run_in_way(i % WAYS);
    check_dots(n, n > 10000 && i > 1 ? 9 : rows[i], n + (size_t)i % 3, 1 + i % 3);
  }
}
END_TEST

/* ---- combine and blend ---- */

/* In the order and with the rounding that the headers promise. */
static float sum_of(int terms, const double *c, const float *const *x, size_t i)
{
  volatile float sum = 0; /* volatile: no product is fused with a sum */
  for (int k = 0; k < terms; k++) {
    volatile float product = (float)c[k] * x[k][i];
    sum = k ? sum + product : product;
  }
  return sum;
}

enum { TERMS = 600 };

static void coefficients(int terms, double *c)
{
  struct ho_stream stream = ho_stream_make(5, "test", 0, 0);
  for (int k = 0; k < terms; k++)
    c[k] = k == 1 ? 0 : ho_stream_normal(&stream);
}

static void check_combine(size_t n, int rows, size_t ld, int in_place)
{
  size_t all = (size_t)rows * ld;
  float *host = random_floats(all, 3), *a = device_copy(all, host), *out = in_place ? a : device_floats(n);
  const float *x[TERMS];
  double w[TERMS];
  coefficients(rows, w);
  for (int r = 0; r < rows; r++)
    x[r] = host + (size_t)r * ld;
  ho_gpu_combine(NULL, n, out, rows, w, a, ld);
  float *got = host_copy(n, out);
  for (size_t i = 0; i < n; i++) {
    float want = sum_of(rows, w, x, i);
    if (memcmp(&got[i], &want, sizeof want))
      ck_abort_msg("%zu of %zu, %d rows: %.9g, not %.9g", i, n, rows, (double)got[i], (double)want);
  }
  cudaFree(a);
  if (!in_place)
    cudaFree(out);
  ho_free(got);
  ho_free(host);
}

START_TEST(combine)
{
  static const int rows[] = { 0, 1, 2, 8, 9 };
  for (int i = 0; i < 5; i++) {
    run_in_way(i);
    check_combine(lengths[_i], rows[i], lengths[_i] + (size_t)i % 2, rows[i] && i % 2);
  }
  if (lengths[_i] < 100) /* in more than two portions */
    check_combine(lengths[_i], TERMS, lengths[_i], 1);
}
END_TEST

/* The plain path of the CPU engine has the same bits. */
START_TEST(combine_like_the_cpu)
{
  enum { N = 1001, ROWS = 5 };
  float *host = random_floats(ROWS * N, 3), *a = device_copy(ROWS * N, host), *out = device_floats(N), want[N];
  double w[ROWS];
  coefficients(ROWS, w);
  ck_assert_int_eq(ho_simd_setup("plain", NULL), 0);
  ho_vector_combine(N, want, ROWS, w, host, N);
  ho_gpu_combine(NULL, N, out, ROWS, w, a, N);
  float *got = host_copy(N, out);
  ck_assert_uint_eq(first_difference(N, got, want), N);
  cudaFree(a);
  cudaFree(out);
  ho_free(host);
  ho_free(got);
}
END_TEST

static void check_blend(size_t n, int terms, int into)
{
  static float *host[HO_GPU_TERMS], *x[HO_GPU_TERMS];
  double c[HO_GPU_TERMS];
  coefficients(terms, c);
  for (int k = 0; k < terms; k++) {
    host[k] = random_floats(n, 7 + (uint64_t)k);
    x[k] = device_copy(n, host[k]);
  }
  float *out = into < terms ? x[into] : device_floats(n);
  ho_gpu_blend(NULL, n, out, terms, c, x);
  float *got = host_copy(n, out);
  for (size_t i = 0; i < n; i++) {
    float want = sum_of(terms, c, host, i);
    if (memcmp(&got[i], &want, sizeof want))
      ck_abort_msg("%zu of %zu, %d terms: %.9g, not %.9g", i, n, terms, (double)got[i], (double)want);
  }
  if (into >= terms)
    cudaFree(out);
  for (int k = 0; k < terms; k++) {
    cudaFree(x[k]);
    ho_free(host[k]);
  }
  ho_free(got);
}

START_TEST(blend)
{
  static const int terms[] = { 1, 2, 3, 9, HO_GPU_TERMS, 0 };
  for (int i = 0; i < 6; i++) {
    run_in_way(i);
    check_blend(terms[i] == HO_GPU_TERMS ? lengths[_i] % 40 : lengths[_i], terms[i], _i);
  }
}
END_TEST

/* ---- change ---- */

enum { TENSORS = 150, ARRAYS = 4 }; /* more tensors than one launch takes; theta, a, b, g */

static size_t tensor_size(int i)
{
  return i % 50 == 7 ? 2500 : i % 50 == 8 ? 0 : 1 + (size_t)i * 37 % 90;
}

/* As update of plugins/sgd.c and plugins/adam.c; volatile: no product is fused with a sum. */
static void change_on_host(const struct ho_change *c)
{
  float lr = (float)c->lr, decay = (float)c->decay, momentum = (float)c->momentum, b1 = (float)c->beta1;
  float b2 = (float)c->beta2, c1 = (float)(1 - c->beta1), c2 = (float)(1 - c->beta2);
  for (size_t k = 0; k < c->n; k++) {
    volatile float t = decay * c->theta[k];
    volatile float d = c->g[k] + t, v;
    if (c->rule == HO_MOMENTUM) {
      t = momentum * c->a[k];
      v = t + d;
      c->a[k] = v;
      if (c->nesterov) {
        t = momentum * v;
        v = d + t;
      }
      t = lr * v;
      c->theta[k] -= t;
    } else {
      t = b1 * c->a[k];
      v = c1 * d;
      c->a[k] = t + v;
      t = c2 * d;
      t = t * d;
      v = b2 * c->b[k];
      c->b[k] = v + t;
      c->theta[k] -= (float)(c->lr * c->a[k] / (sqrt((double)c->b[k]) / c->root + c->epsilon));
    }
  }
}

static struct ho_change change_of(int i, enum ho_rule rule, float *const *array, size_t at)
{
  struct ho_change c = {};
  c.rule = rule;
  c.n = tensor_size(i);
  c.theta = array[0] + at, c.a = array[1] + at, c.b = array[2] + at, c.g = array[3] + at;
  c.lr = 0.1 + 0.01 * i, c.decay = i % 2 ? 0 : 5e-4;
  c.momentum = 0.9, c.nesterov = i / 2 % 2;
  c.beta1 = 0.9, c.beta2 = 0.999, c.epsilon = 1e-8, c.root = 0.3 + 0.001 * i;
  return c;
}

/* All of a rule; or both, in runs of some tensors. */
START_TEST(change)
{
  size_t total = 0, at = 0;
  float *host[ARRAYS], *device[ARRAYS];
  struct ho_change list[TENSORS];
  run_in_way(_i % WAYS);
  for (int i = 0; i < TENSORS; i++)
    total += tensor_size(i);
  for (uint64_t k = 0; k < ARRAYS; k++) {
    host[k] = random_floats(total, 20 + k);
    for (size_t i = 0; k == 2 && i < total; i++)
      host[k][i] *= host[k][i]; /* b is a mean of squares */
    device[k] = device_copy(total, host[k]);
  }
  for (int i = 0; i < TENSORS; at += tensor_size(i), i++) {
    enum ho_rule rule = _i == 0 || (_i == 2 && i / 9 % 2) ? HO_MOMENTUM : HO_ADAM;
    struct ho_change c = change_of(i, rule, host, at);
    list[i] = change_of(i, rule, device, at);
    change_on_host(&c);
  }
  long before = emulation.launches;
  ho_gpu_change(NULL, TENSORS, list);
  device_check();
  if (_i < 2)
    ck_assert_int_le(emulation.launches - before, 4);
  for (int k = 0; k < ARRAYS; k++) {
    float *got = host_copy(total, device[k]);
    ck_assert_uint_eq(first_difference(total, got, host[k]), total);
    cudaFree(device[k]);
    ho_free(host[k]);
    ho_free(got);
  }
}
END_TEST

/* ---- NaN and infinity ---- */

static unsigned long long first_nonfinite(size_t n, const float *host)
{
  float *a = device_copy(n, host);
  unsigned long long first, *out = (unsigned long long *)device_bytes(sizeof *out);
  void *work = device_bytes(ho_gpu_nonfinite_work(n));
  ho_gpu_nonfinite(NULL, n, a, out, work);
  cudaMemcpy(&first, out, sizeof first, cudaMemcpyDeviceToHost);
  device_check();
  cudaFree(a);
  cudaFree(out);
  cudaFree(work);
  return first;
}

START_TEST(nonfinite)
{
  size_t n = lengths[_i];
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  float *a = random_floats(n, 9);
  if (n)
    a[n / 2] = 3.402823466e38f;
  ck_assert_uint_eq(first_nonfinite(n, a), n);
  for (size_t i = 0; i < 4 && n; i++) {
    size_t at = (n - 1) * (3 - i) / 3; /* one before another: the last, ..., the first */
    a[at] = bad[i % 3];
    run_in_way((int)i);
    ck_assert_uint_eq(first_nonfinite(n, a), at);
  }
  ho_free(a);
}
END_TEST

extern "C" Suite *ho_suite(void)
{
  Suite *suite = suite_create("vectors on the device");
  TCase *tc = tcase_create("vectors");
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, dots, 0, LENGTHS);
  tcase_add_loop_test(tc, combine, 0, LENGTHS);
  tcase_add_test(tc, combine_like_the_cpu);
  tcase_add_loop_test(tc, blend, 0, LENGTHS);
  tcase_add_loop_test(tc, change, 0, 3);
  tcase_add_loop_test(tc, nonfinite, 0, LENGTHS);
  suite_add_tcase(suite, tc);
  return suite;
}
