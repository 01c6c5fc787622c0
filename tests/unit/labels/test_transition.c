/* SPDX-License-Identifier: MIT
 * test_transition.c - transition matrices in files: written and read back, refused, attacked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compute/random.h"
#include "labels/transition.h"
#include "../scratch.h"
#include "../unit.h"

static struct ho_error err;

static int read_text(const char *text, size_t size, int classes, double *T)
{
  const char *path = scratch_write("T.tsv", text, size);
  return ho_transition_read(path, classes, T, &err);
}

START_TEST(written_and_read)
{
  const double T[] = { 0.1, 0.2, 0.7, 1, 0, 0, 1 / 3.0, 1 / 3.0, 1 / 3.0 };
  double back[9];
  char path[4096];
  snprintf(path, sizeof path, "%s", scratch_path("T.tsv"));
  ck_assert_msg(!ho_transition_write(path, 3, T, "one line\nand another", &err), "%s", err.text);
  ck_assert_msg(!ho_transition_read(path, 3, back, &err), "%s", err.text);
  for (int i = 0; i < 9; i++)
    ck_assert_double_eq_tol(back[i], T[i], 1e-15);
}
END_TEST

START_TEST(as_people_write_it)
{
  const char text[] = "# a note\n\n 0.75 0.25 # half\r\n\t0\t0.9995\n \n#end";
  double T[4];
  ck_assert_msg(!read_text(text, sizeof text - 1, 2, T), "%s", err.text);
  ck_assert(T[0] == 0.75 && T[1] == 0.25 && T[2] == 0 && T[3] == 1); /* rows are divided by their sums */
}
END_TEST

static const struct {
  const char *text, *says;
} bad[] = {
  { "", "0 rows" },
  { "1 0\n", "1 rows: there must be one for each of 2 classes" },
  { "1 0\n0 1\n1 0\n", "T.tsv:3: more than 2 rows" },
  { "1 0 0\n0 1\n", "T.tsv:1: more than 2 numbers" },
  { "1\n0 1\n", "T.tsv:1: 1 numbers" },
  { "0.5 0.4\n0 1\n", "T.tsv:1: the row sums to 0.9" },
  { "-0.5 1.5\n0 1\n", "T.tsv:1: `-0.5' is not a probability" },
  { "nan 1\n0 1\n", "`nan' is not a probability" },
  { "a 1\n0 1\n", "`a' is not a probability" },
  { "1 0\n0 1e999\n", "T.tsv:2: `1e999' is not a probability" },
};

START_TEST(refused)
{
  double T[4];
  ck_assert_int_eq(read_text(bad[_i].text, strlen(bad[_i].text), 2, T), -1);
  ck_assert_msg(strstr(err.text, bad[_i].says), "%s", err.text);
}
END_TEST

START_TEST(not_text)
{
  double T[4];
  ck_assert_int_eq(read_text("1 0\n\0 1\n", 8, 2, T), -1);
  ck_assert_msg(strstr(err.text, "zero byte"), "%s", err.text);
  ck_assert_int_eq(ho_transition_read("/nowhere/T.tsv", 2, T, &err), -1);
}
END_TEST

/* Damaged files are refused or give rows that sum to 1. */
START_TEST(attacked)
{
  static const char good[] = "# T\n0.9\t0.05\t0.05\n0.1 0.8 0.1\n0 0.5 0.5\n",
                    letters[] = "0123456789.eE-+ \t\r\n#xn\0";
  struct ho_stream s = ho_stream_make(11, "test", 0, 0);
  int read = 0;
  for (int trial = 0; trial < 2000; trial++) {
    char text[sizeof good];
    double T[9];
    memcpy(text, good, sizeof good);
    for (uint64_t k = ho_stream_below(&s, 4); k < 4; k++)
      text[ho_stream_below(&s, sizeof good - 1)] = letters[ho_stream_below(&s, sizeof letters)];
    if (read_text(text, sizeof good - 1, 3, T))
      continue;
    read++;
    for (int k = 0; k < 3; k++) {
      double sum = T[3 * k] + T[3 * k + 1] + T[3 * k + 2];
      if (!(sum > 1 - 1e-12 && sum < 1 + 1e-12))
        ck_abort_msg("a row sums to %g: %s", sum, text);
    }
  }
  ck_assert_int_gt(read, 0);
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("transition");
  TCase *c = tcase_create("transition");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, written_and_read);
  tcase_add_test(c, as_people_write_it);
  tcase_add_loop_test(c, refused, 0, sizeof bad / sizeof *bad);
  tcase_add_test(c, not_text);
  tcase_add_test(c, attacked);
  suite_add_tcase(suite, c);
  return suite;
}
