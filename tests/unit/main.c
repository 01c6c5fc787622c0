/* SPDX-License-Identifier: MIT
 * main.c - runs the one suite of a unit test program; see unit.h. */
#include "unit.h"

#include <stdlib.h>

#include "base/parallel.h"

int main(void)
{
  ho_parallel_setup(2);
  SRunner *runner = srunner_create(ho_suite());
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
  srunner_free(runner);
  return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
