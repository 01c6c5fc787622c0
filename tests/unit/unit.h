/* SPDX-License-Identifier: MIT
 * unit.h - what a unit test program gives to main.c.
 *
 * Check forks for every test, and a fork after an OpenMP region hangs: so the engine and ho_parallel may be called in
 * tests and in checked fixtures only, never in ho_suite or in an unchecked fixture.  Each ck_assert writes to a pipe:
 * in a loop over many values test with `if' and ck_abort_msg. */
#ifndef HO_UNIT_H
#define HO_UNIT_H

#include <check.h>

Suite *ho_suite(void);

#endif
