/* SPDX-License-Identifier: MIT
 * test_table.c - one table in every format, and in the width of a terminal. */
#include <stdlib.h>
#include <string.h>

#include "cli/print/table.h"
#include "../unit.h"

static void columns(struct ho_table *t)
{
  ho_table_column(t, "run", 0);
  ho_table_column(t, "noise", 0);
  ho_table_column(t, "seed", 1);
  ho_table_column(t, "best", 1);
  ho_table_column(t, "mean", 1);
}

static void row(struct ho_table *t, const char *run, const char *seed, const char *mean)
{
  ho_table_cell(t, "%s", run);
  ho_table_cell(t, "symmetric:0.4");
  ho_table_cell(t, "%s", seed);
  ho_table_cell(t, "-");
  ho_table_cell(t, "%s", mean);
}

static void is(struct ho_table *t, const char *wanted)
{
  char *text = NULL;
  size_t size;
  struct ho_error err;
  FILE *out = open_memstream(&text, &size);
  ck_assert_int_eq(ho_table_print(t, out, &err), 0);
  fclose(out);
  ck_assert_str_eq(text, wanted);
  free(text);
}

static struct ho_table two(enum ho_table_format format, int width)
{
  struct ho_table t = { .format = format, .width = width };
  columns(&t);
  row(&t, "runs/sgd-first", "1", "0.5000 +- 0.1000");
  row(&t, "runs/ä", "12", "-");
  return t;
}

START_TEST(formats)
{
  static const char *const wanted[] = {
    [HO_TABLE_TEXT] = "run             noise          seed  best              mean\n"
                      "runs/sgd-first  symmetric:0.4     1     -  0.5000 +- 0.1000\n"
                      "runs/ä          symmetric:0.4    12     -                 -\n",
    [HO_TABLE_TSV] = "run\tnoise\tseed\tbest\tmean\nruns/sgd-first\tsymmetric:0.4\t1\t-\t0.5000 +- 0.1000\n"
                     "runs/ä\tsymmetric:0.4\t12\t-\t-\n",
    [HO_TABLE_MARKDOWN] = "| run | noise | seed | best | mean |\n|---|---|---:|---:|---:|\n"
                          "| runs/sgd-first | symmetric:0.4 | 1 | - | 0.5000 +- 0.1000 |\n"
                          "| runs/ä | symmetric:0.4 | 12 | - | - |\n",
    [HO_TABLE_CSV] = "run,noise,seed,best,mean\nruns/sgd-first,symmetric:0.4,1,,0.5000 +- 0.1000\n"
                     "runs/ä,symmetric:0.4,12,,\n",
    [HO_TABLE_JSON] = "[\n  {\"run\": \"runs/sgd-first\", \"noise\": \"symmetric:0.4\", \"seed\": 1, \"best\": null, "
                      "\"mean\": 0.5000 +- 0.1000},\n"
                      "  {\"run\": \"runs/ä\", \"noise\": \"symmetric:0.4\", \"seed\": 12, \"best\": null, "
                      "\"mean\": null}]",
  };
  struct ho_table t = two((enum ho_table_format)_i, 0);
  is(&t, wanted[_i]);
  ho_table_free(&t);
}
END_TEST

START_TEST(quotes)
{
  struct ho_table t = { .format = HO_TABLE_CSV };
  columns(&t);
  row(&t, "a,\"b\\\n", "nan", "-1e-3");
  is(&t, "run,noise,seed,best,mean\n\"a,\"\"b\\?\",symmetric:0.4,nan,,-1e-3\n");
  t.format = HO_TABLE_JSON; /* JSON has no number nan */
  is(&t, "[\n  {\"run\": \"a,\\\"b\\\\?\", \"noise\": \"symmetric:0.4\", \"seed\": \"nan\", \"best\": null, \"mean\": "
         "-1e-3}]");
  ho_table_free(&t);
}
END_TEST

START_TEST(no_rows)
{
  struct ho_table t = { .format = HO_TABLE_JSON };
  columns(&t);
  is(&t, "[]");
  t.format = HO_TABLE_TEXT;
  t.width = 10;
  is(&t, "run  noise  seed  best  mean\n"); /* it does not fit, and nothing is shared by no rows */
  ho_table_free(&t);
}
END_TEST

/* First what is not known goes, then what all rows share goes above, then cells take several lines. */
START_TEST(widths)
{
  static const struct {
    int width;
    const char *text;
  } wanted[] = {
    { 59, "run             noise          seed  best              mean\n"
          "runs/sgd-first  symmetric:0.4     1     -  0.5000 +- 0.1000\n"
          "runs/ä          symmetric:0.4    12     -                 -\n" },
    { 58, "run             noise          seed              mean\n"
          "runs/sgd-first  symmetric:0.4     1  0.5000 +- 0.1000\n"
          "runs/ä          symmetric:0.4    12                 -\n" },
    { 40, "noise symmetric:0.4\n\n"
          "run             seed              mean\n"
          "runs/sgd-first     1  0.5000 +- 0.1000\n"
          "runs/ä            12                 -\n" },
    { 30, "noise symmetric:0.4\n\n"
          "run          seed         mean\n"
          "runs/sgd-       1       0.5000\n"
          "first                +- 0.1000\n"
          "runs/ä         12            -\n" },
    { 5, "noise symmetric:0.4\n\n"
         "run       seed       mean\n"
         "runs/        1     0.5000\n"
         "sgd-            +- 0.1000\n"
         "first\n"
         "runs/ä      12          -\n" },
  };
  struct ho_table t = two(HO_TABLE_TEXT, wanted[_i].width);
  is(&t, wanted[_i].text);
  ho_table_free(&t);
}
END_TEST

/* Words without a place to break are cut, between characters and not within one. */
START_TEST(long_words)
{
  struct ho_table t = { .width = 12 };
  ho_table_column(&t, "name", 0);
  ho_table_column(&t, "n", 1);
  for (int i = 0; i < 2; i++) {
    ho_table_cell(&t, i ? "short" : "ääääääääää");
    ho_table_cell(&t, "%d", 10 + i);
  }
  is(&t, "name       n\nääääääää  10\nää\nshort     11\n");
  ho_table_free(&t);
}
END_TEST

START_TEST(no_terminal)
{
  FILE *file = tmpfile();
  setenv("COLUMNS", "50", 1);
  ck_assert_int_eq(ho_table_terminal(file), 0);
  fclose(file);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("table");
  TCase *c = tcase_create("table");
  tcase_add_loop_test(c, formats, 0, HO_TABLE_JSON + 1);
  tcase_add_test(c, quotes);
  tcase_add_test(c, no_rows);
  tcase_add_loop_test(c, widths, 0, 5);
  tcase_add_test(c, long_words);
  tcase_add_test(c, no_terminal);
  suite_add_tcase(suite, c);
  return suite;
}
