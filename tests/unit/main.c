/* SPDX-License-Identifier: MIT
 * main.c - runs the one suite of a unit test program; see unit.h. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "compute/arithmetic.h"
#include "compute/parallel.h"

int main(void)
{
  struct ho_error err;
  ho_parallel_setup(2);
  if (ho_arithmetic_setup("native", &err)) {
    fprintf(stderr, "%s\n", err.text);
    return EXIT_FAILURE;
  }
  SRunner *runner = srunner_create(ho_suite());
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
  srunner_free(runner);
  return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
