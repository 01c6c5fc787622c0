/* SPDX-License-Identifier: MIT
 * test_base_strict.c - compiler and flags that this program was built with do arithmetic as the standard says; sources are
 * refused with flags that tell of themselves. */
#include <check.h>

#define main arithmetic_main
#include "../../build-aux/arithmetic.c"
#undef main

#include <stdlib.h>

#include "../scratch.h"
#include "../unit.h"

START_TEST(arithmetic_is_the_standards)
{
  ck_assert_int_eq(arithmetic_main(), 0);
}
END_TEST

/* Compiles a file after strict.h; 0 when that is refused. */
static int compiles(const char *flags)
{
  char command[4096];
  const char *cc = getenv("CC"), *source = getenv("HO_SRCDIR");
  snprintf(command, sizeof command,
           "%s -O1 %s -include '%s/core/base/strict.h' -x c -c -o /dev/null /dev/null 2>/dev/null", cc ? cc : "cc",
           flags, source ? source : ".");
  return system(command) == 0;
}

START_TEST(flags_that_tell_of_themselves)
{
  static const char *const refused[] = { "-Ofast", "-ffast-math", "-ffinite-math-only", "-std=c17 -Ofast" };
  static const char *const welcome[] = { "", "-std=c17", "-O3", "-Ofast -fno-fast-math", "-fno-math-errno" };
  if (!compiles("")) /* there is no compiler where the tests run */
    return;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    ck_assert_msg(!compiles(refused[i]), "%s", refused[i]);
  for (size_t i = 0; i < sizeof welcome / sizeof *welcome; i++)
    ck_assert_msg(compiles(welcome[i]), "%s", welcome[i]);
#ifndef __clang__
  ck_assert(!compiles("-funsafe-math-optimizations"));
#endif
}
END_TEST

Suite *ho_suite(void)
{
  Suite *s = suite_create("base/strict");
  TCase *c = tcase_create("strict");
  tcase_add_test(c, arithmetic_is_the_standards);
  tcase_add_test(c, flags_that_tell_of_themselves);
  suite_add_tcase(s, c);
  return s;
}
