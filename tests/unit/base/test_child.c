/* SPDX-License-Identifier: MIT
 * test_child.c - another program: what it reads and writes, and every way in which it can fail. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "../unit.h"

static struct ho_error err;

static int run(const char *command, const char *text, size_t size, FILE *out)
{
  const char *const argv[] = { "sh", "-c", command, NULL };
  return ho_child_run(argv, text, size, fileno(out), "", &err);
}

START_TEST(reads_and_writes)
{
  enum { MUCH = 1 << 20 }; /* more than a pipe holds */
  FILE *out = tmpfile();
  char *text = malloc(MUCH), line[64] = "";
  memset(text, 'x', MUCH);
  ck_assert_msg(!run("wc -c", text, MUCH, out), "%s", err.text);
  rewind(out);
  ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
  ck_assert_int_eq(atoi(line), MUCH);
  fclose(out);
  free(text);
}
END_TEST

START_TEST(failures)
{
  static const struct {
    const char *command, *message;
  } bad[] = {
    { "cat >/dev/null; exit 3", "sh failed with status 3" },
    { "kill -KILL $$", "sh was ended by signal 9" },
    { "exec <&-; exit 0", "sh did not read all that it was given" },
  };
  enum { MUCH = 1 << 20 };
  char *text = calloc(MUCH, 1);
  FILE *out = tmpfile();
  signal(SIGPIPE, SIG_IGN);
  ck_assert_int_eq(run(bad[_i].command, text, MUCH, out), -1);
  ck_assert_msg(strstr(err.text, bad[_i].message), "%s", err.text);
  fclose(out);
  free(text);
}
END_TEST

START_TEST(not_there)
{
  const char *const argv[] = { "no-such-program-here", NULL };
  ck_assert_int_eq(ho_child_run(argv, "", 0, 1, "install it", &err), -1);
  ck_assert_str_eq(err.text, "no-such-program-here is not installed: install it");
}
END_TEST

Suite *ho_suite(void)
{
  Suite *suite = suite_create("child");
  TCase *c = tcase_create("child");
  tcase_add_test(c, reads_and_writes);
  tcase_add_loop_test(c, failures, 0, 3);
  tcase_add_test(c, not_there);
  suite_add_tcase(suite, c);
  return suite;
}
