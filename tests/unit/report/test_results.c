/* SPDX-License-Identifier: MIT
 * test_results.c - statistics of a table of results against numbers computed by hand; tables that are refused. */
#include <math.h>

#include "base/file.h"
#include "../scratch.h"
#include "report/results.h"
#include "../unit.h"

static struct ho_error err;
static struct ho_results r;
static char path[1024];

static int reads(const char *text)
{
  FILE *file;
  snprintf(path, sizeof path, "%s/table.tsv", scratch);
  ck_assert_ptr_nonnull(file = fopen(path, "w"));
  ck_assert_int_ge(fputs(text, file), 0);
  ck_assert_int_eq(fclose(file), 0);
  *err.text = 0;
  return ho_results_read(&r, path, &err);
}

static void must_read(const char *text)
{
  ck_assert_msg(!reads(text), "%s", err.text);
}

static void refused(const char *text, const char *why)
{
  ck_assert_int_eq(reads(text), -1);
  ck_assert_msg(strstr(err.text, why) != NULL, "`%s' does not say `%s'", err.text, why);
  ck_assert_ptr_null(r.text);
}

static struct ho_mean mean(const char *expression, const char *column, int runs)
{
  struct ho_mean m;
  int c = 0, told;
  while (strcmp(ho_results_name(&r, c), column))
    ck_assert_int_lt(++c, r.columns);
  ck_assert(r.shown[c]);
  ck_assert_msg(!ho_results_mean(&r, expression, c, &told, &m, &err), "%s", err.text);
  ck_assert_int_eq(told, runs);
  return m;
}

static void near(double a, double b)
{
  ck_assert_msg(fabs(a - b) < 1e-12, "%.17g is not %.17g", a, b);
}

static const char table[] = "# title: a table\n"
                            "cell\tmethod\tx\tseed\taccuracy\tbest\tnet\trun\n"
                            "a@2\ta\t2\t1\t0.5\t1\tmlp\t1\n"
                            "a@2\ta\t2\t2\t0.75\tNA\tmlp\t2\n"
                            "# between\n"
                            "a@10\ta\t10\t3\t0.25\tNA\tmlp\t3\n"
                            "a@10\ta\t10\t1\t1\tNA\tlenet\t4\n"
                            "b@2\tb\t2\t2\t0.25\t2\tmlp\t5\n"
                            "b@2\tb\t2\t1\t0.25\t2\tmlp\t6\n"
                            "b@10\tb\t10\t1\t0.5\tNA\tmlp\t7\n"
                            "c\tc\tNA\t1\t0.5\tNA\tmlp\t8\n";

START_TEST(cells)
{
  static const char *const order[] = { "a@2", "a@10", "b@2", "b@10", "c" };
  must_read(table);
  ck_assert_int_eq(r.groups, 5);
  for (int g = 0; g < 5; g++)
    ck_assert_str_eq(r.group[g], order[g]);
  struct ho_mean m = mean("a@2", "accuracy", 2);
  ck_assert_int_eq(m.n, 2);
  near(m.mean, 0.625);
  near(m.deviation, 0.25 / sqrt(2));
  near(m.error, 0.125);
  m = mean("a@2", "best", 2); /* one of the two runs has none */
  ck_assert(m.n == 1 && m.mean == 1 && isnan(m.deviation));
  m = mean("a@10", "best", 2);
  ck_assert(m.n == 0 && isnan(m.mean));
  ho_results_free(&r);
}
END_TEST

/* Keys and text have no mean, though some of them look like numbers. */
START_TEST(columns)
{
  must_read(table);
  for (int c = 0; c < r.columns; c++)
    ck_assert_int_eq(r.shown[c], c == 4 || c == 5);
  ho_results_free(&r);
}
END_TEST

START_TEST(contrasts)
{
  must_read(table);
  struct ho_mean m = mean("a@2 - b@2", "accuracy", 2); /* 0.25 and 0.5: rows are in another order there */
  ck_assert_int_eq(m.n, 2);
  near(m.mean, 0.375);
  near(m.error, 0.125);
  m = mean("a@10 - b@10", "accuracy", 2); /* seed 3 has no partner */
  ck_assert(m.n == 1 && m.mean == 0.5);
  m = mean("a@10 - b@10 - (a@2 - b@2)", "accuracy", 2);
  ck_assert(m.n == 1 && m.mean == 0.25);
  m = mean("a@10 - (a@2 - b@2) - c", "accuracy", 2);
  ck_assert(m.n == 1 && m.mean == 0.25);
  m = mean("a@max - a@min", "accuracy", 2); /* 10 is more than 2 */
  ck_assert(m.n == 1 && m.mean == 0.5);
  m = mean("a@2 - nobody", "accuracy", 0);
  ck_assert(m.n == 0 && isnan(m.mean));
  m = mean("c@max", "accuracy", 0);
  ck_assert_int_eq(m.n, 0);
  ho_results_free(&r);
}
END_TEST

START_TEST(bad_contrasts)
{
  static const char *const bad[] = { "",
                                     " - a@2",
                                     "a@2 - ",
                                     "()",
                                     "a@2)",
                                     "a@2 - (b@2",
                                     "a@2 - b@2)",
                                     "(a@2 - (b@2 - c))",
                                     "a - a - a - a - a - a - a - a - a" };
  struct ho_mean m;
  int runs;
  must_read(table);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(ho_results_mean(&r, bad[i], 4, &runs, &m, &err) == -1, "`%s' is taken", bad[i]);
  ho_results_free(&r);
  must_read("cell\tn\na\t1\nb\t2\n");
  ck_assert_int_eq(ho_results_mean(&r, "a - b", 1, &runs, &m, &err), -1);
  ck_assert(strstr(err.text, "no column `seed'"));
  ho_results_free(&r);
}
END_TEST

START_TEST(tables_that_are_refused)
{
  refused("", "no column `cell'");
  refused("# notes\n\n", "no column `cell'");
  refused("name\tn\na\t1\n", "no column `cell'");
  refused("cell\tn\na\t1\nb\n", "line 3: 1 fields, but there are 2 columns");
  refused("cell\tn\na\t1\t2\n", "line 2: 3 fields");
  refused("cell\tn\na\tNA\nb\t1\nc\tx\n", "line 4: `x' in column `n' is not a number");
  refused("cell\tn\na\t1\nb\tinf\n", "`inf'");
  must_read("cell\tn\n");
  ck_assert(r.rows == 0 && r.groups == 0);
  ho_results_free(&r);
  must_read("cell\tn\na\tNA"); /* no line break at the end */
  ck_assert(r.rows == 1 && r.shown[1]);
  ho_results_free(&r);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("results");
  TCase *c = tcase_create("results");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, cells);
  tcase_add_test(c, columns);
  tcase_add_test(c, contrasts);
  tcase_add_test(c, bad_contrasts);
  tcase_add_test(c, tables_that_are_refused);
  suite_add_tcase(suite, c);
  return suite;
}
