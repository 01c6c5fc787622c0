/* SPDX-License-Identifier: MIT
 * test_gemm.c - matrix products against three loops in double; panels; column sums. */
#include <math.h>

#include "base/memory.h"
#include "nn/cpu/kernels/gemm.h"
#include "../twin.h"
#include "../unit.h"

static void check_product(int ta, int tb, size_t m, size_t n, size_t k, float beta)
{
  size_t lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 2, ldc = n + 1;
  float *a = random_floats((ta ? k : m) * lda, 1), *b = random_floats((tb ? n : k) * ldb, 2);
  float *c = random_floats(m * ldc, 3), *old = random_floats(m * ldc, 3);
  if (beta == 0)
    c[0] = NAN; /* must not matter */
  ho_gemm(ta ? HO_TRANSPOSED : HO_PLAIN, tb ? HO_TRANSPOSED : HO_PLAIN, m, n, k, a, lda, b, ldb, beta, c, ldc);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      double sum = beta == 0 ? 0 : (double)beta * old[i * ldc + j];
      for (size_t l = 0; l < k; l++)
        sum += (double)(ta ? a[l * lda + i] : a[i * lda + l]) * (tb ? b[j * ldb + l] : b[l * ldb + j]);
      if (!(fabs(c[i * ldc + j] - sum) < 1e-5 * (1 + sqrt((double)k))))
        ck_abort_msg("%zux%zux%zu, transposed %d %d: element %zu, %zu is %g, not %g", m, n, k, ta, tb, i, j,
                     (double)c[i * ldc + j], sum);
    }
    if (c[i * ldc + n] != old[i * ldc + n])
      ck_abort_msg("wrote beyond the columns of row %zu", i);
  }
  ho_free(a);
  ho_free(b);
  ho_free(c);
  ho_free(old);
}

START_TEST(products)
{
  static const size_t m[] = { 1, 3, 17, 64 }, n[] = { 1, 10, 33, 16 }, k[] = { 1, 27, 100, 300 };
  for (int i = 0; i < 64; i++)
    for (int flags = 0; flags < 8; flags++)
      check_product(flags & 1, flags >> 1 & 1, m[i % 4], n[i / 4 % 4], k[i / 16], (float)(flags >> 2));
}
END_TEST

START_TEST(panels)
{
  for (size_t n = 1; n < 6000; n++)
    for (size_t least = 8; least <= 64; least *= 8) {
      struct ho_panels s = ho_panels_of(n, least);
      if (s.panels < 1 || (s.panels - 1) * s.width >= n || s.panels * s.width < n)
        ck_abort_msg("%zu columns: %zu panels of %zu", n, s.panels, s.width);
      if (s.panels > 1 && (s.width < least || s.width > 136))
        ck_abort_msg("%zu columns: panels of %zu", n, s.width);
      if (n >= 2 * least && s.panels < 2)
        ck_abort_msg("%zu columns: one panel keeps one core busy", n);
    }
}
END_TEST

START_TEST(column_sums)
{
  enum { ROWS = 1000, COLUMNS = 7, LD = 9 };
  float *a = random_floats(ROWS * LD, 4);
  double sum[COLUMNS];
  ho_column_sums(ROWS, COLUMNS, a, LD, sum);
  for (size_t j = 0; j < COLUMNS; j++) {
    double want = 0;
    for (size_t r = 0; r < ROWS; r++)
      want += a[r * LD + j];
    ck_assert_double_eq(sum[j], want);
  }
  ho_column_sums(0, COLUMNS, a, LD, sum);
  ck_assert_double_eq(sum[3], 0);
  ho_free(a);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("gemm");
  TCase *tc = tcase_create("gemm");
  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, products);
  tcase_add_test(tc, panels);
  tcase_add_test(tc, column_sums);
  suite_add_tcase(suite, tc);
  return suite;
}
